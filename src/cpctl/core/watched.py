"""What a running scheduler shows of a file's jobs: plain data for whoever tells it, on any channel.

pg_cron calls every run a success that raises no error, HTTP 500 included. So the runs of a job that
calls an edge function are those of the runtime's job_runs, and pg_cron's own only where it says
that they failed.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple

from cpctl.core.job_address import in_full
from cpctl.core.pauses import Pause
from cpctl.core.plan import Target
from cpctl.core.resource import Address
from cpctl.core.speech import Clock

LOOKED_AT = 100_000
"""So many of the last runs are looked at, whatever there are: only their ids have an index."""

DAYS = 7
"""Failures and success rates are those of so many days."""

FAILED, SUCCEEDED = "failed", "succeeded"

State = Literal["healthy", "unhealthy", "inactive"]


class Ran(NamedTuple):
    """The last run of a job, or the last that is over. `started`: ISO 8601."""

    started: str
    status: str
    message: str

    @property
    def failed(self) -> bool:
        return self.status == FAILED

    @property
    def over(self) -> bool:
        return self.status in (FAILED, SUCCEEDED)


class Watched(NamedTuple):
    """One job of cron.job, and how it ran.

    `declared`: the file has it; `managed`: it, or its scope. `upkeep`: it is one of the runtime's
    own. `pause`: what cpctl remembers of who paused it.
    `function`: the edge function that it calls, or empty. `last`: its last
    run, `outcome`: the last one that is over, `success`: the last one that succeeded. `finished`,
    `failed`: of the last DAYS days.
    `alerted`: an alert about its function is open. `next_run`: ISO 8601; empty where it is paused,
    and where only pg_cron knows.
    """

    address: Address
    jobid: int
    name: str | None
    username: str
    schedule: str
    command: str
    database: str
    active: bool
    declared: bool
    managed: bool
    upkeep: bool
    function: str = ""
    last: Ran | None = None
    outcome: Ran | None = None
    success: Ran | None = None
    finished: int = 0
    failed: int = 0
    alerted: bool = False
    next_run: str = ""
    pause: Pause | None = None

    @property
    def called(self) -> tuple[str, ...]:
        """What a person may call it: its address, with or without `job.`, and with its owner."""
        full = in_full(self.name, self.username, self.jobid)
        return str(self.address), self.address.name, str(full), full.name

    @property
    def failing(self) -> bool:
        """Its last run that is over has failed."""
        return self.outcome is not None and self.outcome.failed

    @property
    def state(self) -> State:
        if not self.active:
            return "inactive"
        return "unhealthy" if self.alerted or self.failing else "healthy"

    @property
    def success_rate(self) -> float | None:
        """In percent, of the runs that are over; None where there were none."""
        if not self.finished:
            return None
        return round(100 * (self.finished - self.failed) / self.finished, 1)


class Looked(NamedTuple):
    """Where runs were looked for. `runtime`: the table of runs of edge functions, or empty.

    `whole`: all runs that are there were looked at. `lacking`: the file has a runtime that the
    database has not. `history`: pg_cron's table, by oid: where that is another, its numbers of jobs
    and of runs mean something else.
    """

    runtime: str
    whole: bool
    lacking: bool
    history: int = 0


class View(NamedTuple):
    """One look at a database for one file.

    `jobs`: those of the file and in its scope, by address; `upkeep`: the runtime's own;
    `missing`: declared, and not there; `unmanaged`: all others that may be seen. `strangers`: of
    the missing, those whose name is there, and who has it. `remembered`: the ledger was asked who
    paused jobs.
    """

    name: str
    target: Target
    clock: Clock
    jobs: tuple[Watched, ...]
    upkeep: tuple[Watched, ...]
    missing: tuple[Address, ...]
    unmanaged: tuple[Watched, ...]
    looked: Looked
    strangers: Mapping[Address, str] = MappingProxyType({})
    remembered: bool = False


class OneRun(NamedTuple):
    """One run, from cron.job_run_details or from job_runs.

    `source`: which of them. `started`, `ended`: ISO 8601, or empty. `attempts`: how often it was
    tried, this time included; 0: pg_cron's own history does not tell.
    """

    source: Literal["cron.job_run_details", "job_runs"]
    id: int
    address: Address
    jobid: int | None
    function: str
    status: str
    started: str
    ended: str
    milliseconds: int | None
    message: str
    http_status: int | None = None
    error_code: str = ""
    attempts: int = 0
    trigger: str = ""
    pid: int | None = None

    @property
    def over(self) -> bool:
        return self.status in (FAILED, SUCCEEDED)

    @property
    def goes_on(self) -> bool:
        """Rows in connecting or sending stay so for ever, if the server is restarted then."""
        return self.status in ("starting", "running")


class Runs(NamedTuple):
    """Runs, the newest first, and where they were looked for."""

    name: str
    target: Target
    clock: Clock
    runs: tuple[OneRun, ...]
    looked: Looked
