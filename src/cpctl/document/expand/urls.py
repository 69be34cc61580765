"""`urls:` → settings or entries of Vault, checked as URLs before a job calls them in vain."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    model_validator,
)
from pydantic_core import CoreSchema

from cpctl.core.text import Text, Wrong
from cpctl.document.expand import Around, Entry, Expansion
from cpctl.document.interpolate import Unresolved
from cpctl.document.stores import TO, Store, entry

_BLANK: Final = re.compile(r"[\s\x00-\x1f\x7f]")
_EXAMPLE: Final = "https://abc.supabase.co/functions/v1/sweeper"


def as_url(value: object) -> object:
    """An absolute http or https URL without credentials; its text is never shown.

    Raises Wrong.
    """
    if isinstance(value, str) and not isinstance(value, Unresolved):
        _check(value)
    return value


def _check(value: str) -> None:
    remedy = f"write it like {_EXAMPLE}"
    if _BLANK.search(value):
        raise Wrong("a URL has no blanks", remedy)
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise Wrong("this is no URL: its host or port cannot be read", remedy) from None
    if parts.scheme not in ("http", "https"):
        raise Wrong("a URL begins with https:// or http://", remedy)
    if not host:
        raise Wrong("this URL has no host", remedy)
    if "@" in parts.netloc:
        raise Wrong("this URL holds credentials", "take them out, and give them under secrets:")


class Url(BaseModel):
    """URLs for jobs: each becomes app.<name>_url, or <name>_url in Vault."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    url: Annotated[str, BeforeValidator(as_url)] = Field(
        description="An http or https URL, without credentials; ${NAME} is filled in.",
        examples=["${SUPABASE_URL}/functions/v1/sweeper"],
        json_schema_extra={"pattern": r"^https?://\S+$|\$\{"},
    )
    to: Store | None = TO

    @model_validator(mode="before")
    @classmethod
    def _bare(cls, data: object) -> object:
        if not isinstance(data, dict):
            return {"url": data}
        if "url" not in data:
            raise Wrong("a url is text, or a mapping that has `url`", f'write "{_EXAMPLE}"')
        return data

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        whole = handler.resolve_ref_schema(handler(schema))
        about = {"description": whole.pop("description")}
        return {**about, "anyOf": [whole["properties"]["url"], whole]}


def _expand(entries: Mapping[Text, Url], around: Around) -> Iterable[Entry]:
    for name, url in entries.items():
        yield entry(f"{name}_url", {"value": url.url}, url.to or around.head.store, name)


EXPANSION = Expansion(document_key="urls", spec=lambda: Url, expand=_expand)
