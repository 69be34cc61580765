"""The right spelling for what people bring from other schedulers."""

from __future__ import annotations

import re

from cpctl.schedule.interval import LONGEST_INTERVAL
from cpctl.schedule.meaning import WEEKDAY, Field

QUARTZ = (6, 7)
"""Fields of a Quartz line: the second before our five, perhaps the year after them."""

_PHRASE = re.compile(
    r"(?:every\s+|@every[_ ]?)?(\d*)\s*(s|secs?|seconds?|m|mins?|minutes?|h|hours?|d|days?)\b",
    re.IGNORECASE,
)
LONGEST_SHOWN = 60
_WORDS = {
    "daily": "@daily",
    "hourly": "@hourly",
    "weekly": "@weekly",
    "monthly": "@monthly",
    "yearly": "0 0 1 1 *",
    "annually": "0 0 1 1 *",
    "midnight": "@midnight",
    "minutely": "* * * * *",
    "every_minute": "* * * * *",
    "reboot": "@reboot",
    "restart": "@restart",
}


def suggestion(text: str) -> str:
    """A schedule that was probably meant; empty where nothing comes to mind."""
    bare = text.strip()
    word = bare.lstrip("@").strip().lower()
    if word in _WORDS:
        return _WORDS[word]
    phrase = _PHRASE.fullmatch(bare)
    if phrase:
        return _every(int(phrase[1] or 1), phrase[2][0].lower())
    fields = bare.split()
    return _quartz(fields) if len(fields) in QUARTZ else ""


def _every(count: int, unit: str) -> str:
    if unit == "s":
        whole = _every(count // 60, "m") if count % 60 == 0 else ""
        return f"{count} seconds" if 1 <= count <= LONGEST_INTERVAL else whole
    if count == 0:
        return ""
    if unit == "m":
        return "* * * * *" if count == 1 else f"*/{count} * * * *" if 60 % count == 0 else ""
    if unit == "h":
        return "0 * * * *" if count == 1 else f"0 */{count} * * *" if 24 % count == 0 else ""
    return "0 0 * * *" if count == 1 else ""


def _quartz(fields: list[str]) -> str:
    """Six fields begin with the second, and `?` means any."""
    line = ["*" if field == "?" else field for field in fields[1:6]]
    known = all(re.fullmatch(r"[\d*/,\-A-Za-z]+", field) for field in line)
    return " ".join(line) if fields[0].isdigit() and known else ""


def forwards(first: str, last: str, field: Field) -> str:
    """A backward range as the one or two forward ones that it was meant to be."""
    if not (first.isdigit() and last.isdigit()):
        return f"{first}-{field.names[-1]},{field.names[0]}-{last}"
    begin, end = int(first), int(last)
    if field is WEEKDAY and begin == field.high:
        return f"0-{end}" if end else "0"
    high = 6 if field is WEEKDAY else field.high
    return f"{begin}-{high},{field.low}-{end}"


def printable(text: str) -> str:
    """The text for a message: no control characters, and not the whole of a long one."""
    shown = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    return shown if len(shown) <= LONGEST_SHOWN else f"{shown[:LONGEST_SHOWN]}…"
