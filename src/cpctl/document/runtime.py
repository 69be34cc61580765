"""`runtime:` and `edge_functions:` as models: what a file says of the functions it calls."""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from cpctl.core.text import Wrong

_RARE: Final = ConfigDict(extra="forbid", frozen=True, defer_build=True)
"""Few files have these: their validators are built when one does."""

_UNITS: Final = {"ms": 1, "s": 1000, "m": 60_000}
_SHORTEST, _LONGEST = 100, 600_000
"""Milliseconds; hosts end a request after some minutes at the latest."""


def _timeout(value: object) -> object:
    """`30s` as milliseconds. Raises Wrong."""
    if not isinstance(value, str):
        return value
    found = re.fullmatch(r"(\d+) ?(ms|s|m)", value)
    length = int(found[1]) * _UNITS[found[2]] if found else 0
    if not _SHORTEST <= length <= _LONGEST:
        what = f'"{value}" is no time between 100ms and 10m'
        raise Wrong(what, "write a number and its unit: 30s")
    return length


def _days(value: object) -> object:
    """`30d` as days. Raises Wrong."""
    if not isinstance(value, str):
        return value
    found = re.fullmatch(r"(\d{1,4}) ?(?:d|days?)", value)
    if not found or not int(found[1]):
        raise Wrong(f'"{value}" is no number of days', "write it like 30d")
    return int(found[1])


def _schedule(value: object) -> object:
    """As of a job, whichever pg_cron runs it. Raises Wrong."""
    from cpctl.lints.schedules import schedule_wrong

    wrong = schedule_wrong(value, (), "") if isinstance(value, str) else None
    if wrong is not None:
        raise Wrong(str(wrong), wrong.remedy)
    return value


def _text(pattern: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": f"^({pattern}|.*\\$\\{{.*)$"})


Timeout = Annotated[int, BeforeValidator(_timeout), _text(r"\d+ ?(ms|s|m)")]
Days = Annotated[int, BeforeValidator(_days), _text(r"\d+ ?(d|days?)")]


class Runtime(BaseModel):
    """How edge functions are called, and where the runtime's own functions and tables are."""

    model_config = _RARE

    in_schema: str = Field(
        "public",
        alias="schema",
        min_length=1,
        description="The schema of the trigger functions, the management functions and the logs.",
        examples=["public"],
    )
    transport: Literal["http", "pg_net"] = Field(
        description="The extension that calls. http waits for the answer, so a run has succeeded "
        "when the function has; pg_net only queues the request, and the outcome is collected "
        "afterwards.",
        examples=["http"],
    )
    retention: Days | None = Field(
        None,
        description="How long runs are kept in job_runs, the logs and cron.job_run_details; left "
        "out: for ever.",
        examples=["30d"],
    )
    recovery: Annotated[str, BeforeValidator(_schedule)] = Field(
        "* * * * *",
        min_length=1,
        description="When failed runs are looked at, and repeated where that is due.",
        examples=["* * * * *"],
    )
    backoff: Timeout = Field(
        30_000,
        description="How long after its failure a run is first repeated; twice as long each time "
        "after that, and at most an hour: 100ms to 10m.",
        examples=["30s"],
    )
    readers: tuple[str, ...] = Field(
        (),
        description="Roles that may read the logs and call the functions that only look.",
        examples=[["grafana"]],
    )


class EdgeFunction(BaseModel):
    """Edge Functions that jobs call: each becomes trigger_<name>(), with its log of runs."""

    model_config = _RARE

    url: str | None = Field(
        None,
        description="Which of `urls` it is called at; left out: the one of the same name.",
        examples=["monitor"],
    )
    key: str | None = Field(
        None,
        description="Which of `secrets` is sent as its bearer; left out: the file's only one; "
        "none: nothing is sent.",
        examples=["service_role_key"],
    )
    timeout: Timeout = Field(
        30_000, description="How long the answer may take: 100ms to 10m.", examples=["30s"]
    )
    retries: int = Field(
        3,
        ge=0,
        le=10,
        description="How often a run that failed in passing (timeout, unreachable, 5xx) is "
        "repeated, with growing pauses.",
        examples=[3],
    )
    log: str | None = Field(
        None,
        description="The table that its answer is recorded in beside job_runs; left out: by its "
        "name; none: no other.",
        examples=["sweeper_logs"],
    )
