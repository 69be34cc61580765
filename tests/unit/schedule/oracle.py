"""What a schedule means by facts.md alone, written without a look at cpctl.

Only the safe spellings of facts.md §1.2 are understood: five fields, lists, ascending ranges, steps
up to the field's maximum, names of three letters, `$` alone, macros, `N seconds`.
"""

from __future__ import annotations

import calendar
import re
from typing import NamedTuple

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
LIMITS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
NAMES: tuple[dict[str, int], ...] = (
    {},
    {},
    {},
    {name: number for number, name in enumerate(MONTHS, 1)},
    {name: number for number, name in enumerate(WEEKDAYS)},
)
MACROS = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_LEADING = re.compile(r"(?:[ \t]*\n|[ \t]*#[^\n]*\n)*[ \t]*")
_PART = re.compile(r"(?:(\*)|([0-9]+|[a-z]{3})(?:-([0-9]+|[a-z]{3}))?)(?:/([0-9]+))?", re.ASCII)
_SECONDS = re.compile(r"\s*\+?0*([1-9]|[1-5][0-9])\s*second(?:s\s*)?", re.IGNORECASE | re.ASCII)


class Sets(NamedTuple):
    """The five sets, and the two rules that the text's first characters decide."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    both: bool
    last_day: bool

    def on(self, day: int, weekday: int, *, last: bool) -> bool:
        by_day = last if self.last_day else day in self.days
        by_weekday = weekday in self.weekdays
        return by_day and by_weekday if self.both else by_day or by_weekday

    def days_that_match(self) -> frozenset[tuple[int, int, int, bool]]:
        """Month, day, weekday and whether it is the month's last: every kind of day there is."""
        return frozenset(
            (month, day, weekday, last)
            for month in self.months
            for days in {calendar.monthrange(year, month)[1] for year in (2027, 2028)}
            for day in range(1, days + 1)
            for last in (day == days,)
            for weekday in range(7)
            if self.on(day, weekday, last=last)
        )

    def fires(self) -> bool:
        return bool(self.minutes and self.hours and self.days_that_match())


def _number(word: str, index: int) -> int | None:
    low, high = LIMITS[index]
    number = int(word) if word.isdecimal() else NAMES[index].get(word, -1)
    return number if low <= number <= high else None


def _part(text: str, index: int) -> set[int] | None:
    found = _PART.fullmatch(text)
    if found is None:
        return None
    star, first, last, step = found.groups()
    low, high = LIMITS[index]
    if star is None:
        begin, end = _number(first, index), _number(last or first, index)
        if begin is None or end is None or begin > end:
            return None
        low, top = begin, end
    else:
        top = high
    stride = int(step or 1)
    if not 1 <= stride <= high or (step and star is None and last is None):
        return None
    return set(range(low, top + 1, stride))


def field(text: str, index: int) -> frozenset[int] | None:
    """The numbers of one field; weekday 7 is 0."""
    numbers: set[int] = set()
    for part in text.lower().split(","):
        found = _part(part, index)
        if found is None:
            return None
        numbers |= found
    return (
        frozenset(number % 7 for number in numbers)
        if index == len(LIMITS) - 1
        else (frozenset(numbers))
    )


def line(text: str, version: str = "1.6") -> Sets | None:
    """A cron line or a macro, or None where it is not in the safe language."""
    if len(text.encode()) >= 1000:
        return None
    body = text[_LEADING.match(text).end() :]  # type: ignore[union-attr]  # it matches nothing too
    if body.rstrip(" \t\n") in MACROS:
        return _macro(body.rstrip(" \t\n"), version)
    words = re.split(r"[ \t]+", body.rstrip(" \t\n"))
    if len(words) != len(LIMITS):
        return None
    last_day = words[2] == "$" and version.startswith("1.6")
    days = frozenset[int]() if last_day else field(words[2], 2)
    rest = [field(word, index) for index, word in enumerate(words) if index != 2]
    if days is None or None in rest:
        return None
    minutes, hours, months, weekdays = (numbers or frozenset() for numbers in rest)
    both = words[2].startswith("*") or words[4].startswith("*")
    return Sets(minutes, hours, days, months, weekdays, both, last_day)


def _macro(name: str, version: str) -> Sets | None:
    found = line(MACROS[name])
    if found and name in {"@yearly", "@annually"} and version.startswith("1.6"):
        return found._replace(months=frozenset())
    return found


def seconds(text: str, version: str) -> int | None:
    """`N seconds`, from 1.5 on."""
    found = _SECONDS.fullmatch(text)
    return int(found[1]) if found and version != "1.4" else None
