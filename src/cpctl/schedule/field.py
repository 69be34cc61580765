"""One field by the strict grammar: lists of `*`, numbers, names and ascending ranges with steps."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from cpctl.schedule.meaning import Field
from cpctl.schedule.spelling import forwards, printable

_PART = re.compile(r"(?:\*|(\w+)(?:-(\w+))?)(?:/(\d+))?", re.ASCII)
_DIGITS = re.compile(r"0*(\d{1,2})", re.ASCII)


class Fault(NamedTuple):
    """What the strict grammar objects to."""

    code: str
    what: str
    offset: int


@lru_cache(maxsize=4096)
def is_clean(word: str, field: Field) -> bool:
    return next(field_faults(word, field, 0), None) is None


def field_faults(word: str, field: Field, offset: int) -> Iterator[Fault]:
    if field.name == "day" and word == "$":
        return
    for part in word.split(","):
        fault = _part_fault(part, field)
        if fault is not None:
            yield Fault(fault[0], fault[1], offset)
        offset += len(part) + 1


@lru_cache(maxsize=4096)
def _part_fault(part: str, field: Field) -> tuple[str, str] | None:
    found = _PART.fullmatch(part)
    if found is None:
        return "JUNK_IN_FIELD", _junk(part, field)
    first, last, step = found.groups()
    if step is not None and (int(step) == 0 or int(step) > field.high):
        return (
            "STEP_TOO_LARGE",
            f'"{printable(part)}" steps beyond the {field.name}s, 1 to {field.high}',
        )
    if first is None:
        return None
    if step is not None and last is None:
        known = _value(first, field) is not None
        instead = f"; perhaps {first}-{field.high}/{step}" if known else ""
        return "STEP", f'"{printable(part)}" has a step but no range{instead}'
    return _value_fault(part, first, last, field)


def _value_fault(part: str, first: str, last: str | None, field: Field) -> tuple[str, str] | None:
    """A single number or name, or a range that must not run backwards."""
    words = [word for word in (first, last) if word is not None]
    numbers = [_value(word, field) for word in words]
    for word, number in zip(words, numbers, strict=True):
        if number is None:
            return "VALUE", f'"{printable(word)}" is no {field.name} ({_allowed(field)})'
    if last is not None and (numbers[0] or 0) > (numbers[1] or 0):
        return "WRAPPED_RANGE", f'"{part}" runs backwards; write {forwards(first, last, field)}'
    return None


def _junk(part: str, field: Field) -> str:
    if not part:
        return "an empty place between commas"
    return f'"{printable(part)}" is no {field.name} ({_allowed(field)})'


def _allowed(field: Field) -> str:
    names = f", {field.names[0]} to {field.names[-1]}" if field.names else ""
    return f"{field.low} to {field.high}{names}"


def _value(word: str, field: Field) -> int | None:
    digits = _DIGITS.fullmatch(word)
    if digits:
        number = int(digits[1])
        return number if field.low <= number <= field.high else None
    folded = word.lower()
    return field.names.index(folded) + field.low if folded in field.names else None
