"""pg_cron's own parser, followed character by character: what a server makes of any text.

It stops at the first blank, so it accepts and ignores much; each rule here was checked against
the parsers of 1.4.2 to 1.6.8 (docs/facts.md, section 1.1).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from cpctl.schedule.interval import read_interval
from cpctl.schedule.meaning import (
    DAY,
    FIELDS,
    HOUR,
    MINUTE,
    MONTH,
    WEEKDAY,
    AtStart,
    Field,
    Meaning,
    Times,
)
from cpctl.schedule.scanner import Scanner

LONGEST_LINE = 1000
"""Bytes; a cron line must be shorter."""
_UNSIGNED, _LONG = 2**32, 2**64
_ALL_DAY = frozenset(range(1, 32))
_ALL_WEEK = frozenset(range(7))
_ALL_YEAR = frozenset(range(1, 13))
_ALL_HOURS = frozenset(range(24))
_ZERO = frozenset({0})


PLAIN_LINE = re.compile(r"([*\d]\S*)[ \t]+(\S+)[ \t]+([^\s$]\S*)[ \t]+(\S+)[ \t]+(\S+)")
"""Five words and nothing around them: what nearly every schedule is."""


class Release(NamedTuple):
    """What sets the parsers of pg_cron's versions apart.

    `january`: @yearly has a month. `bit_ranges`: a backward range fills bytes of the bit string.
    """

    seconds: bool = False
    last_day: bool = False
    january: bool = True
    bit_ranges: bool = False
    steps_checked: bool = False


RELEASES = {
    "1.4": Release(),
    "1.5": Release(seconds=True),
    "1.6.4": Release(seconds=True, last_day=True, january=False, bit_ranges=True),
    "1.6": Release(seconds=True, last_day=True, january=False, bit_ranges=True, steps_checked=True),
}
"""`1.6` is 1.6.5 and newer; 1.6.0 to 1.6.4 differ from it in one check."""


def release_for(version: str) -> str:
    """The key of RELEASES for a version as the extension reports it; a newer one counts as 1.6."""
    number = tuple(int(part) for part in re.findall(r"\d+", version)[:2])
    if number and number <= (1, 4):
        return "1.4"
    return "1.5" if number == (1, 5) else "1.6"


class _Rejected(Exception):
    """The parser returned an error."""


def read(text: str, version: str) -> Meaning | None:
    """What a server of this version makes of the text; None: it rejects it (22023)."""
    release = RELEASES[version]
    if len(text.encode(errors="surrogatepass")) < LONGEST_LINE:
        try:
            return _read_line(text, release)
        except _Rejected:
            pass
    return read_interval(text) if release.seconds else None


def _read_line(text: str, release: Release) -> Meaning:
    plain = PLAIN_LINE.fullmatch(text)
    if plain is not None:
        return _plain_fields(plain.groups(), release)
    scanner = Scanner(text)
    scanner.skip_comments()
    if scanner.char == "@":
        return _macro(scanner, release)
    return _five_fields(scanner, release)


def _macro(scanner: Scanner, release: Release) -> Meaning:
    name = re.match(r"@([^ \t\n\0]*)", scanner.text[scanner.at :])
    macros: dict[str, Meaning] = {
        "reboot": AtStart(),
        "restart": AtStart(),
        "monthly": Times(_ZERO, _ZERO, frozenset({1}), _ALL_YEAR, _ALL_WEEK, any_weekday=True),
        "weekly": Times(_ZERO, _ZERO, _ALL_DAY, _ALL_YEAR, _ZERO, any_day=True),
        "daily": Times(_ZERO, _ZERO, _ALL_DAY, _ALL_YEAR, _ALL_WEEK),
        "hourly": Times(_ZERO, _ALL_HOURS, _ALL_DAY, _ALL_YEAR, _ALL_WEEK),
    }
    macros["midnight"] = macros["daily"]
    # From 1.6.0 on the month's bit is set at a place that no month has: it never runs.
    january = frozenset({1} if release.january else ())
    macros["yearly"] = Times(_ZERO, _ZERO, frozenset({1}), january, _ALL_WEEK, any_weekday=True)
    macros["annually"] = macros["yearly"]
    if name is None or name[1] not in macros:
        raise _Rejected
    return macros[name[1]]


def _plain_fields(words: Sequence[str], release: Release) -> Times:
    """What `_five_fields` does, for a line that needs no walk through its characters."""
    found = [_list(word, field, release) for word, field in zip(words, FIELDS, strict=True)]
    minutes, hours, days, months, weekdays = found
    if minutes is None or hours is None or days is None or months is None or weekdays is None:
        raise _Rejected
    any_day, any_weekday = words[2].startswith("*"), words[4].startswith("*")
    return Times(minutes, hours, days, months, _of_week(weekdays), any_day, any_weekday)


@lru_cache(maxsize=256)
def _of_week(days: frozenset[int]) -> frozenset[int]:
    """Both 0 and 7 are Sunday."""
    return frozenset(day % 7 for day in days)


def _five_fields(scanner: Scanner, release: Release) -> Times:
    minutes = _field(scanner, MINUTE, release)
    hours = _field(scanner, HOUR, release)
    any_day = scanner.char == "*"
    last_day = release.last_day and scanner.char == "$"
    if last_day:
        days: frozenset[int] = frozenset()
        scanner.next()
        if scanner.char not in " \t":
            raise _Rejected
        scanner.skip_blanks()
    else:
        days = _field(scanner, DAY, release)
    months = _field(scanner, MONTH, release)
    any_weekday = scanner.char == "*"
    weekdays = _of_week(_field(scanner, WEEKDAY, release))
    return Times(minutes, hours, days, months, weekdays, any_day, any_weekday, last_day)


def _field(scanner: Scanner, field: Field, release: Release) -> frozenset[int]:
    """A list of ranges; whatever else stands before the next blank is skipped."""
    found = _list(scanner.word(), field, release)
    scanner.skip_blanks()
    if found is None:
        raise _Rejected
    return found


@lru_cache(maxsize=4096)
def _list(word: str, field: Field, release: Release) -> frozenset[int] | None:
    """The numbers of a word like `1-5,*/20`; None where the parser returns an error."""
    scanner = Scanner(word)
    found: set[int] = set()
    try:
        while True:
            found |= _range(scanner, field, release)
            if scanner.char != ",":
                return frozenset(found)
            scanner.next()
    except _Rejected:
        return None


def _range(scanner: Scanner, field: Field, release: Release) -> set[int]:
    if scanner.char == "*":
        first, last = field.low, field.high
        scanner.next()
    else:
        first = _number(scanner, field)
        if scanner.char == "/":
            raise _Rejected
        if scanner.char != "-":
            return {_checked(first, field)}
        scanner.next()
        last = _number(scanner, field)
    step = 1
    if scanner.char == "/":
        scanner.next()
        step = _number(scanner, field._replace(names=()))
        if step <= 0 or (release.steps_checked and step > field.high):
            raise _Rejected
    return _filled(_checked(first, field), _checked(last, field), step, field, release)


def _checked(number: int, field: Field) -> int:
    if not field.low <= number <= field.high:
        raise _Rejected
    return number


def _number(scanner: Scanner, field: Field) -> int:
    word = scanner.alphanumeric()
    if not word:
        raise _Rejected
    if word.isdigit():
        return _atoi(word)
    try:
        return field.names.index(word.lower()) + field.low
    except ValueError:
        raise _Rejected from None


def _atoi(digits: str) -> int:
    """C's atoi on a 64-bit machine: strtol, then cut to 32 bits with a sign."""
    value = min(int(digits), _LONG // 2 - 1) % _UNSIGNED
    return value - _UNSIGNED if value >= _UNSIGNED // 2 else value


def _filled(first: int, last: int, step: int, field: Field, release: Release) -> set[int]:
    if first <= last or not release.bit_ranges or step != 1:
        return set(range(first, last + 1, step))
    # bit_nset fills from `first` to the end of its byte, and the last byte up to `last`; in one
    # byte the two masks have no bit in common.
    start, stop = first - field.low, last - field.low
    if start // 8 == stop // 8:
        return set()
    bits = {*range(start, start // 8 * 8 + 8), *range(stop // 8 * 8, stop + 1)}
    return {bit + field.low for bit in bits if bit + field.low <= field.high}
