"""The last run of a job: what a reader wants to know before it goes, and whether it goes on."""

from __future__ import annotations

from typing import NamedTuple

from cpctl.core.resource import Resource

_IN_PROGRESS = frozenset({"starting", "running"})
"""Not connecting or sending: after a restart of the server such rows stay so for ever."""


class Run(NamedTuple):
    """One row of cron.job_run_details. `started`: ISO 8601, or empty before that.

    `background`: as a background worker; None where the role may not know.
    """

    status: str
    pid: int | None
    started: str
    background: bool | None

    @property
    def in_progress(self) -> bool:
        return self.status in _IN_PROGRESS

    @property
    def fate(self) -> str:
        """What becomes of it when its job is removed or paused (docs/facts.md, section 1.6)."""
        if self.background is None:
            return "may go on and commit"
        return "is killed and rolled back" if self.background else "goes on and may commit"


def last_run(resource: Resource) -> Run | None:
    """The last run that is known of a resource, which only jobs have."""
    run = resource.facts.get("run")
    return run if isinstance(run, Run) else None
