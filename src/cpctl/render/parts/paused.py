"""Who paused a job, since when and why, in the words of every output."""

from __future__ import annotations

from cpctl.core.pauses import OUTSIDE, Pause, since
from cpctl.core.speech import Clock
from cpctl.core.watched import View, Watched
from cpctl.render.parts.escape import escaped
from cpctl.render.watch_shapes import PausedShape


def whose(pause: Pause | None, clock: Clock) -> str:
    """`since Sun 22 Nov 03:12 by anna ("INC-381")`, or that nobody remembers it."""
    from cpctl.schedule.speech import day_and_time

    return since(pause, day_and_time(pause.at, clock)) if pause else OUTSIDE


def paused(job: Watched, view: View) -> str:
    """`paused since Sun 22 Nov 03:12 by anna ("INC-381")`; less where no ledger was asked."""
    return escaped(f"paused {whose(job.pause, view.clock)}") if view.remembered else "paused"


def paused_json(job: Watched) -> PausedShape:
    """What the ledger remembers of it."""
    pause = job.pause
    return {
        "paused_by": pause.by if pause else None,
        "paused_since": pause.at if pause else None,
        "paused_because": pause.reason if pause else None,
    }
