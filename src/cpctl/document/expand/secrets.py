"""`secrets:` by reference → settings, or entries of Vault: no value is in the file, or shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from cpctl.core.references import PATTERN, SOURCES, check_reference
from cpctl.core.text import Text, Wrong
from cpctl.document.expand import Around, Entry, Expansion
from cpctl.document.stores import TO, Store, entry


def as_reference(value: object) -> object:
    """Where a secret comes from; what does not look like it may be the secret, and is not shown.

    Raises Wrong.
    """
    if isinstance(value, str):
        check_reference(value)
    return value


class Secret(BaseModel):
    """Secrets by reference, never by value: each becomes app.<name>, or <name> in Vault."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    source: Annotated[str, BeforeValidator(as_reference)] = Field(
        alias="from",
        description=f"Where the value comes from: {SOURCES}.",
        examples=["env:SUPABASE_SERVICE_ROLE_KEY"],
        json_schema_extra={"pattern": f"^({PATTERN})$"},
    )

    to: Store | None = TO

    @model_validator(mode="before")
    @classmethod
    def _never_bare(cls, data: object) -> object:
        if not isinstance(data, dict):
            what = "a secret is given by reference, never by value"
            raise Wrong(what, f"name its source: {{from: {SOURCES}}}")
        return data


def _expand(entries: Mapping[Text, Secret], around: Around) -> Iterable[Entry]:
    for name, secret in entries.items():
        yield entry(name, {"secret": secret.source}, secret.to or around.head.store, name)


EXPANSION = Expansion(document_key="secrets", spec=lambda: Secret, expand=_expand)
