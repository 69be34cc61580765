"""What was seen of jobs before: history is deleted, and a late job must not seem punctual then."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from cpctl.core.resource import Address
from cpctl.core.watched import Ran, View, Watched
from cpctl.operate.overdue import lateness


class Past(NamedTuple):
    """One job as it was at the last look.

    `since`: ISO 8601: nothing was due before that. It had another schedule until then, was paused,
    or not there; or nobody had looked.
    """

    schedule: str
    active: bool
    since: str
    success: Ran | None


Recalled = Mapping[int, Past]
"""By jobid: a job that was made anew begins anew."""


def every_job(view: View) -> Iterator[Watched]:
    """Those of the file, of its scope and of its runtime."""
    yield from view.jobs
    yield from view.upkeep


def recalled(view: View, before: Recalled | None) -> Recalled:
    """What is known now. `before`: None at the first look."""
    jobs, now = every_job(view), view.clock.as_of
    if before is None:
        return {job.jobid: _first(job, now) for job in jobs}
    return {job.jobid: _past(job, now, before.get(job.jobid)) for job in jobs}


def _first(job: Watched, now: str) -> Past:
    """Its history tells since when it is due, if it has one."""
    since = job.success.started if job.success else ""
    return Past(job.schedule, job.active, since or now, job.success)


def _past(job: Watched, now: str, before: Past | None) -> Past:
    if before is None:
        return Past(job.schedule, job.active, now, job.success)
    same = (job.schedule, job.active) == (before.schedule, before.active)
    successes = [ran for ran in (before.success, job.success) if ran]
    success = max(successes, key=lambda ran: ran.started, default=None)
    return Past(job.schedule, job.active, before.since if same else now, success)


def with_successes(view: View, known: Recalled) -> View:
    """The view, in which a job has its last success although the history has it no more."""

    def remembering(jobs: tuple[Watched, ...]) -> tuple[Watched, ...]:
        return tuple(job._replace(success=known[job.jobid].success) for job in jobs)

    return view._replace(jobs=remembering(view.jobs), upkeep=remembering(view.upkeep))


def overdue(view: View, known: Recalled) -> Mapping[Address, float]:
    """Seconds since each job should have started after its last success; 0 where it is paused."""
    late = lateness(view.clock)
    return {
        job.address: late(job.schedule, _since(known[job.jobid])) if job.active else 0.0
        for job in every_job(view)
    }


def _since(past: Past) -> datetime:
    started = past.success.started if past.success else ""
    return max(datetime.fromisoformat(at) for at in (past.since, started or past.since))
