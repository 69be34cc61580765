"""What a reader is told beside a value that nobody reads at a glance."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from fractions import Fraction


class Clock(NamedTuple):
    """The scheduler's side of time: its version, its zone, and the database's now (ISO 8601)."""

    pg_cron: str
    timezone: str
    as_of: str


class Speech(NamedTuple):
    """`every 5 minutes`, 288 runs a day, `next 13:40, 13:45, 13:50 GMT` (empty: none is known)."""

    words: str
    runs_a_day: Fraction
    upcoming: str
