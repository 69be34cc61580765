"""Whether a schedule says what it does: valid, misread by the server, or invalid.

The grammar here is stricter than the server's. What only the server accepts is *misread*: it would
run, but not as written (docs/schedules.md has the table).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from cpctl.schedule.field import Fault, field_faults, is_clean
from cpctl.schedule.interval import LONGEST_INTERVAL
from cpctl.schedule.meaning import FIELDS, WEEKDAY, Meaning, Times
from cpctl.schedule.server import LONGEST_LINE, PLAIN_LINE, RELEASES, read
from cpctl.schedule.spelling import printable, suggestion

_BEFORE = re.compile(r"(?:[ \t]*(?:#[^\n]*)?\n)*[ \t]*")
_SPLIT = re.compile(r"[^ \t]+")
_SECONDS = re.compile(r"\s*\+?0*([1-9]\d?)\s*seconds?\s*", re.ASCII | re.IGNORECASE)
_ANY_SECONDS = re.compile(r"\s*[+-]?\d+\s*seconds?\s*", re.ASCII | re.IGNORECASE)
_MACRO = re.compile(r"@[a-z]+")


class Valid(NamedTuple):
    """It means what it says."""

    meaning: Meaning


class Misread(NamedTuple):
    """The server accepts it and does something else; `meaning` is what it would do.

    `code` is what a job's `allow:` names. `instead`: a spelling of what was probably meant.
    """

    code: str
    what: str
    meaning: Meaning
    instead: str


class Invalid(NamedTuple):
    """The server rejects it. `offset`: the character that is at fault, from 0."""

    what: str
    offset: int
    instead: str


Verdict = Valid | Misread | Invalid

CODES = frozenset(
    {
        "JUNK_IN_FIELD",
        "NEVER_RUNS",
        "SIX_FIELDS",
        "STEP_TOO_LARGE",
        "TRAILING_TEXT",
        "VALUE",
        "WRAPPED_RANGE",
    }
)
"""Every code that a misread spelling can have."""


@lru_cache(maxsize=65536)
def judge(text: str, version: str) -> Verdict:
    """The verdict for one version of pg_cron: a key of RELEASES."""
    meaning = read(text, version)
    fault = None if _is_plain(text) else next(_faults(text), None)
    if meaning is None:
        return _invalid(text, version, fault)
    if fault is not None:
        return Misread(fault.code, fault.what, meaning, _instead(text, version))
    if isinstance(meaning, Times) and not meaning.ever_runs:
        return Misread("NEVER_RUNS", _why_never(text), meaning, _instead(text, version))
    return Valid(meaning)


def _is_plain(text: str) -> bool:
    """Whether it is five words without a fault, found without looking at all that could be one."""
    words = PLAIN_LINE.fullmatch(text) if len(text) < LONGEST_LINE else None
    return words is not None and all(map(is_clean, words.groups(), FIELDS))


def _instead(text: str, version: str) -> str:
    """What was probably meant, if this version runs it as it reads."""
    spelling = suggestion(text)
    meaning = (
        read(spelling, version) if spelling and next(_faults(spelling), None) is None else None
    )
    runs = not isinstance(meaning, Times) or meaning.ever_runs
    return spelling if meaning is not None and runs else ""


def _why_never(text: str) -> str:
    if text.strip().startswith("@"):
        return "pg_cron 1.6 accepts it and never runs it"
    return "no year has such a day, so it would never run"


_NO_INTERVAL = f"has no interval from 1 to {LONGEST_INTERVAL} seconds"


def _invalid(text: str, version: str, fault: Fault | None) -> Invalid:
    later = next((v for v in RELEASES if v > version and read(text, v) is not None), None)
    if fault is None and later is not None:
        return Invalid(f"needs pg_cron {later[:3]}", 0, _instead(text, version))
    if fault is None:
        what = _NO_INTERVAL if _ANY_SECONDS.fullmatch(text) else "pg_cron cannot read it"
        return Invalid(what, 0, _instead(text, version))
    return Invalid(fault.what, fault.offset, _instead(text, version))


def _faults(text: str) -> Iterator[Fault]:
    """What is wrong by the strict grammar, in the order of the text."""
    if _SECONDS.fullmatch(text):
        return
    if not text.strip():
        yield Fault("FIELDS", "is empty: a schedule has five fields", 0)
        return
    if _ANY_SECONDS.fullmatch(text):
        yield Fault("INTERVAL", _NO_INTERVAL, 0)
        return
    if len(text.encode(errors="surrogatepass")) >= LONGEST_LINE:
        yield Fault("LENGTH", f"has {LONGEST_LINE} bytes or more, which pg_cron does not read", 0)
        return
    start = _BEFORE.match(text)
    begin = start.end() if start else 0
    if text.startswith("@", begin):
        yield from _macro_faults(text, begin)
        return
    words = list(_SPLIT.finditer(text, begin))
    if words and not words[-1][0].strip():
        words.pop()
    for field, word in zip(FIELDS, words, strict=False):
        # White space of other kinds after the last field changes nothing.
        text_of = word[0].rstrip() if field is WEEKDAY else word[0]
        yield from field_faults(text_of, field, word.start())
    yield from _count_faults(text, words)


def _macro_faults(text: str, begin: int) -> Iterator[Fault]:
    found = _MACRO.match(text, begin)
    end = found.end() if found else begin
    rest = text[end:]
    if found is None or read(found[0], "1.4") is None:
        yield Fault("UNKNOWN_MACRO", "pg_cron has no such macro", begin)
    elif rest.strip():
        what = f"pg_cron ignores everything after {found[0]}"
        yield Fault("TRAILING_TEXT", what, end + len(rest) - len(rest.lstrip()))


def _count_faults(text: str, words: list[re.Match[str]]) -> Iterator[Fault]:
    count = len(words)
    if count < len(FIELDS):
        few = {0: "no field", 1: "one field"}.get(count, f"{count} fields")
        yield Fault("FIELDS", f"has {few}; pg_cron reads five", len(text))
    elif count > len(FIELDS):
        extra = words[len(FIELDS) :]
        cron_like = all(_cron_like(part) for word in extra for part in word[0].split(","))
        number = {6: "six", 7: "seven"}.get(count)
        if cron_like and number:
            yield Fault("SIX_FIELDS", f"has {number} fields; pg_cron reads five", extra[0].start())
        else:
            ignored = printable(text[extra[0].start() :].rstrip())
            what = f"pg_cron ignores everything after the fifth field: {ignored}"
            yield Fault("TRAILING_TEXT", what, extra[0].start())


def _cron_like(part: str) -> bool:
    """Whether it could be one more field, and not a comment or a command."""
    return part == "?" or bool(re.fullmatch(r"[\d*/#LW-]+|[A-Za-z]{3}(-[A-Za-z]{3})?", part))


def meaning_of(text: str, version: str) -> Meaning | None:
    """What the server will do with it, whatever it says."""
    verdict = judge(text, version)
    return None if isinstance(verdict, Invalid) else verdict.meaning
