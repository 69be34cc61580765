"""`expect:` as a model: which database a file is for."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from cpctl.core.text import Wrong

STRICT: Final = ConfigDict(extra="forbid", frozen=True, defer_build=True)
"""Built where a file has the key: most files have few of them."""


def _digits(value: str) -> str:
    if not value.isdecimal():
        raise Wrong(
            "a system identifier is a number",
            "take it from: SELECT system_identifier FROM pg_control_system()",
        )
    return value


class Expect(BaseModel):
    """What the database must be; anything else is refused, and no flag overrules it."""

    model_config = STRICT

    host: str | None = Field(
        None,
        min_length=1,
        description="A glob for the host of the connection.",
        examples=["db.internal*"],
    )
    supabase: str | None = Field(
        None,
        min_length=1,
        description="The Supabase project's reference.",
        examples=["abcdefghijklmnopqrst"],
    )
    database: str | None = Field(
        None, min_length=1, description="The name of the database.", examples=["postgres"]
    )
    system_identifier: Annotated[str, AfterValidator(_digits)] | None = Field(
        None,
        description="The cluster's own number, from pg_control_system().",
        examples=["7301234567890123456"],
    )
    timezone: str | None = Field(
        None, min_length=1, description="What cron.timezone must be.", examples=["GMT"]
    )
