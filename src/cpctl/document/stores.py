"""Where urls and secrets can live, and which kind of resource each becomes there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal, NamedTuple

from pydantic import Field

from cpctl.core.sql import literal
from cpctl.core.text import Text
from cpctl.document.expand import Entry

Store = Literal["system", "database", "vault", "table"]

SETTINGS: Final = ("system", "database")

TO: Final = Field(
    None,
    description="Where this one lives, if not where the file's `store` says.",
    examples=["vault"],
)


def entry(name: str, fields: Mapping[str, Any], store: Store, origin: Text) -> Entry:
    """A setting is named app.<name>; Vault and the table are namespaces of their own."""
    kept = {**fields, "store": store}
    if store in SETTINGS:
        return Entry("settings", f"app.{name}", kept, origin)
    return Entry("secrets", name, kept, origin)


class Reading(NamedTuple):
    """How SQL reads a url or a secret at run time, and what a person calls the place."""

    sql: str
    label: str


def reading(name: str, store: Store) -> Reading:
    """`name`: as `entry` has it. What is not there is NULL, or empty after a RESET."""
    if store in SETTINGS:
        return Reading(f"current_setting({literal(f'app.{name}')}, true)", f"setting app.{name}")
    if store == "table":
        return Reading(f"cpctl.secret({literal(name)})", f"secret {name} in cpctl.secrets")
    decrypted = "SELECT decrypted_secret FROM vault.decrypted_secrets"
    return Reading(f"({decrypted} WHERE name = {literal(name)})", f"secret {name} in Vault")
