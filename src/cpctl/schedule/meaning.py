"""What a schedule means: sets of minutes, hours, days, months and weekdays, or an interval."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

LONGEST_MONTH = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


class Field(NamedTuple):
    """One of the five fields; `names` are the words it takes besides numbers, from `low` on."""

    name: str
    low: int
    high: int
    names: tuple[str, ...] = ()


MINUTE = Field("minute", 0, 59)
HOUR = Field("hour", 0, 23)
DAY = Field("day", 1, 31)
MONTH = Field("month", 1, 12, tuple("jan feb mar apr may jun jul aug sep oct nov dec".split()))
WEEKDAY = Field("weekday", 0, 7, tuple("sun mon tue wed thu fri sat".split()))
FIELDS = (MINUTE, HOUR, DAY, MONTH, WEEKDAY)


class Times(NamedTuple):
    """The sets of a cron line. Weekdays are 0 (Sunday) to 6.

    `any_day`, `any_weekday`: the field begins with `*`, so the other one decides alone; if neither
    does, a day matches by either of them. `last_day`: `$`, the last day of each month.
    """

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    any_day: bool = False
    any_weekday: bool = False
    last_day: bool = False

    def day_matches(self, day: int, weekday: int, *, last: bool) -> bool:
        """Whether it runs on this day of one of its months; `last`: it is the month's last."""
        by_day = day in self.days or (self.last_day and last)
        by_weekday = weekday in self.weekdays
        if self.any_day or self.any_weekday:
            return by_day and by_weekday
        return by_day or by_weekday

    @property
    def ever_runs(self) -> bool:
        """False where no year has a minute that matches."""
        if not (self.minutes and self.hours and self.months):
            return False
        reachable = self.last_day or any(
            day <= LONGEST_MONTH[month - 1] for month in self.months for day in self.days
        )
        if self.any_day or self.any_weekday:
            return reachable and bool(self.weekdays)
        return reachable or bool(self.weekdays)


class Interval(NamedTuple):
    """Every so many seconds, counted from the launcher's start or the last run."""

    seconds: int


@dataclass(frozen=True, slots=True)
class AtStart:
    """Once whenever pg_cron's launcher starts: `@reboot`."""


Meaning = Times | Interval | AtStart
