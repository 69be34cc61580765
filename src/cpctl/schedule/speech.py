"""What a reader is told beside a schedule: plain words, how often, and the next runs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, tzinfo
from fractions import Fraction
from functools import lru_cache
from itertools import islice
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cpctl.core.speech import Clock, Speech
from cpctl.schedule.fires import next_fires, runs_per_day
from cpctl.schedule.meaning import Times
from cpctl.schedule.server import release_for
from cpctl.schedule.verdict import meaning_of
from cpctl.schedule.words import in_words

SHOWN = 3
"""Runs that are named where all of them are today's."""


@lru_cache(maxsize=16384)
def speak(text: str, clock: Clock) -> Speech | None:
    """The words for a schedule as this server understands it; None where it rejects it."""
    meaning = meaning_of(text, release_for(clock.pg_cron))
    if meaning is None:
        return None
    if isinstance(meaning, Times) and not meaning.ever_runs:
        return Speech(in_words(meaning), Fraction(0), "")
    zone, now = zone_of(clock.timezone), datetime.fromisoformat(clock.as_of)
    label = clock.timezone if known_zone(clock.timezone) else "UTC"
    fires = list(islice(next_fires(meaning, now, zone), SHOWN))
    return Speech(in_words(meaning), runs_per_day(meaning), _upcoming(fires, now, zone, label))


@lru_cache(maxsize=64)
def zone_of(name: str) -> tzinfo:
    """The zone of that name; UTC for one that only PostgreSQL knows."""
    return ZoneInfo(name) if known_zone(name) else UTC


def known_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def day_and_time(moment: str, clock: Clock) -> str:
    """`13:30`, or `Tue 24 Nov 01:30` where that is not the database's today."""
    zone = zone_of(clock.timezone)
    now, then = (datetime.fromisoformat(at).astimezone(zone) for at in (clock.as_of, moment))
    if now.date() == then.date():
        return f"{then:%H:%M}"
    year = f" {then.year}" if then.year != now.year else ""
    return f"{then:%a} {then.day} {then:%b}{year} {then:%H:%M}"


def day(moment: str, clock: Clock) -> str:
    """`Mon 2 Nov`; with the year where it is not the database's."""
    zone = zone_of(clock.timezone)
    now, then = (datetime.fromisoformat(at).astimezone(zone) for at in (clock.as_of, moment))
    return f"{then:%a} {then.day} {then:%b}" + (f" {then.year}" if then.year != now.year else "")


def first_of(schedules: Iterable[str], clock: Clock) -> str:
    """The first run of any of them: `13:40 GMT`; empty where none comes, or none is known."""
    zone, now = zone_of(clock.timezone), datetime.fromisoformat(clock.as_of)
    meanings = (meaning_of(text, release_for(clock.pg_cron)) for text in schedules)
    known = [it for it in meanings if it and not (isinstance(it, Times) and not it.ever_runs)]
    fires = [fire for it in known for fire in islice(next_fires(it, now, zone), 1)]
    if not fires:
        return ""
    label = clock.timezone if known_zone(clock.timezone) else "UTC"
    return f"{day_and_time(min(fires).isoformat(), clock)} {label}"


def _upcoming(fires: Sequence[datetime], now: datetime, zone: tzinfo, label: str) -> str:
    if not fires:
        return ""
    local = [fire.astimezone(zone) for fire in fires]
    today = now.astimezone(zone).date()
    if all(fire.date() == today for fire in local):
        times = ", ".join(f"{fire:%H:%M}" for fire in local)
        return f"next {times} {label}"
    first = local[0]
    year = f" {first.year}" if first.year != today.year else ""
    return f"next {first:%a} {first.day} {first:%b}{year} {first:%H:%M} {label}"


def next_run(text: str, clock: Clock) -> str:
    """ISO 8601, in UTC; empty where it never comes, and where only pg_cron's launcher knows."""
    meaning = meaning_of(text, release_for(clock.pg_cron))
    if meaning is None or (isinstance(meaning, Times) and not meaning.ever_runs):
        return ""
    now = datetime.fromisoformat(clock.as_of)
    fires = next_fires(meaning, now, zone_of(clock.timezone))
    return "".join(f"{fire:%Y-%m-%dT%H:%M:%SZ}" for fire in islice(fires, 1))
