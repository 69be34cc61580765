"""One entry under `jobs:` as a model: what the file can say about a job."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Annotated, Final

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidatorFunctionWrapHandler,
    WithJsonSchema,
    WrapValidator,
)

from cpctl.core.text import Text, Wrong, as_flag, as_sql

IGNORABLE: Final = ("schedule", "command", "database", "active")
"""A job's own fields: (name, username) says which job it is."""

NAME_LIMIT: Final = 63
"""Bytes; pg_cron below 1.5 keeps names as `name` and cuts the rest without a word."""


def _keep_place(value: object, check: ValidatorFunctionWrapHandler) -> str:
    """Pydantic copies a str; what a later error points at has to know its place."""
    checked: str = check(value)
    return value if isinstance(value, Text) else checked


def _ignorable(field: str) -> str:
    if field in IGNORABLE:
        return field
    near = get_close_matches(field, IGNORABLE, n=1)
    what = f'"{field}" is no field of a job that could be ignored'
    raise Wrong(what, f"did you mean {near[0]}?" if near else f"one of {', '.join(IGNORABLE)}")


Flag = Annotated[bool, BeforeValidator(as_flag)]
Sql = Annotated[str, BeforeValidator(as_sql)]
OldName = Annotated[str, StringConstraints(min_length=1), WrapValidator(_keep_place)]
Ignored = Annotated[
    str, AfterValidator(_ignorable), WithJsonSchema({"type": "string", "enum": list(IGNORABLE)})
]


class Defaults(BaseModel):
    """What jobs take from `defaults:` unless they say it themselves."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    username: str | None = Field(
        None,
        min_length=1,
        description="Whose job it is and as whom it runs; left out: the role that applies.",
        examples=["postgres"],
    )
    database: str | None = Field(
        None,
        min_length=1,
        description="Where it runs; left out: the database that pg_cron lives in.",
        examples=["reporting"],
    )
    active: Flag | None = Field(
        None,
        description="true or false: managed. Left out: not managed, so that a job paused by hand "
        "stays paused.",
    )
    description: str | None = Field(
        None,
        description="What the job is for; shown, never stored or compared.",
        json_schema_extra={"interpolate": False},
    )


class Spec(Defaults):
    """One job under `jobs:`."""

    schedule: str = Field(
        description="When it runs: five cron fields, a macro, or `N seconds` (pg_cron 1.5).",
        examples=["*/5 * * * *", "0 2 * * *", "@daily", "30 seconds"],
    )
    command: Sql = Field(
        description="The SQL to run, exactly as written; for several lines use a block: |",
        examples=["SELECT refresh_metrics();"],
        json_schema_extra={"interpolate": False},
    )
    command_file: str | None = Field(
        None,
        description="A file that holds the command, relative to this one.",
        examples=["sql/nightly.sql"],
    )
    allow: tuple[str, ...] = Field(
        (),
        description="Codes of spellings that pg_cron misreads, where that is meant.",
        examples=[["NEVER_RUNS"]],
    )
    name: str | None = Field(
        None, min_length=1, description="The job's name on the server, where it is not this key."
    )
    was: OldName | None = Field(
        None,
        description="The name it had before: it is renamed, and no second job is made.",
        examples=["nightly_rpt"],
    )
    ignore_changes: tuple[Ignored, ...] = Field(
        (),
        description="Fields that stay as the database has them once the job exists.",
        examples=[["schedule"]],
    )
    protect: Flag = Field(
        default=False, description="true: it is not deleted without --allow PROTECTED."
    )
