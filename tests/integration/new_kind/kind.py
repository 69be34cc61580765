"""Kind `lamp`: a row of the table public.lamp. test_new_kind.py drops it into `cpctl.kinds`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from cpctl.core.change import Change, Delete
from cpctl.core.kind import Context, Kind, Query, Rows
from cpctl.core.resource import Address, Resource, State
from cpctl.core.statement import Statement
from cpctl.core.text import Text, Wrong


def as_colour(value: object) -> object:
    if value not in {"red", "green", "it's \\ blue"}:
        raise Wrong("a lamp cannot shine like that", "write red or green")
    return value


class Spec(BaseModel):
    """One lamp, or null for none."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    colour: Annotated[str, BeforeValidator(as_colour)] | None = Field(None, description="Light.")
    watts: str = Field("5", description="Its power.")

    @model_validator(mode="before")
    @classmethod
    def _nullable(cls, data: object) -> object:
        return {} if data is None else data


def _declare(key: str, spec: Spec, _: Context, origin: Text | None) -> Resource:
    fields = {"colour": spec.colour, "watts": spec.watts} if spec.colour else {}
    return Resource(Address("lamp", key), fields, {}, origin)


def _queries(_: Context, __: Sequence[Resource]) -> tuple[Query, ...]:
    return (Query("lamps", "SELECT name, colour, watts FROM public.lamp"),)


def _actual(rows: Rows, _: State, __: Context) -> Iterable[Resource]:
    for name, colour, watts in rows["lamps"]:
        yield Resource(Address("lamp", name), {"colour": colour, "watts": watts}, {})


def _removable(seen: Resource, context: Context) -> str | None:
    scope = context.scope.get("lamps")
    covered = scope is not None and scope.covers(seen.address.name)
    return "it is in the scope of lamps" if covered else None


def _statements(change: Change, _: Context) -> tuple[Statement, ...]:
    name = change.address.name
    if isinstance(change, Delete):
        return (Statement("DELETE FROM public.lamp WHERE name = $1", (name,), change.address),)
    texts = {
        "create": "INSERT INTO public.lamp VALUES ($1, $2, $3)",
        "update": "UPDATE public.lamp SET colour = $2, watts = $3 WHERE name = $1",
    }
    fields = change.after.fields
    values = (name, str(fields["colour"]), str(fields["watts"]))
    return (Statement(texts[change.action], values, change.address),)


KIND = Kind(
    name="lamp",
    document_key="lamps",
    spec=lambda: Spec,
    scope_name=lambda key, _: str(key),
    declare=_declare,
    queries=_queries,
    actual=_actual,
    removable=_removable,
    statements=_statements,
)
