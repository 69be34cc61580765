"""One entry under `settings:` as a model: what the file can say about a setting."""

from __future__ import annotations

import re
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, GetJsonSchemaHandler, model_validator
from pydantic_core import CoreSchema

from cpctl.core.guc import LIST_QUOTE, LISTS
from cpctl.core.text import Text, Wrong

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)?")
"""One part, or two: three, or a `$`, corrupt postgresql.auto.conf (docs/facts.md, section 0)."""


class Spec(BaseModel):
    """One setting under `settings:`: its value as text, a list, or null for RESET.

    `store` and `secret` come from expansions only; in a file a setting is its bare value.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    value: tuple[str, ...] | str | None = None
    store: Literal["system", "database"] | None = None
    secret: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _bare(cls, data: object) -> object:
        if type(data) is dict:
            return data
        if isinstance(data, dict):
            raise Wrong("a setting has one value, or a list of names", "write the value alone")
        return {"value": data}

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        scalars = [{"type": kind} for kind in ("string", "number", "boolean", "null")]
        names_of = {"type": "array", "items": {"type": "string"}}
        return {
            "description": "The value, as text exactly as written; a list for settings that hold "
            "names (search_path); null asks for RESET.",
            "anyOf": [*scalars, names_of],
        }


def check(key: Text, spec: Spec) -> None:
    """Raises Wrong for a name that would break the server's file, or a value it cannot hold."""
    if not NAME.fullmatch(key):
        raise Wrong(
            f'"{key}" is no name that postgresql.auto.conf can hold',
            "one or two parts of letters, digits and _, like app.sweeper_url",
        )
    name = key.lower()
    if "\n" in "".join(spec.value or ""):
        raise Wrong("a setting cannot hold a newline", "write it in one line")
    if isinstance(spec.value, tuple):
        if not spec.value or name not in LISTS:
            what = f"{name} is not a list" if spec.value else "an empty list"
            raise Wrong(what, "write one value, or null to RESET it")
    elif name in LIST_QUOTE and "," in (spec.value or ""):
        what = f"PostgreSQL would take this for one name, comma and all, in {name}"
        raise Wrong(what, f"write a list: {name}: [{spec.value}]")
