"""Secrets kept in Vault and in the table, by cpctl or by hand, as the test's own queries see them.

Nothing here imports cpctl.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import psycopg

from tests import vault
from tests.integration.steps import converge, document
from tests.servers import Database

STORES = ("vault", "table")
VERBS = {
    "vault": {
        "create": "vault.create_secret",
        "update": "vault.update_secret",
        "delete": "delete from vault.secrets",
    },
    "table": {
        "create": "insert into cpctl.secrets",
        "update": "update cpctl.secrets",
        "delete": "delete from cpctl.secrets",
    },
}
_VALUES = {
    "vault": "select name, decrypted_secret from vault.decrypted_secrets where name is not null",
    "table": "select name, value from cpctl.secrets",
}


def did(store: str, **counts: int) -> dict[str, int]:
    """What the log has: `did("vault", create=1)`."""
    return {VERBS[store][what]: count for what, count in counts.items()}


def ready(database: Database, store: str, *roles: str) -> None:
    """A server that has such a store; the table is cpctl's own to make."""
    if store == "vault":
        vault.install(database.admin, *roles)


def secrets(*names: str, **more: object) -> str:
    """A file with these secrets, each from the variable of its name in capitals."""
    return document(secrets={name: {"from": f"env:{name.upper()}"} for name in names}, **more)


def held(database: Database, store: str) -> dict[str, str]:
    """Every value that stands there, by name."""
    return dict(database.rows(_VALUES[store]))


def rows(database: Database, store: str) -> dict[str, dict[str, Any]]:
    """Whole rows by name, values as they are stored."""
    found = database.rows(f"select name, to_jsonb(s) from {store_table(store)} s order by name")
    return {name: dict(row) for name, row in found}


def store_table(store: str) -> str:
    return "vault.secrets" if store == "vault" else "cpctl.secrets"


def put(database: Database, store: str, name: str | None, value: str, words: str = "") -> None:
    """As somebody does it in psql."""
    if store == "vault":
        database.run("select vault.create_secret(%s, %s, %s)", value, name, words)
    else:
        database.run("insert into cpctl.secrets values (%s, %s, %s)", name, value, words)


def change(database: Database, store: str, name: str, value: str) -> None:
    """By hand; what cpctl keeps beside it stays as it was."""
    if store == "vault":
        query = "select vault.update_secret(id, %s) from vault.secrets where name = %s"
        database.run(query, value, name)
    else:
        database.run("update cpctl.secrets set value = %s where name = %s", value, name)


def kept(
    database: Database, store: str, values: Mapping[str, str], user: str = "postgres", **more: Any
) -> str:
    """Apply a file with these secrets, created; its text."""
    database.environment |= {name.upper(): value for name, value in values.items()}
    text = secrets(*values, store=store, **more)
    converge(database, text, expected=did(store, create=len(values)), user=user)
    return text


def asks(database: Database, user: str, query: str, *parameters: object) -> Any:
    """One answer, as that role."""
    with psycopg.connect(database.url(user), autocommit=True) as session:
        found = session.execute(query.encode(), parameters or None).fetchone()
    return found and found[0]
