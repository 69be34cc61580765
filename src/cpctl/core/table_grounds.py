"""What tables stand on, as the server has it: schemas, and the roles that they name."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from cpctl.core.change import Change, Create, Update, sides
from cpctl.core.kind import Context, Rows
from cpctl.core.resource import Address, Fields, Resource
from cpctl.core.sql import identifier
from cpctl.core.table_seen import Table
from cpctl.core.table_shape import PUBLIC, grants_of, name_of, texts

_ROLE = re.compile(r'"(?:[^"]|"")+"|[^", ]+')
_ROLES = re.compile(
    r"FOR [A-Z]+ TO ((?:\"(?:[^\"]|\"\")+\"|[^\" ,]+)(?:, (?:\"(?:[^\"]|\"\")+\"|[^\" ,]+))*)"
)
_BUILT = frozenset({"column", "constraint", "index", "owner"})


class Need(NamedTuple):
    """A right that the owner of tables needs, as a GRANT has it; `everybody`: PUBLIC has it."""

    right: str
    held: bool
    everybody: bool


class Grounds(NamedTuple):
    """`schemas`: by name, whether the owner has USAGE and CREATE, then whether PUBLIC has.

    `roles`: those that the tables name, and are there.
    """

    schemas: Mapping[str, tuple[bool, bool, bool, bool]]
    roles: frozenset[str]


def read_grounds(rows: Rows) -> Grounds:
    """The answer to the question that `question` asks."""
    found = json.loads(rows["table_grounds"][0][0]) if rows.get("table_grounds") else {}
    schemas = {name: tuple(rights) for name, rights in found.get("schemas", {}).items()}
    return Grounds(schemas, frozenset(found.get("roles", ())))


def question(context: Context, declared: Iterable[Resource]) -> tuple[object, ...]:
    """The parameters: whose the tables are, and what they name."""
    wanted = [resource for resource in declared if resource.fields]
    schemas = sorted({name_of(resource.address).schema for resource in wanted})
    roles = {role for resource in wanted for role in roles_of(resource.fields)}
    return context.owner, schemas, sorted(roles)


def roles_of(fields: Fields) -> Iterator[str]:
    """Those that policies and grants name, apart from PUBLIC."""
    yield from (role for role in grants_of(fields) if role != PUBLIC)
    for text in texts(fields, "policy").values():
        found = _ROLES.search(text)
        for name in _ROLE.findall(found[1]) if found else ():
            if name != "PUBLIC":
                yield name[1:-1].replace('""', '"') if name.startswith('"') else name


def needs(change: Change, grounds: Grounds) -> Iterator[Need]:
    """The rights that the owner needs for what is made: the table, its indexes, or a new owner."""
    if isinstance(change, Create) or (isinstance(change, Update) and builds(change)):
        yield from needs_at(change.address, grounds)


def needs_at(address: Address, grounds: Grounds) -> Iterator[Need]:
    """The rights to make a table where it is not there yet."""
    schema = name_of(address).schema
    if schema in grounds.schemas:
        usage, create, all_use, all_create = grounds.schemas[schema]
        yield Need(f"USAGE ON SCHEMA {identifier(schema)}", usage, all_use)
        yield Need(f"CREATE ON SCHEMA {identifier(schema)}", create, all_create)


def builds(change: Update) -> bool:
    """Whether something is made in the schema, or gets an owner there."""
    return any(name.partition(".")[0] in _BUILT for name in change.changed)


def unclaimed(change: Change, context: Context) -> bool:
    """Whether it changes what no apply of this file is known to have had."""
    return isinstance(change, Update) and context.memory.recall(change.address) is None


def foreign_owner(change: Change, context: Context) -> str:
    """Who has the table, if that is not whose tables the file declares."""
    before, _ = sides(change)
    owner = str(before.fields["owner"]) if before is not None else ""
    return "" if owner in (context.owner, context.capabilities.role) else owner


def table_of(resource: Resource | None) -> Table | None:
    """The table as it was seen."""
    table = resource.facts.get("table") if resource is not None else None
    return table if isinstance(table, Table) else None
