"""When a schedule runs: next and previous fires, and how often, in the scheduler's time zone.

pg_cron looks at each minute of UTC and compares its local clock reading with the sets: a reading
that daylight saving skips never runs, one that it repeats runs twice.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from fractions import Fraction
from functools import cache, lru_cache

from cpctl.schedule.meaning import LONGEST_MONTH, AtStart, Interval, Meaning, Times

FARTHEST = 12 * 48
"""Months to look ahead: around 2100, 29 February on one weekday is 40 years apart."""

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
MINUTES_OF_DAY = 1440
SECONDS_OF_DAY = 86400
_YEARS, _LEAP_YEARS, _WEEK = 28, 7, 7
"""After 28 years every date has stood on every weekday equally often."""


def next_fires(meaning: Meaning, after: datetime, zone: tzinfo) -> Iterator[datetime]:
    """The runs later than `after` (aware), in order, as UTC; none for intervals and @reboot."""
    if isinstance(meaning, Times):
        for day in _days(meaning, after.astimezone(zone).date(), 1):
            for fire in _on(meaning, day, zone):
                if fire > after:
                    yield fire


def previous_fire(meaning: Meaning, before: datetime, zone: tzinfo) -> datetime | None:
    """The last run earlier than `before` (aware), as UTC."""
    if isinstance(meaning, Times):
        for day in _days(meaning, before.astimezone(zone).date(), -1):
            for fire in reversed(_on(meaning, day, zone)):
                if fire < before:
                    return fire
    return None


def _days(times: Times, first: date, direction: int) -> Iterator[date]:
    """The days that match, from `first` on, forwards (1) or backwards (-1)."""
    day = first
    for _ in range(FARTHEST):
        month = day.month
        while day.month == month:
            if month in times.months and _matches(times, day):
                yield day
            day += direction * DAY if month in times.months else _to_edge(day, direction)


def _to_edge(day: date, direction: int) -> timedelta:
    """From a day of a month that never matches to the next, or the last, of its neighbour."""
    if direction < 0:
        return -day.day * DAY
    return (monthrange(day.year, day.month)[1] - day.day + 1) * DAY


def runs_per_day(meaning: Meaning) -> Fraction:
    """How often it runs on an average day of 28 years; daylight saving is left out."""
    match meaning:
        case Interval(seconds=seconds):
            return Fraction(SECONDS_OF_DAY, seconds)
        case AtStart():
            return Fraction(0)
        case Times():
            days = sum(_occurrences(meaning, month) for month in meaning.months)
            a_day = len(meaning.minutes) * len(meaning.hours)
            return Fraction(days * a_day, _YEARS * 365 + _LEAP_YEARS)


def _occurrences(times: Times, month: int) -> int:
    """On how many days of one month it runs, in 28 years."""
    return sum(
        years // _WEEK * sum(times.day_matches(day, w, last=last) for w in range(_WEEK))
        for day, last, years in _dates(month)
    )


@cache
def _dates(month: int) -> tuple[tuple[int, bool, int], ...]:
    """(day, whether it is the last, in how many of 28 years)."""
    february = 2
    length = LONGEST_MONTH[month - 1]
    dates = [(day, day == length, _YEARS) for day in range(1, length + 1)]
    if month == february:
        common = _YEARS - _LEAP_YEARS
        dates[-2:] = [(28, True, common), (28, False, _LEAP_YEARS), (29, True, _LEAP_YEARS)]
    return tuple(dates)


def _matches(times: Times, day: date) -> bool:
    last = (day + DAY).month != day.month
    return times.day_matches(day.day, day.isoweekday() % 7, last=last)


def _on(times: Times, day: date, zone: tzinfo) -> list[datetime]:
    """The fires of one local day that matches, as UTC, in order."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    offset = _constant_offset(day, zone)
    if offset is None:
        readings = _readings(day, zone)
        wanted = ((hour, minute) for hour in times.hours for minute in times.minutes)
        return sorted(moment for reading in wanted for moment in readings.get(reading, ()))
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


@lru_cache(maxsize=16)
def _readings(day: date, zone: tzinfo) -> Mapping[tuple[int, int], Sequence[datetime]]:
    """What the clock shows on a local day, and the minutes of UTC at which it does."""
    found: dict[tuple[int, int], list[datetime]] = {}
    first = datetime(day.year, day.month, day.day, tzinfo=UTC) - DAY
    for n in range(3 * MINUTES_OF_DAY):
        local = (first + n * MINUTE).astimezone(zone)
        if local.date() == day:
            found.setdefault((local.hour, local.minute), []).append(first + n * MINUTE)
    return found
