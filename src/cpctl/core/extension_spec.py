"""One entry under `extensions:` as a model: what the file can say about an extension."""

from __future__ import annotations

import re

from pydantic import BaseModel, ConfigDict, Field

from cpctl.core.text import Text, Wrong

_ODD = re.compile(r"^$|^-|--|-$|[/\\$\0]")
USUAL_SCHEMA = "public"
"""Where an extension goes that is free to go anywhere."""
LONGEST = 63
"""Bytes of a name; PostgreSQL cuts the rest, and then finds no such extension."""


class Spec(BaseModel):
    """Extensions that this database must have: made where they are missing."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, defer_build=True)

    in_schema: str | None = Field(
        None,
        alias="schema",
        min_length=1,
        description="The schema that its objects are in; left out: where it is, else the only one "
        "that it can be in, else public. One that is elsewhere is moved, if it can be.",
        examples=["extensions"],
    )
    version: str | None = Field(
        None,
        min_length=1,
        description="The version of its SQL; left out: whichever is there, else the server's "
        "newest.",
        examples=["1.6"],
    )


def check(key: Text, spec: Spec) -> None:
    """Raises Wrong for what PostgreSQL takes for no name or version, or cuts."""
    for field, value in (("", key), ("version", spec.version), ("schema", spec.in_schema)):
        if value is None:
            continue
        if field != "schema" and _ODD.search(value):
            what = f'"{value}" is no {field or "name"} of an extension'
            raise Wrong(what, "SELECT name, version FROM pg_available_extension_versions", field)
        if len(value.encode(errors="surrogatepass")) > LONGEST:
            raise Wrong(f"{field or 'a name'} is over {LONGEST} bytes", "shorten it", field)
