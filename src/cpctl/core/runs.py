"""The last run of a job: what a reader wants to know before it goes, and whether it goes on."""

from __future__ import annotations

from typing import NamedTuple

from cpctl.core.capabilities import Capabilities
from cpctl.core.resource import Resource

_IN_PROGRESS = frozenset({"starting", "running"})
"""Not connecting or sending: after a restart of the server such rows stay so for ever."""


class Mode(NamedTuple):
    """How pg_cron runs jobs, and what it does to a run whose job is gone; None: not known."""

    name: str
    kills: bool | None


def mode_of(capabilities: Capabilities) -> Mode:
    """A run over libpq goes on, a background worker is killed: by 1.6, and not yet by 1.4."""
    if capabilities.background_workers is None:
        return Mode("", None)
    if not capabilities.background_workers:
        return Mode("libpq mode", kills=False)
    kills = {"1.4": False, "1.5": None}.get(capabilities.pg_cron_version or "", True)
    return Mode("background worker", kills)


class Run(NamedTuple):
    """One row of cron.job_run_details. `started`: ISO 8601, or empty before that."""

    status: str
    pid: int | None
    started: str
    mode: Mode

    @property
    def in_progress(self) -> bool:
        return self.status in _IN_PROGRESS

    @property
    def fate(self) -> str:
        """What becomes of it when its job is removed or paused (docs/facts.md, section 1.6)."""
        if self.mode.kills is None:
            return "may go on and commit"
        return "is killed and rolled back" if self.mode.kills else "goes on and may commit"


def last_run(resource: Resource) -> Run | None:
    """The last run that is known of a resource, which only jobs have."""
    run = resource.facts.get("run")
    return run if isinstance(run, Run) else None
