"""The JSON of a pause, a resume and a triggered run as types, as `shapes.py` has that of plans."""

from __future__ import annotations

import sys
from typing import Annotated, Literal

from cpctl.render.shapes import AddressText, Format, Says, Values

if sys.version_info >= (3, 12):
    from typing import TypedDict
else:
    from typing_extensions import TypedDict


class RunShape(TypedDict):
    """A run that was under way."""

    pid: Annotated[int | None, Says("The server's process.")]
    seconds: Annotated[int, Says("How long it had been running.")]
    fate: Annotated[str, Says("What becomes of it.")]


class SwitchedShape(TypedDict):
    """One job that was asked for."""

    address: AddressText
    jobid: Annotated[str, Says("Its jobid.")]
    schedule: Annotated[str, Says("Its schedule, as pg_cron has it.")]
    changed: Annotated[bool, Says("false: it was so already.")]
    run_in_progress: Annotated[RunShape | None, Says("Its run that a pause has met.")]
    paused_by: Annotated[str | None, Says("Who had paused it with cpctl.")]
    paused_since: Annotated[str | None, Says("When that was, ISO 8601.")]
    paused_because: Annotated[str | None, Says("The reason that was given.")]
    undone_by: Annotated[str | None, Says("Where the file says the opposite: FILE:LINE.")]


class PauseShape(TypedDict):
    """`cpctl pause --format json`, and `cpctl resume`."""

    format_version: Format
    action: Annotated[Literal["pause", "resume"], Says("What was asked for.")]
    host: Annotated[str, Says("The host of the database.")]
    database: Annotated[str, Says("The database that pg_cron lives in.")]
    reason: Annotated[str, Says("The reason that was given, or an empty text.")]
    jobs: Annotated[list[SwitchedShape], Says("The jobs that were asked for.")]
    number: Annotated[str | None, Says("Its place in the ledger; null: nothing was recorded.")]
    unrecorded: Annotated[str | None, Says("Why it was not recorded, although it was done.")]


class ResultShape(TypedDict):
    """One statement of the command."""

    tag: Annotated[str, Says("What it did, as PostgreSQL says: SELECT 1.")]
    columns: Annotated[list[str], Says("The names of its columns.")]
    rows: Annotated[list[list[str | None]], Says("The first 20 rows, as text.")]
    row_count: Annotated[int, Says("How many rows there were.")]


class TriggerShape(TypedDict):
    """`cpctl trigger --format json`."""

    format_version: Format
    address: AddressText
    jobid: Annotated[str, Says("Its jobid.")]
    host: Annotated[str, Says("The host of the database.")]
    database: Annotated[str, Says("The database that it ran in.")]
    role: Annotated[str, Says("The owner, as whom it ran.")]
    seconds: Annotated[float, Says("How long the command took.")]
    results: Annotated[list[ResultShape], Says("What its statements did.")]
    transaction_left_open: Annotated[bool, Says("true: it was rolled back, as in pg_cron.")]
    run: Annotated[Values | None, Says("What the runtime recorded of what it called.")]
