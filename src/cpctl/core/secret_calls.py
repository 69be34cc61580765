"""The statement that keeps or removes a url or a secret in Vault or the table, and its right."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cpctl.core import verifier
from cpctl.core.change import Change, sides
from cpctl.core.kind import Context
from cpctl.core.resource import Resource
from cpctl.core.secret_places import MARK
from cpctl.core.sql import identifier
from cpctl.core.statement import Hole, Parameter, Statement

BOTH = "vault and table"
"""The store of what stands in both places."""

RIGHTS: Final = {
    "vault": {
        "create": "EXECUTE ON FUNCTION vault.create_secret(text,text,text,uuid)",
        "update": "EXECUTE ON FUNCTION vault.update_secret(uuid,text,text,text,uuid)",
        "delete": "DELETE ON vault.secrets",
    },
    "table": {
        "create": "INSERT ON cpctl.secrets",
        "update": "UPDATE ON cpctl.secrets",
        "delete": "DELETE ON cpctl.secrets",
    },
}
"""By store, and by what is done there."""

VALUES: Final = {
    "vault": (
        "SELECT ON vault.decrypted_secrets",
        "EXECUTE ON FUNCTION vault._crypto_aead_det_decrypt(bytea,bytea,bigint,bytea,bytea)",
    ),
    "table": ("SELECT ON cpctl.secrets",),
}
"""To read the values themselves."""

NAMES: Final = "SELECT (name, verifier, updated_at) ON cpctl.secrets"
"""To see what the table has, and no value."""

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


def does(change: Change) -> Iterator[tuple[str, str]]:
    """What a change does in which store: (`vault`, `create`)."""
    before, after = sides(change)
    wanted = str(after.fields["store"]) if after else ""
    stood = stores_of(before)
    for store in dict.fromkeys((*stood, *filter(None, (wanted,)))):
        yield store, "delete" if store != wanted else "update" if store in stood else "create"


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
        return Statement(sql, (name, value, kept), after.address, setup=_setup(context, setup))
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
