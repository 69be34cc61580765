"""`secrets:` by reference → settings, or entries of Vault: no value is in the file, or shown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Annotated, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from cpctl.core.text import Text, Wrong
from cpctl.document.expand import Entry, Expansion
from cpctl.document.stores import TO, Store, entry

if TYPE_CHECKING:
    from cpctl.document.models import Head

_REFERENCE: Final = re.compile(r"env:[A-Za-z_][A-Za-z0-9_]*|file:.+", re.DOTALL)
_REMEDY: Final = 'name its source: {from: "env:NAME"} or {from: "file:PATH"}'


def as_reference(value: object) -> object:
    """Where a secret comes from; what does not look like it may be the secret, and is not shown.

    Raises Wrong.
    """
    if isinstance(value, str) and not _REFERENCE.fullmatch(value):
        raise Wrong("this is no reference to a secret", _REMEDY)
    return value


class Secret(BaseModel):
    """Secrets by reference, never by value: each becomes app.<name>, or <name> in Vault."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: Annotated[str, BeforeValidator(as_reference)] = Field(
        alias="from",
        description="Where the value comes from: env:NAME or file:PATH.",
        examples=["env:SUPABASE_SERVICE_ROLE_KEY"],
        json_schema_extra={"pattern": r"^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+)$"},
    )

    to: Store | None = TO

    @model_validator(mode="before")
    @classmethod
    def _never_bare(cls, data: object) -> object:
        if not isinstance(data, dict):
            raise Wrong("a secret is given by reference, never by value", _REMEDY)
        return data


def _expand(entries: Mapping[Text, Secret], head: Head) -> Iterable[Entry]:
    for name, secret in entries.items():
        yield entry(name, {"secret": secret.source}, secret.to or head.store, name)


EXPANSION = Expansion(document_key="secrets", spec=Secret, expand=_expand)
