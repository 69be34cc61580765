"""The last run of what goes: the line that says whether anybody will miss it."""

from __future__ import annotations

from cpctl.core.plan import Plan
from cpctl.core.resource import Resource
from cpctl.core.runs import last_run
from cpctl.render.parts.escape import escaped
from cpctl.render.parts.words import clock


def last_ran(plan: Plan, resource: Resource) -> str:
    """`last ran 13:30, succeeded`; empty where no run is known."""
    run = last_run(resource)
    if run is None or not run.started:
        return ""
    from cpctl.schedule.speech import day_and_time

    at = day_and_time(run.started, clock(plan))
    if run.in_progress:
        return f"running since {at}"
    return f"last ran {at}, {escaped(run.status)}"


def left_running(resource: Resource) -> str:
    """`1 run in progress goes on (libpq mode, pid 9921)`, once its job is gone or paused."""
    run = last_run(resource)
    if run is None or not run.in_progress:
        return ""
    fates = {None: "may go on", True: "was killed and rolled back", False: "goes on"}
    where = ", ".join(filter(None, (run.mode.name, f"pid {run.pid}")))
    return f"1 run in progress {fates[run.mode.kills]} ({where})"
