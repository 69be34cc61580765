"""Which statement keeps or removes a url or a secret, in Supabase Vault or in cpctl's table."""

from __future__ import annotations

from cpctl.core import verifier
from cpctl.core.change import Change, sides
from cpctl.core.kind import Context
from cpctl.core.resource import Resource
from cpctl.core.secret_places import MARK
from cpctl.core.sql import identifier
from cpctl.core.statement import Hole, Parameter, Statement

BOTH = "vault and table"
"""The store of what stands in both places."""

_VAULT_CREATE = f"SELECT vault.create_secret($1, $2, '{MARK}' || $3)"
_VAULT_UPDATE = f"SELECT vault.update_secret($1::uuid, $2, NULL, '{MARK}' || $3)"
_VAULT_UPDATE_VALUE = "SELECT vault.update_secret($1::uuid, $2)"
_VAULT_DELETE = "DELETE FROM vault.secrets WHERE id = $1::uuid"
_TABLE_CREATE = "INSERT INTO cpctl.secrets (name, value, verifier) VALUES ($1, $2, $3)"
_TABLE_UPDATE = (
    "UPDATE cpctl.secrets SET value = $2, verifier = $3, updated_at = DEFAULT WHERE name = $1"
)
_TABLE_DELETE = "DELETE FROM cpctl.secrets WHERE name = $1"


def statements_for(change: Change, context: Context, setup: str) -> tuple[Statement, ...]:
    """Set where it is to be, then remove wherever else it stood. `setup`: makes the table."""
    before, after = sides(change)
    stood = stores_of(before)
    if after is None:
        return tuple(_remove(before, store) for store in stood if before)
    wanted = str(after.fields["store"])
    same = before is not None and before.fields["value"] == after.fields["value"]
    write = () if same and wanted in stood else (_set(before, after, context, setup),)
    return (*write, *(_remove(before, store) for store in stood if before and store != wanted))


def stores_of(resource: Resource | None) -> tuple[str, ...]:
    """The stores that it stands in."""
    return parts(str(resource.fields["store"])) if resource and resource.fields else ()


def parts(store: str) -> tuple[str, ...]:
    """The single stores of what may be both."""
    return tuple(store.split(" and "))


def _set(before: Resource | None, after: Resource, context: Context, setup: str) -> Statement:
    name, store = str(after.facts["name"]), str(after.fields["store"])
    value, kept = _params(after)
    there = store in stores_of(before)
    if store == "table":
        sql = _TABLE_UPDATE if there else _TABLE_CREATE
        return Statement(
            sql, (name, value, kept), after.address, setup=_setup(context, setup), locks=False
        )
    if before is None or not there:
        return Statement(_VAULT_CREATE, (value, name, kept), after.address)
    identity = str(before.facts["vault_id"])
    if before.facts.get("described"):
        return Statement(_VAULT_UPDATE_VALUE, (identity, value), after.address)
    return Statement(_VAULT_UPDATE, (identity, value, kept), after.address)


def _params(after: Resource) -> tuple[Parameter, Parameter]:
    """The value, and what it can be recognised by."""
    reference, value = after.facts.get("reference"), after.fields["value"]
    if reference:
        return Hole(str(reference)), Hole(str(reference), "verifier")
    return str(value), verifier.plain(str(value))


def _setup(context: Context, setup: str) -> tuple[str, ...]:
    """The table where it is missing, and the reader for whoever owns the file's jobs."""
    table = context.capabilities.table
    made = () if table.exists else (setup,)
    grants = (
        statement
        for owner in (without_reader(context) if table.gives else ())
        for statement in (
            f"GRANT USAGE ON SCHEMA cpctl TO {identifier(owner)}",
            f"GRANT EXECUTE ON FUNCTION cpctl.secret(text) TO {identifier(owner)}",
        )
    )
    return (*made, *grants)


def without_reader(context: Context) -> tuple[str, ...]:
    """The owners of the file's jobs that may not call cpctl.secret()."""
    known, table = context.capabilities.owners, context.capabilities.table
    makes_it = frozenset() if table.exists else {context.capabilities.role}
    others = (known.get(owner) for owner in sorted(context.owners - makes_it))
    return tuple(it.name for it in others if it and it.exists and not it.reads_secrets)


def _remove(before: Resource, store: str) -> Statement:
    if store == "table":
        return Statement(_TABLE_DELETE, (str(before.facts["name"]),), before.address)
    return Statement(_VAULT_DELETE, (str(before.facts["vault_id"]),), before.address)
