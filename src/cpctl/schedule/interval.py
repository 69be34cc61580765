"""`N seconds` as pg_cron 1.5 and newer read it: C's sscanf, with all that it lets through."""

from __future__ import annotations

import re
from functools import lru_cache

from cpctl.schedule.meaning import Interval

LONGEST_INTERVAL = 59
LONGEST_LONG = 20
_UNSIGNED, _LONG = 2**32, 2**64
_INTERVAL = re.compile(r"[ \t\n\v\f\r]*([+-]?[0-9]+)[ \t\n\v\f\r]*secon(.)(.?)(.*)", re.DOTALL)


@lru_cache(maxsize=256)
def read_interval(text: str) -> Interval | None:
    """Sscanf of ` %u secon%c%c %c`, in lower case: 1 to 59 once %u has wrapped around."""
    lowered = "".join(char.lower() if char.isascii() else char for char in text)
    found = _INTERVAL.match(lowered)
    if found is None:
        return None
    digits, letter, plural, rest = found.groups()
    if letter != "d" or plural not in ("", "s") or rest.strip(" \t\n\v\f\r"):
        return None
    seconds = _unsigned(digits)
    return Interval(seconds) if 1 <= seconds <= LONGEST_INTERVAL else None


def _unsigned(digits: str) -> int:
    bare = digits.lstrip("+-").lstrip("0")
    value = int(bare or "0") if len(bare) <= LONGEST_LONG else _LONG
    value = -value if digits.startswith("-") else value
    if abs(value) >= _LONG:
        value = _LONG - 1
    return value % _LONG % _UNSIGNED
