"""A schedule in plain words: no two different schedules read the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction

from cpctl.schedule.meaning import AtStart, Interval, Meaning, Times

DAYS = tuple("Sunday Monday Tuesday Wednesday Thursday Friday Saturday".split())
MONTHS = tuple(
    "January February March April May June July August September October November December".split()
)
MOST_TIMES = 4
"""Times of day that are listed one by one; with a single minute, twelve."""
MOST_HOURS = 12
_RUN = 3
_ODD, _EVEN = frozenset(range(1, 32, 2)), frozenset(range(2, 31, 2))
_PERIODS = (("day", Fraction(1)), ("week", Fraction(7)), ("month", Fraction(1461, 48)))
_YEAR = ("year", Fraction(1461, 4))


def in_words(meaning: Meaning) -> str:
    """`every 5 minutes`, `at 02:00 on day 1 and on Mondays`, `never`."""
    match meaning:
        case Interval(seconds=1):
            return "every second"
        case Interval(seconds=seconds):
            return f"every {seconds} seconds"
        case AtStart():
            return "whenever pg_cron starts"
        case Times() if not meaning.ever_runs:
            return "never"
        case Times():
            when = _time(meaning)
            day = _day(meaning)
            if not day and when.startswith("at "):
                day = " every day"
            return f"{when}{day}{_month(meaning)}"


def rate(runs_a_day: Fraction) -> str:
    """`288 runs a day`, `1 run a month`: in the first period that has at least one."""
    period, length = next(
        ((name, days) for name, days in _PERIODS if round(runs_a_day * days, 1) >= 1), _YEAR
    )
    return f"{number(runs_a_day * length)} a {period}"


def number(count: Fraction) -> str:
    """At most one decimal; thousands apart."""
    rounded = round(float(count), 1)
    shown = f"{rounded:,.0f}" if rounded.is_integer() else f"{rounded:,.1f}"
    return shown.replace(",", " ")


def _time(times: Times) -> str:
    minutes, hours = sorted(times.minutes), sorted(times.hours)
    if len(hours) == 24:  # noqa: PLR2004 - a day has 24 hours
        return _every_hour(minutes)
    listed = MOST_HOURS if len(minutes) == 1 else MOST_TIMES
    step = _step(hours, 24)
    if len(minutes) == 1 and step and len(hours) > MOST_TIMES:
        at = f" at minute {minutes[0]}" if minutes[0] else ""
        return f"every {step} hours{at}"
    if len(minutes) == 1 and _contiguous(hours) and len(hours) > _RUN:
        return f"every hour from {_clock(hours[0], minutes[0])} to {_clock(hours[-1], minutes[0])}"
    if len(minutes) * len(hours) <= listed:
        return f"at {_series([_clock(hour, minute) for hour in hours for minute in minutes])}"
    return f"{_minutes(minutes)} {_hours(hours)}"


def _every_hour(minutes: Sequence[int]) -> str:
    if minutes == [0]:
        return "every hour"
    said = _minutes(minutes)
    return said if said.startswith("every") else f"every hour {said}"


def _minutes(minutes: Sequence[int]) -> str:
    step = _step(minutes, 60)
    if step == 1:
        return "every minute"
    if step and len(minutes) > 1:
        return f"every {step} minutes"
    late = _step([minute - minutes[0] for minute in minutes], 60)
    if late and len(minutes) > MOST_TIMES:
        return f"every {late} minutes from minute {minutes[0]}"
    return f"at {_numbered('minute', minutes)}"


def _hours(hours: Sequence[int]) -> str:
    if _contiguous(hours):
        return f"from {_clock(hours[0], 0)} to {_clock(hours[-1], 59)}"
    step = _step(hours, 24)
    if step and len(hours) > MOST_TIMES:
        return f"in every {_ordinal(step)} hour"
    return f"in {_numbered('hour', hours)}"


def _day(times: Times) -> str:
    """Both conditions where a field begins with `*`, else either of them."""
    every_day, every_weekday = len(times.days) == 31, len(times.weekdays) == 7  # noqa: PLR2004
    if every_day and every_weekday:
        return ""
    by_day, by_weekday = _month_days(times), _weekdays(times.weekdays)
    if not (times.any_day or times.any_weekday):
        return f" {by_day} and{by_weekday.replace(',', ' from')}"
    if every_weekday:
        return f" {by_day}"
    if every_day:
        return by_weekday
    return f" {by_day}, but only{by_weekday.replace(',', ' from')}"


def _month_days(times: Times) -> str:
    if times.last_day:
        return "on the last day of the month"
    if times.days in (_ODD, _EVEN):
        return f"on {'odd' if times.days == _ODD else 'even'} days"
    return f"on {_numbered('day', sorted(times.days))}"


def _weekdays(weekdays: Iterable[int]) -> str:
    # A week is read from Monday on.
    order = sorted(weekdays, key=lambda day: (day - 1) % 7)
    places = [(day - 1) % 7 for day in order]
    if len(order) >= _RUN and _contiguous(places):
        return f", {DAYS[order[0]]} to {DAYS[order[-1]]}"
    return f" on {_series([f'{DAYS[day]}s' for day in order])}"


def _month(times: Times) -> str:
    months = sorted(times.months)
    if len(months) == len(MONTHS):
        return ""
    return f" in {_ranges(months, lambda month: MONTHS[month - 1])}"


def _numbered(noun: str, numbers: Sequence[int]) -> str:
    plural = "s" if len(numbers) > 1 else ""
    return f"{noun}{plural} {_ranges(numbers, str)}"


def _ranges(numbers: Sequence[int], name: Callable[[int], str]) -> str:
    """`1 to 5, 9 and 12`."""
    runs: list[list[int]] = []
    for value in numbers:
        if runs and value == runs[-1][-1] + 1:
            runs[-1].append(value)
        else:
            runs.append([value])
    said: list[str] = []
    for run in runs:
        if len(run) >= _RUN:
            said.append(f"{name(run[0])} to {name(run[-1])}")
        else:
            said.extend(name(value) for value in run)
    return _series(said)


def _series(items: Sequence[str]) -> str:
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"


def _step(numbers: Sequence[int], whole: int) -> int:
    """N where the numbers are every n-th of `whole`, from 0 on, evenly also across its end."""
    step = whole // len(numbers)
    return step if list(numbers) == list(range(0, whole, step)) and whole % step == 0 else 0


def _contiguous(numbers: Sequence[int]) -> bool:
    return numbers[-1] - numbers[0] == len(numbers) - 1


def _clock(hour: int, minute: int) -> str:
    return f"{hour:02}:{minute:02}"


def _ordinal(count: int) -> str:
    return f"{count}{ {2: 'nd', 3: 'rd'}.get(count, 'th') }"
