"""Whose a pause is: what the ledger knows of it, against what happened to the job since."""

from __future__ import annotations

from collections.abc import Mapping

from cpctl.core.pauses import Pause
from cpctl.core.resource import Resource
from cpctl.core.runs import last_run


def pause_of(seen: Resource, known: Mapping[tuple[int, str], Pause]) -> Pause | None:
    """The pause that this job is under; None where it runs, or somebody else paused it.

    A run that began after it shows that somebody resumed the job since.
    """
    facts = seen.facts
    jobid, owner = facts.get("jobid"), str(facts.get("username"))
    pause = known.get((jobid, owner)) if isinstance(jobid, int) else None
    if pause is None or seen.fields.get("active") is not False:
        return None
    run = last_run(seen)
    return None if run is not None and run.started > pause.settled else pause
