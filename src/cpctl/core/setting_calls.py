"""ALTER SYSTEM and ALTER DATABASE: which one writes or removes a setting, and how.

ALTER SYSTEM takes neither a bind nor a transaction; ALTER DATABASE takes its value from the
session, so that it stands in no SQL text: docs/facts.md, section 2.
"""

from __future__ import annotations

from collections.abc import Mapping

from cpctl.core.capabilities import Capabilities
from cpctl.core.change import Change, sides
from cpctl.core.guc import LIST_QUOTE, names
from cpctl.core.kind import Context
from cpctl.core.resource import Address, Resource
from cpctl.core.sql import identifier, literal, parameter_name
from cpctl.core.statement import Hole, Parameter, Statement

BOTH = "system and database"
"""The store of a setting that stands in both places."""


def statements_for(change: Change, context: Context) -> tuple[Statement, ...]:
    """SET where the value is to be, then RESET wherever else it stood."""
    before, after = sides(change)
    capabilities = context.capabilities
    stood = stores_of(before)
    if after is None:
        return tuple(_reset(change.address, store, capabilities) for store in stood)
    wanted = str(after.fields["store"])
    same = before is not None and before.fields["value"] == after.fields["value"]
    write = () if same and wanted in stood else (_set(after, wanted, capabilities),)
    return (*write, *(_reset(change.address, s, capabilities) for s in stood if s != wanted))


def stores_of(resource: Resource | None) -> tuple[str, ...]:
    """The stores that a setting stands in."""
    return parts(str(resource.fields["store"])) if resource else ()


def parts(store: str) -> tuple[str, ...]:
    """The single stores of what may be both."""
    return tuple(store.split(" and "))


def put_back_sql(name: str, old: Mapping[str, str]) -> str:
    """ALTER SYSTEM with what postgresql.auto.conf had; RESET where the name did not stand in it."""
    text = old.get(name)
    if text is None:
        return f"ALTER SYSTEM RESET {parameter_name(name)}"
    values = (names(text) or (text,)) if name in LIST_QUOTE else (text,)
    return f"ALTER SYSTEM SET {parameter_name(name)} = {', '.join(map(literal, values))}"


def _set(after: Resource, store: str, capabilities: Capabilities) -> Statement:
    value, name = after.fields["value"], after.address.name
    reference = after.facts.get("reference")
    params: tuple[Parameter, ...]
    if isinstance(value, tuple):
        params = tuple(str(item) for item in value)
    else:
        params = (Hole(str(reference)) if reference else str(value),)
    placeholder = "" if after.facts.get("guc") else name
    if store == "database":
        database = identifier(capabilities.database)
        sql_text = f"ALTER DATABASE {database} SET {parameter_name(name)} FROM CURRENT"
        return Statement(sql_text, params, after.address, placeholder=placeholder, locks=True)
    holes = ", ".join(f"${n}" for n, _ in enumerate(params, 1))
    sql_text = f"ALTER SYSTEM SET {parameter_name(name)} = {holes}"
    return Statement(sql_text, params, after.address, "system", placeholder=placeholder)


def _reset(address: Address, store: str, capabilities: Capabilities) -> Statement:
    name = parameter_name(address.name)
    if store == "database":
        database = identifier(capabilities.database)
        return Statement(f"ALTER DATABASE {database} RESET {name}", (), address, locks=True)
    # RESET needs to know the name too below 17.
    placeholder = address.name if "." in address.name else ""
    return Statement(
        f"ALTER SYSTEM RESET {name}", (), address, "system", late=True, placeholder=placeholder
    )
