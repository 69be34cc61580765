"""What a table stands on besides its schema: the roles that its policies and grants name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from cpctl.core.change import Change, Create, Update
from cpctl.core.grounds import Grounds, Need, schema_needs
from cpctl.core.kind import Context
from cpctl.core.resource import Fields, Resource
from cpctl.core.table_seen import Table
from cpctl.core.table_shape import PUBLIC, grants_of, name_of, texts

_ROLE = re.compile(r'"(?:[^"]|"")+"|[^", ]+')
_ROLES = re.compile(
    r"FOR [A-Z]+ TO ((?:\"(?:[^\"]|\"\")+\"|[^\" ,]+)(?:, (?:\"(?:[^\"]|\"\")+\"|[^\" ,]+))*)"
)
_BUILT = frozenset({"column", "constraint", "index", "owner"})


def question(context: Context, declared: Iterable[Resource]) -> tuple[object, ...]:
    """The parameters of kinds/grounds.sql: whose the tables are, and what they name."""
    wanted = [resource for resource in declared if resource.fields]
    schemas = sorted({name_of(resource.address).schema for resource in wanted})
    roles = {role for resource in wanted for role in roles_of(resource.fields)}
    return context.owner, schemas, [], sorted(roles)


def roles_of(fields: Fields) -> Iterator[str]:
    """Those that policies and grants name, apart from PUBLIC."""
    yield from (role for role in grants_of(fields) if role != PUBLIC)
    for text in texts(fields, "policy").values():
        found = _ROLES.search(text)
        for name in _ROLE.findall(found[1]) if found else ():
            if name != "PUBLIC":
                yield name[1:-1].replace('""', '"') if name.startswith('"') else name


def needs(table: Resource, grounds: Grounds) -> Iterator[Need]:
    """The rights to make a table where it is not there yet."""
    return schema_needs(name_of(table.address).schema, grounds)


def builds(change: Change) -> bool:
    """Whether something is made in the schema, or gets an owner there."""
    if isinstance(change, Update):
        return any(name.partition(".")[0] in _BUILT for name in change.changed)
    return isinstance(change, Create)


def table_of(resource: Resource | None) -> Table | None:
    """The table as it was seen."""
    table = resource.facts.get("table") if resource is not None else None
    return table if isinstance(table, Table) else None
