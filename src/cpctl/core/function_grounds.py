"""What a function stands on besides its schema: its language, and roles that call it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cpctl.core.function_shape import OWNER_MAY_NOT, name_of
from cpctl.core.grounds import Grounds, Need, schema_needs
from cpctl.core.kind import Context
from cpctl.core.resource import Fields, Resource
from cpctl.core.sql import identifier


def question(context: Context, declared: Iterable[Resource]) -> tuple[object, ...]:
    """The parameters of kinds/grounds.sql: whose the functions are, and what they name."""
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


def needs(function: Resource, grounds: Grounds) -> Iterator[Need]:
    """The rights to make the function where it is not there yet."""
    yield from schema_needs(name_of(function.address).schema, grounds)
    for name in dict.fromkeys((str(function.fields["language"]), "plpgsql")):
        held, everybody = grounds.languages.get(name, (True, True))
        yield Need(f"USAGE ON LANGUAGE {identifier(name)}", held, everybody)
