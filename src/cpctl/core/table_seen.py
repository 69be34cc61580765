"""A table as the server has it: what the file speaks of as fields, and what else is there."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from cpctl.core.ledger import Remembered
from cpctl.core.resource import Fields, Resource, Value
from cpctl.core.table_shape import (
    OPTION,
    PUBLIC,
    USUAL,
    Column,
    Name,
    column,
    parts,
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

    def beyond(self, part: str, declared: Fields) -> tuple[str, ...]:
        """Those of one sort that the file does not speak of."""
        known = texts(declared, part)
        return tuple(it for it in texts(self.fields, part) if it not in known)


class Around(NamedTuple):
    """The tables that stay, each with what the file says of it, and the names of those that go."""

    staying: Mapping[str, tuple[Table, Fields]]
    going: frozenset[Name]

    def lets_go(self, address: str, name: Name) -> bool:
        """Whether the file has another foreign key for each that leads there."""
        if address not in self.staying:
            return False
        table, declared = self.staying[address]
        there, wanted = texts(table.fields, "constraint"), texts(declared, "constraint")
        keys = [it for it, where in table.references.items() if where == name]
        return bool(keys) and all(wanted.get(it, there[it]) != there[it] for it in keys)


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
        "persistence": _PERSISTENCE[found["persistence"]],
        "owner": found["owner"],
        **parts("column", columns),
        **parts("constraint", constraints),
        **parts("index", dict(found["indexes"])),
        "row_security": found["row_security"],
        "force_row_security": found["forced"],
        **parts("policy", {name: _policy(*rest) for name, *rest in found["policies"]}),
        **parts("grant", _grants(found["owner"], found["grants"], whole=found["whole"])),
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
        dependents=tuple(_dependent(*one) for one in found["dependents"]),
        renamed={},
    )


def _dependent(
    schema: str | None, relation: str | None, function: str | None, words: str
) -> tuple[str, str]:
    if schema is not None and relation is not None:
        return str(Name(schema, relation).address), words
    return function or "", words


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
    around: Around,
) -> Resource:
    """What of it the file speaks of; all of it where it does not, or must go."""
    address = table.name.address
    if table.kind != "table":
        return Resource(address, {"kind": table.kind, "owner": table.fields["owner"]}, {})
    if declared is None or not declared.fields:
        loose = tuple(n for n, where in table.references.items() if where in around.going)
        needed = tuple(it for it in table.dependents if not around.lets_go(it[0], table.name))
        facts = {"table": table, "dependents": needed, "loose": loose}
        return Resource(address, table.fields, {**facts, "implied": _implied(table.fields)})
    table = replace(table, renamed=dict(_renamed(table, declared.fields, past)))
    fields = {it: v for it, v in table.fields.items() if _spoken_of(it, declared.fields)}
    foreign = table.beyond("column", declared.fields)
    facts = {"table": table, "foreign": foreign, "implied": _implied(fields)}
    return Resource(address, fields, facts)


def _spoken_of(field: str, declared: Fields) -> bool:
    """Policies and grants are exact, for they open the data; of the rest, what is declared."""
    return field in declared or field.partition(".")[0] not in ("column", "constraint", "index")


def _implied(fields: Fields) -> tuple[str, ...]:
    return tuple(name for name, value in USUAL.items() if fields.get(name) == value)


def _renamed(table: Table, declared: Fields, past: Remembered | None) -> Iterator[tuple[str, str]]:
    """A column that is missing, and the only one of its type that nobody speaks of.

    It was there when the last apply ended, and the other was not; where nobody remembers that, all
    else must be as declared, and the other stand where CREATE TABLE put the missing one.
    """
    there, wanted = texts(table.fields, "column"), texts(declared, "column")
    missing = [name for name in wanted if name not in there]
    extra = [name for name in there if name not in wanted]
    for name in missing:
        kind = column(wanted[name]).type
        same = [it for it in extra if column(there[it]).type == kind]
        rivals = [it for it in missing if column(wanted[it]).type == kind]
        if len(same) != 1 or len(rivals) != 1:
            continue
        if past is None:
            alone = len(missing) == len(extra) == 1
            meant = alone and table.places[same[0]] == [*wanted].index(name) + 1
        else:
            others = past.facts.get("foreign")
            known = isinstance(others, tuple) and same[0] in others
            meant = name in texts(past.fields, "column") and not known
        if meant:
            yield same[0], name
