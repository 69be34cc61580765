"""Whose a pause is: what the ledger knows of it, against what happened to the job since."""

from __future__ import annotations

from collections.abc import Mapping

from cpctl.core.pauses import Pause
from cpctl.core.resource import Resource
from cpctl.core.runs import last_run

Known = Mapping[tuple[int, str], Pause]
"""By jobid and owner, those that cpctl paused last."""


def pause_of(seen: Resource, known: Known) -> Pause | None:
    """The pause that this job is under; None where it runs, or somebody else paused it."""
    jobid, owner = seen.facts.get("jobid"), str(seen.facts.get("username"))
    if not isinstance(jobid, int) or seen.fields.get("active") is not False:
        return None
    run = last_run(seen)
    return pause_under((jobid, owner), run.started if run else "", known)


def pause_under(job: tuple[int, str], ran: str, known: Known) -> Pause | None:
    """That of a job which is not active. `ran`: when its last run began, ISO 8601 in UTC, or empty.

    A run that began after it shows that somebody resumed the job since.
    """
    pause = known.get(job)
    return None if pause is None or ran > pause.settled else pause
