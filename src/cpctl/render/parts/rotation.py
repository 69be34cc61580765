"""What a reader is told of a secret that changes: when it was set last, and who reads it."""

from __future__ import annotations

from cpctl.core.change import Update
from cpctl.core.plan import Plan
from cpctl.core.resource import Resource
from cpctl.render.parts.sentences import count
from cpctl.render.parts.words import clock

_NO_WAY_BACK = "rollback cannot bring the old one back"


def old_value(plan: Plan, change: Update) -> str:
    """`(sensitive, changed; last set Mon 2 Nov)`, as far as the store tells."""
    when = change.before.facts.get("set")
    if not isinstance(when, str):
        return "(sensitive, changed)"
    from cpctl.schedule.speech import day

    return f"(sensitive, changed; last set {day(when, clock(plan))})"


def read_by(plan: Plan, resource: Resource) -> str:
    """Who reads it and when next; empty for what only sessions read."""
    readers = resource.facts.get("readers")
    if not isinstance(readers, tuple):
        return ""
    functions = [name for what, name, _ in readers if what == "function"]
    schedules = [schedule for what, _, schedule in readers if what == "job"]
    if not readers:
        return _NO_WAY_BACK
    if not schedules:
        return f"read by {count(len(functions), 'function')}; {_NO_WAY_BACK}"
    jobs = count(len(schedules), "job")
    whose = "their" if len(functions) > 1 else "its"
    who = f"{count(len(functions), 'function')} and {whose} {jobs}" if functions else jobs
    at = _next(schedules, plan)
    return f"read by {who} at each run: the next one{at} uses the new value; {_NO_WAY_BACK}"


def _next(schedules: list[str], plan: Plan) -> str:
    from cpctl.schedule.speech import first_of

    at = first_of(schedules, clock(plan))
    return f" ({at})" if at else ""
