"""Two years of a time zone, minute by minute: the oracle of what fires when.

A minute is a bit of a long integer. For each value of a field one integer says in which minutes of
UTC the zone's clock shows that value, so a schedule is a few ands and ors over every minute.
"""

from __future__ import annotations

import calendar
import re
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, tzinfo
from functools import reduce
from operator import or_
from zoneinfo import ZoneInfo

from tests.unit.schedule.oracle import Sets

BEGIN, END = datetime(2027, 1, 1, tzinfo=UTC), datetime(2029, 1, 1, tzinfo=UTC)
MINUTE, BLOCK = timedelta(minutes=1), 30
TOTAL = (END - BEGIN) // MINUTE
KINDS = ("minute", "hour", "day", "month", "weekday", "last")


class Zone:
    """Which minutes show what, on the clock of one zone."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.zone: tzinfo = ZoneInfo(name)
        self.changes: list[int] = []
        shown: dict[tuple[str, int], bytearray] = defaultdict(lambda: bytearray(b"0" * TOTAL))
        offset = BEGIN.astimezone(self.zone).utcoffset()
        for begin in range(0, TOTAL, BLOCK):
            local = (BEGIN + begin * MINUTE).astimezone(self.zone)
            end = (BEGIN + (begin + BLOCK - 1) * MINUTE).astimezone(self.zone)
            # Within half an hour no zone of ours changes its offset, so its readings just count up.
            assert end.replace(tzinfo=None) - local.replace(tzinfo=None) == MINUTE * (BLOCK - 1)
            if local.utcoffset() != offset:
                self.changes.append(begin)
                offset = local.utcoffset()
            last = local.day == calendar.monthrange(local.year, local.month)[1]
            weekday = local.isoweekday() % 7
            values = (local.hour, local.day, local.month, weekday, int(last))
            for key in zip(KINDS[1:], values, strict=True):
                shown[key][begin : begin + BLOCK] = b"1" * BLOCK
            for step in range(BLOCK):
                shown["minute", local.minute + step][begin + step] = ord("1")
        self._shown = {key: int(bits[::-1], 2) for key, bits in shown.items()}

    def fires(self, sets: Sets) -> int:
        """The minutes in which it fires, as bits."""
        by_weekday = self._any("weekday", sets.weekdays)
        by_day = self._shown["last", 1] if sets.last_day else self._any("day", sets.days)
        days = by_day & by_weekday if sets.both else by_day | by_weekday
        clock = self._any("minute", sets.minutes) & self._any("hour", sets.hours)
        return clock & days & self._any("month", sets.months)

    def _any(self, kind: str, values: Iterable[int]) -> int:
        return reduce(or_, (self._shown[kind, value] for value in values), 0)


def after(bits: int, place: int, count: int) -> list[int]:
    """The first few minutes that fire later than this one."""
    found: list[int] = []
    rest = bits >> (place + 1)
    while rest and len(found) < count:
        skip = (rest & -rest).bit_length()
        place += skip
        rest >>= skip
        found.append(place)
    return found


def before(bits: int, place: int) -> int | None:
    """The last minute that fires earlier than this one."""
    rest = bits & ((1 << place) - 1)
    return rest.bit_length() - 1 if rest else None


def every(bits: int) -> list[int]:
    return [found.start() for found in re.finditer("1", f"{bits:b}"[::-1])]


def moment(place: int) -> datetime:
    return BEGIN + place * MINUTE
