"""The words that stand beside a value: what it means, how often, and when next."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, lru_cache

from cpctl.core.kind import Kind
from cpctl.core.plan import Plan
from cpctl.core.resource import Address, Value
from cpctl.core.speech import Clock, Speech
from cpctl.kinds import registry

_BY_DAY = " a day"


def speech(plan: Plan, address: Address, field: str, value: Value) -> Speech | None:
    """What the resource's kind has to say about this value; most values speak for themselves."""
    kind = _kinds().get(address.kind)
    return kind.speak(field, value, clock(plan)) if kind else None


@cache
def _kinds() -> Mapping[str, Kind]:
    return {kind.name: kind for kind in registry()}


@lru_cache(maxsize=4)
def clock(plan: Plan) -> Clock:
    """The scheduler's side of time, for whoever puts a moment of the plan into words."""
    return Clock(plan.target.pg_cron_version, plan.timezone, plan.as_of)


def with_next(said: Speech | None) -> str:
    """`every 5 minutes; next 13:40, 13:45, 13:50 GMT`."""
    return "; ".join(filter(None, (said.words, said.upcoming))) if said else ""


def with_rate(said: Speech) -> str:
    """`every 5 minutes (288 a day)`."""
    from cpctl.schedule.words import rate

    return f"{said.words} ({rate(said.runs_a_day)})" if said.runs_a_day else said.words


def from_to(before: Speech | None, after: Speech | None) -> str:
    """`every 5 minutes -> every 10 minutes; 288 -> 144 runs a day; next 13:40 GMT`."""
    if before is None or after is None:
        return with_next(after)
    parts = (f"{before.words} -> {after.words}", _rates(before, after), after.upcoming)
    return "; ".join(filter(None, parts))


def _rates(before: Speech, after: Speech) -> str:
    """Both rates where they differ, in one unit if they share it."""
    from cpctl.schedule.words import rate

    then, now = rate(before.runs_a_day), rate(after.runs_a_day)
    if before.runs_a_day == after.runs_a_day:
        return ""
    if then.endswith(_BY_DAY) and now.endswith(_BY_DAY):
        return f"{then.removesuffix(_BY_DAY)} -> {now.removesuffix(_BY_DAY)} runs a day"
    return f"{then} -> {now}"


def apart(file: Speech, database: Speech) -> str:
    """`every minute: 1 152 runs a day more`: what the database does, against the file."""
    from cpctl.schedule.words import number

    difference = database.runs_a_day - file.runs_a_day
    if not difference:
        return database.words
    more = "more" if difference > 0 else "less"
    return f"{database.words}: {number(abs(difference))} runs a day {more}"
