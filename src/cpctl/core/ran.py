"""What came of a command that was run at once, as data that every format can show."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

MOST_ROWS = 20
"""Rows of one statement that are kept; the others are counted."""


class Result(NamedTuple):
    """One statement of the command. `tag`: as pg_cron has it; `rows`: the first few, as text."""

    tag: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str | None, ...], ...]
    row_count: int


class Failure(NamedTuple):
    """Why it did not run to its end. `more`: PostgreSQL's detail and hint."""

    what: str
    sqlstate: str
    more: tuple[str, ...] = ()


class Ran(NamedTuple):
    """How a command went.

    `stopped`: by what it was cancelled; `copies`: it wanted to speak COPY with us;
    `open`: it left a transaction open, which was rolled back.
    """

    results: tuple[Result, ...]
    failure: Failure | None
    seconds: float
    stopped: str = ""
    copies: bool = False
    open: bool = False


class Triggered(NamedTuple):
    """One run of a job by hand. `run`: what the runtime recorded of it, where it did."""

    address: str
    jobid: int
    host: str
    database: str
    owner: str
    ran: Ran
    run: Mapping[str, Any] | None
