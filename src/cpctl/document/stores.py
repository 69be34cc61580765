"""Where urls and secrets can live, and which kind of resource each becomes there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

from pydantic import Field

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
