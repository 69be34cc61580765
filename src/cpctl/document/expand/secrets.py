"""`secrets:` → settings `app.<name>` by reference: the file never holds a value, nor shows one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Annotated, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from cpctl.core.text import Text, Wrong
from cpctl.document.expand import Entry, Expansion

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
    """Secrets by reference: each becomes the setting app.<name>; the value is never in the file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: Annotated[str, BeforeValidator(as_reference)] = Field(
        alias="from",
        description="Where the value comes from: env:NAME or file:PATH.",
        examples=["env:SUPABASE_SERVICE_ROLE_KEY"],
        json_schema_extra={"pattern": r"^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+)$"},
    )

    @model_validator(mode="before")
    @classmethod
    def _never_bare(cls, data: object) -> object:
        if not isinstance(data, dict):
            raise Wrong("a secret is given by reference, never by value", _REMEDY)
        return data


def _expand(entries: Mapping[Text, Secret], head: Head) -> Iterable[Entry]:
    for name, secret in entries.items():
        fields = {"secret": secret.source, "store": head.store}
        yield Entry("settings", f"app.{name}", fields, name)


EXPANSION = Expansion(document_key="secrets", spec=Secret, expand=_expand)
