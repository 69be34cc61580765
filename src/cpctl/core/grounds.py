"""What functions and tables stand on, as the server has it, and what of it is missing."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from cpctl.core.acting import acting, grant, membership
from cpctl.core.change import Change, Update, sides
from cpctl.core.finding import Finding
from cpctl.core.kind import Context, Rows
from cpctl.core.resource import Address
from cpctl.core.rights import HAS_OPTIONS
from cpctl.core.sql import identifier


class Need(NamedTuple):
    """A right that the owner of what is made needs, as a GRANT has it.

    `held`: the owner has it; `everybody`: PUBLIC has it.
    """

    right: str
    held: bool
    everybody: bool


class Grounds(NamedTuple):
    """`schemas`: by name, whether the owner has USAGE and CREATE, then whether PUBLIC has.

    `languages`: the same of USAGE. `roles`: those that are named, and are there.
    """

    schemas: Mapping[str, tuple[bool, bool, bool, bool]]
    languages: Mapping[str, tuple[bool, bool]]
    roles: frozenset[str]


def read_grounds(rows: Rows, kind: str) -> Grounds:
    """The answer to kinds/grounds.sql, as this kind has asked it."""
    asked = rows.get(f"{kind}_grounds")
    found = json.loads(asked[0][0]) if asked else {}
    return Grounds(
        {name: tuple(rights) for name, rights in found.get("schemas", {}).items()},
        {name: tuple(rights) for name, rights in found.get("languages", {}).items()},
        frozenset(found.get("roles", ())),
    )


def schema_needs(schema: str, grounds: Grounds) -> Iterator[Need]:
    """The rights to make something there."""
    if schema in grounds.schemas:
        usage, create, all_use, all_create = grounds.schemas[schema]
        yield Need(f"USAGE ON SCHEMA {identifier(schema)}", usage, all_use)
        yield Need(f"CREATE ON SCHEMA {identifier(schema)}", create, all_create)


def absent(
    address: Address, schema: str, roles: Iterable[str], grounds: Grounds
) -> Iterator[Finding]:
    """The schema, and the roles that are named, where they are not there."""
    if schema not in grounds.schemas:
        remedy = f"CREATE SCHEMA {identifier(schema)};"
        yield Finding("NO_SCHEMA", f"there is no schema {schema}", address, remedy)
    for role in dict.fromkeys(roles):
        if role not in grounds.roles:
            what = f"{role} is to use it, and there is no such role"
            yield Finding("NO_ROLE", what, address, f"CREATE ROLE {identifier(role)};")


def lacking(address: Address, needs: Iterable[Need], owner: str) -> Iterator[Finding]:
    """The rights that the owner does not have."""
    for need in needs:
        if not need.held:
            what, remedy = need.right.partition(" ON ")[0], grant(need.right, owner)
            yield Finding("MISSING_RIGHT", what, address, remedy)


def not_for(owner: str, address: Address, context: Context) -> Iterator[Finding]:
    """Why something that belongs to `owner` cannot be made by whoever connects."""
    capabilities = context.capabilities
    rights = capabilities.owners.get(owner)
    if rights is not None and not rights.exists:
        what = f"belongs to the role {owner}, which does not exist"
        yield Finding("NO_ROLE", what, address, f"CREATE ROLE {identifier(owner)} LOGIN;")
    elif acting(owner, capabilities) is None:
        remedy = membership(owner, capabilities)
        yield Finding("MISSING_RIGHT", f"act for {owner}", address, remedy)


def not_of(change: Change, context: Context, *, mine: bool) -> Iterator[Finding]:
    """Why what belongs to somebody else cannot be changed. `mine`: as its owner it can."""
    owner, capabilities = foreign_owner(change, context), context.capabilities
    if owner and not mine:
        option = " WITH INHERIT TRUE" if capabilities.server_version_num >= HAS_OPTIONS else ""
        remedy = grant(identifier(owner), capabilities.role, option)
        yield Finding("MISSING_RIGHT", f"change what belongs to {owner}", change.address, remedy)


def unclaimed(change: Change, context: Context) -> bool:
    """Whether it changes what no apply of this file is known to have had."""
    return isinstance(change, Update) and context.memory.recall(change.address) is None


def foreign_owner(change: Change, context: Context) -> str:
    """Who has it, if that is not whose jobs the file declares."""
    before, _ = sides(change)
    owner = str(before.fields["owner"]) if before is not None else ""
    return "" if owner in (context.owner, context.capabilities.role) else owner
