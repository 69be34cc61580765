"""A table as the server has it: what the file speaks of as fields, and what else is there."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from cpctl.core.ledger import Remembered
from cpctl.core.resource import Fields, Resource, Value
from cpctl.core.table_shape import (
    OPTION,
    PUBLIC,
    USUAL,
    Column,
    Name,
    column,
    policy,
    texts,
)

_KINDS = {
    "r": "table",
    "v": "view",
    "m": "materialized view",
    "i": "index",
    "I": "index",
    "S": "sequence",
    "c": "type",
    "f": "foreign table",
    "p": "partitioned table",
}
_PERSISTENCE = {"p": "logged", "u": "unlogged", "t": "temporary"}
_COMMANDS = {"r": "select", "a": "insert", "w": "update", "d": "delete", "*": "all"}
_IDENTITY = {"a": "ALWAYS", "d": "BY DEFAULT"}


@dataclass(frozen=True, eq=False, repr=False)
class Table:
    """One relation. `mine`: the role has its owner's rights; `filled`: it holds rows.

    `places`: the number of each column. `references`: the table that each foreign key leads to.
    `dependents`: what needs it, asked only where it may have to go. `renamed`: old names of columns
    and those that the file has for them.
    """

    name: Name
    kind: str
    mine: bool
    filled: bool
    exact: bool
    fields: Fields
    places: Mapping[str, int]
    references: Mapping[str, Name]
    dependents: tuple[tuple[str, str], ...]
    renamed: Mapping[str, str]

    def beyond(self, field: str, declared: Fields | None) -> tuple[str, ...]:
        """Parts that the file does not speak of."""
        if declared is None:
            return ()
        known = texts(declared, field)
        return tuple(it for it in texts(self.fields, field) if it not in known)


def read_table(row: tuple[Any, ...]) -> Table:
    """One row of the kind's question."""
    schema, relation, text = row
    found = json.loads(text)
    columns = {
        name: Column(kind, needed, default, _IDENTITY.get(identity), expression).text
        for name, _, kind, needed, default, identity, expression in found["columns"]
    }
    constraints = {name: definition for name, definition, _, _ in found["constraints"]}
    references = {n: Name(*where) for n, _, *where in found["constraints"] if where[0] is not None}
    fields: Fields = {
        "columns": columns,
        "constraints": constraints,
        "indexes": dict(found["indexes"]),
        "row_security": found["row_security"],
        "force_row_security": found["forced"],
        "policies": {name: _policy(*rest) for name, *rest in found["policies"]},
        "grants": _grants(found["owner"], found["grants"], whole=found["whole"]),
        "owner": found["owner"],
        "persistence": _PERSISTENCE[found["persistence"]],
    }
    return Table(
        name=Name(schema, relation),
        kind=_KINDS.get(found["kind"], found["kind"]),
        mine=found["mine"],
        filled=found["filled"],
        exact=found["exact"],
        fields=fields,
        places={name: place for name, place, *_ in found["columns"]},
        references=references,
        dependents=tuple((address, words) for address, words in found["dependents"]),
        renamed={},
    )


def _policy(
    permissive: bool,  # noqa: FBT001  as the row has it
    command: str,
    roles: list[str | None],
    using: str | None,
    check: str | None,
) -> str:
    named = [PUBLIC if role is None else role for role in roles]
    return policy(named, _COMMANDS[command], using, check, permissive=permissive)


def _grants(owner: str, held: Iterable[list[Any]], *, whole: bool) -> Mapping[str, Value]:
    """By role. The owner's own are there only where somebody took some away."""
    found: dict[str, set[str]] = {} if whole else {owner: set()}
    for role, privilege, field, grantable in held:
        on = f"{privilege} ({field})" if field is not None else privilege
        name = PUBLIC if role is None else role
        if name != owner or (not whole and field is None):
            option = OPTION if grantable and name != owner else ""
            found.setdefault(name, set()).add(f"{on}{option}")
    return {role: tuple(sorted(privileges)) for role, privileges in sorted(found.items())}


def resource_of(
    table: Table,
    declared: Resource | None,
    past: Remembered | None,
    going: Mapping[Name, Table],
) -> Resource:
    """What of it the file speaks of; all of it where it does not, or must go."""
    address = table.name.address
    if table.kind != "table":
        return Resource(address, {"kind": table.kind, "owner": table.fields["owner"]}, {})
    if declared is None or not declared.fields:
        loose = tuple(n for n, where in table.references.items() if where in going)
        facts = {"table": table, "dependents": table.dependents, "loose": loose}
        return Resource(address, table.fields, {**facts, "implied": _implied(table.fields)})
    table = replace(table, renamed=dict(_renamed(table, declared.fields, past)))
    fields = {**table.fields, **dict(_spoken_of(table.fields, declared.fields))}
    foreign = table.beyond("columns", declared.fields)
    return Resource(
        address, fields, {"table": table, "foreign": foreign, "implied": _implied(fields)}
    )


def _spoken_of(seen: Fields, declared: Fields) -> Iterator[tuple[str, Value]]:
    """Policies and grants are exact, for they open the data; of the rest, what is declared."""
    for field in ("columns", "constraints", "indexes"):
        known, there = texts(declared, field), texts(seen, field)
        yield field, {name: there[name] for name in known if name in there}


def _implied(fields: Fields) -> tuple[str, ...]:
    return tuple(name for name, value in USUAL.items() if fields.get(name) == value)


def _renamed(table: Table, declared: Fields, past: Remembered | None) -> Iterator[tuple[str, str]]:
    """A column that is missing, and the only one of its type that nobody speaks of.

    It was there when the last apply ended, and the other was not; where nobody remembers that, the
    other must stand where CREATE TABLE put the missing one.
    """
    there, wanted = texts(table.fields, "columns"), texts(declared, "columns")
    missing = [name for name in wanted if name not in there]
    extra = [name for name in there if name not in wanted]
    for name in missing:
        kind = column(wanted[name]).type
        same = [it for it in extra if column(there[it]).type == kind]
        rivals = [it for it in missing if column(wanted[it]).type == kind]
        if len(same) != 1 or len(rivals) != 1:
            continue
        if past is None:
            meant = table.places[same[0]] == [*wanted].index(name) + 1
        else:
            others = past.facts.get("foreign")
            known = isinstance(others, tuple) and same[0] in others
            meant = name in texts(past.fields, "columns") and not known
        if meant:
            yield same[0], name
