"""What a function stands on, as the server has it: schemas, languages, and roles that call it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from cpctl.core.change import Change, Delete, Update
from cpctl.core.function_shape import OWNER_MAY_NOT, name_of
from cpctl.core.kind import Context, Rows
from cpctl.core.resource import Address, Fields, Resource
from cpctl.core.sql import identifier


class Need(NamedTuple):
    """A right that the owner of functions needs, as a GRANT has it; `everybody`: PUBLIC has it."""

    right: str
    held: bool
    everybody: bool


class Grounds(NamedTuple):
    """`schemas`: by name, whether the owner has USAGE and CREATE, then whether PUBLIC has.

    `languages`: the same of USAGE. `roles`: those of the callers that there are.
    """

    schemas: Mapping[str, tuple[bool, bool, bool, bool]]
    languages: Mapping[str, tuple[bool, bool]]
    roles: frozenset[str]


def read_grounds(rows: Rows) -> Grounds:
    """The answer to what `grounds_of` is asked about."""
    found = json.loads(rows["function_grounds"][0][0]) if rows.get("function_grounds") else {}
    return Grounds(
        {name: tuple(rights) for name, rights in found.get("schemas", {}).items()},
        {name: tuple(rights) for name, rights in found.get("languages", {}).items()},
        frozenset(found.get("roles", ())),
    )


def grounds_of(context: Context, declared: Iterable[Resource]) -> tuple[object, ...]:
    """The parameters of the question: whose the functions are, and what they name."""
    wanted = [resource for resource in declared if resource.fields]
    schemas = sorted({name_of(resource.address).schema for resource in wanted})
    languages = {str(resource.fields["language"]) for resource in wanted} | {"plpgsql"}
    callers = {name for resource in wanted for name in callers_of(resource.fields)}
    return context.owner, schemas, sorted(languages), sorted(callers)


def callers_of(fields: Fields) -> Iterator[str]:
    """The roles that a function names, apart from its owner and PUBLIC."""
    items = fields["execute"]
    for item in items if isinstance(items, tuple) else ():
        name = str(item).removesuffix(" WITH GRANT OPTION")
        if name not in ("public", OWNER_MAY_NOT):
            yield name[1:-1].replace('""', '"') if name.startswith('"') else name


def needs(address: Address, language: str, grounds: Grounds) -> Iterator[Need]:
    """The rights to make the function where it is not there yet."""
    schema = name_of(address).schema
    if schema in grounds.schemas:
        usage, create, all_use, all_create = grounds.schemas[schema]
        yield Need(f"USAGE ON SCHEMA {identifier(schema)}", usage, all_use)
        yield Need(f"CREATE ON SCHEMA {identifier(schema)}", create, all_create)
    for name in dict.fromkeys((language, "plpgsql")):
        held, everybody = grounds.languages.get(name, (True, True))
        yield Need(f"USAGE ON LANGUAGE {identifier(name)}", held, everybody)


def unclaimed(change: Change, context: Context) -> bool:
    """Whether it changes what no apply of this file is known to have had."""
    return isinstance(change, Update) and context.memory.recall(change.address) is None


def foreign_owner(change: Change, context: Context) -> str:
    """Who has the function, if that is not whose functions the file declares."""
    if not isinstance(change, Update | Delete):
        return ""
    owner = str(change.before.fields["owner"])
    return "" if owner in (context.owner, context.capabilities.role) else owner
