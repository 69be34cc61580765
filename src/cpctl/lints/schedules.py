"""A schedule that would not run as it reads is stopped before it reaches a server."""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache

from cpctl.core.text import Wrong
from cpctl.schedule.server import RELEASES, release_for
from cpctl.schedule.spelling import printable
from cpctl.schedule.verdict import CODES, Invalid, Misread, Valid, judge

_EXAMPLE = 'five fields, like "*/5 * * * *"'


@lru_cache(maxsize=65536)
def schedule_wrong(text: str, allow: tuple[str, ...], pg_cron: str) -> Wrong | None:
    """What is wrong with a schedule for this version of pg_cron, or None.

    `allow`: codes of misread spellings that are meant. `pg_cron`: empty where the version is not
    known yet; then only what every version would get wrong counts.
    """
    versions = [release_for(pg_cron)] if pg_cron else list(reversed(RELEASES))
    first = _wrong(text, allow, versions[0])
    if first is None or any(_wrong(text, allow, version) is None for version in versions[1:]):
        return None
    return first


def _wrong(text: str, allow: Collection[str], version: str) -> Wrong | None:
    match judge(text, version):
        case Valid():
            return None
        case Misread() as misread:
            return None if misread.code in allow else _misread(text, misread, version)
        case Invalid() as invalid:
            instead = _instead(invalid.instead, version)
            return Wrong(_quoted(text, invalid.what), instead or f"write {_EXAMPLE}", "schedule")


def _misread(text: str, found: Misread, version: str) -> Wrong:
    from cpctl.schedule.words import in_words

    joint = " and would run" if found.what.startswith("has") else "; pg_cron would run it"
    runs = "" if found.code == "NEVER_RUNS" else f"{joint} {in_words(found.meaning)}"
    meant = f"if that is meant: allow: [{found.code}]"
    instead = _instead(found.instead, version)
    return Wrong(f"{_quoted(text, found.what)}{runs}", instead or meant, "schedule")


def _quoted(text: str, what: str) -> str:
    joint = " " if what.startswith(("has", "needs", "is")) else ": "
    return f'"{printable(text)}"{joint}{what}'


def _instead(spelling: str, version: str) -> str:
    verdict = judge(spelling, version) if spelling else None
    if not isinstance(verdict, Valid):
        return ""
    from cpctl.schedule.words import in_words

    words = in_words(verdict.meaning).removeprefix("at ")
    words = words.replace("12:00 every", "noon every").replace("00:00 every", "midnight every")
    return f'for {words}, "{spelling}"'


def codes_wrong(codes: Collection[str]) -> Wrong | None:
    """A code in `allow:` that stands for nothing."""
    unknown = sorted(set(codes) - CODES)
    if not unknown:
        return None
    return Wrong(f'"{unknown[0]}" is no code', f"one of {', '.join(sorted(CODES))}", "allow")
