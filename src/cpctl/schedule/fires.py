"""When a schedule runs: next and previous fires, and how often, in the scheduler's time zone.

pg_cron looks at each minute of UTC and compares its local clock reading with the sets: a reading
that daylight saving skips never runs, one that it repeats runs twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, tzinfo
from fractions import Fraction
from functools import lru_cache

from cpctl.schedule.meaning import AtStart, Interval, Meaning, Times

FARTHEST = 366 * 9
"""Days to look ahead: 29 February on a weekday comes within eight years, but for 2100."""

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
MINUTES_OF_DAY = 1440
SECONDS_OF_DAY = 86400
_CYCLE = date(2000, 1, 1)
_CYCLE_DAYS = 1461


def next_fires(meaning: Meaning, after: datetime, zone: tzinfo) -> Iterator[datetime]:
    """The runs later than `after` (aware), in order, as UTC; none for intervals and @reboot."""
    if isinstance(meaning, Times):
        first = _local_date(after, zone)
        for offset in range(FARTHEST):
            for fire in _on(meaning, first + offset * DAY, zone):
                if fire > after:
                    yield fire


def previous_fire(meaning: Meaning, before: datetime, zone: tzinfo) -> datetime | None:
    """The last run earlier than `before` (aware), as UTC."""
    if not isinstance(meaning, Times):
        return None
    first = _local_date(before, zone)
    for offset in range(FARTHEST):
        for fire in reversed(_on(meaning, first - offset * DAY, zone)):
            if fire < before:
                return fire
    return None


def runs_per_day(meaning: Meaning) -> Fraction:
    """How often it runs in an average day of four years; daylight saving is left out."""
    match meaning:
        case Interval(seconds=seconds):
            return Fraction(SECONDS_OF_DAY, seconds)
        case AtStart():
            return Fraction(0)
        case Times():
            days = sum(_matches(meaning, _CYCLE + n * DAY) for n in range(_CYCLE_DAYS))
            return Fraction(days * len(meaning.minutes) * len(meaning.hours), _CYCLE_DAYS)


def _local_date(moment: datetime, zone: tzinfo) -> date:
    return moment.astimezone(zone).date()


def _matches(times: Times, day: date) -> bool:
    if day.month not in times.months:
        return False
    last = (day + DAY).month != day.month
    return times.day_matches(day.day, day.isoweekday() % 7, last=last)


def _on(times: Times, day: date, zone: tzinfo) -> list[datetime]:
    """The fires of one local day, as UTC, in order."""
    if not _matches(times, day):
        return []
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    offset = _constant_offset(day, zone)
    if offset is None:
        return list(_minute_by_minute(times, day, zone))
    return [midnight - offset + minute * MINUTE for minute in _minutes(times.hours, times.minutes)]


@lru_cache(maxsize=1024)
def _minutes(hours: frozenset[int], minutes: frozenset[int]) -> tuple[int, ...]:
    """The minutes of a day that match, in order."""
    return tuple(hour * 60 + minute for hour in sorted(hours) for minute in sorted(minutes))


@lru_cache(maxsize=8192)
def _constant_offset(day: date, zone: tzinfo) -> timedelta | None:
    """The zone's offset on a local day, or None where the clock changes around it."""
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    offsets = {
        (noon + hours * timedelta(hours=6)).astimezone(zone).utcoffset() for hours in range(-6, 7)
    }
    return offsets.pop() if len(offsets) == 1 else None


def _minute_by_minute(times: Times, day: date, zone: tzinfo) -> Iterator[datetime]:
    for moment, hour, minute in _readings(day, zone):
        if hour in times.hours and minute in times.minutes:
            yield moment


@lru_cache(maxsize=16)
def _readings(day: date, zone: tzinfo) -> tuple[tuple[datetime, int, int], ...]:
    """Each minute of UTC whose local date is `day`, with what the clock shows then."""
    first = datetime(day.year, day.month, day.day, tzinfo=UTC) - DAY
    moments = (first + n * MINUTE for n in range(3 * MINUTES_OF_DAY))
    local = ((moment, moment.astimezone(zone)) for moment in moments)
    return tuple((moment, at.hour, at.minute) for moment, at in local if at.date() == day)
