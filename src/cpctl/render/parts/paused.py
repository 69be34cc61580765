"""Who paused a job, since when and why, in the words of every output."""

from __future__ import annotations

from cpctl.core.pauses import OUTSIDE, Pause, since
from cpctl.core.speech import Clock


def whose(pause: Pause | None, clock: Clock) -> str:
    """`since Sun 22 Nov 03:12 by anna ("INC-381")`, or that nobody remembers it."""
    from cpctl.schedule.speech import day_and_time

    return since(pause, day_and_time(pause.at, clock)) if pause else OUTSIDE
