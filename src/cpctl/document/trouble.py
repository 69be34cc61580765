"""Faults while files are still being read: an offset, because lines are counted only to show."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from cpctl.core.text import Source, Text, Wrong
from cpctl.errors import Fault, InputError


class Trouble(NamedTuple):
    """One fault at a character of one source."""

    source: Source
    offset: int
    what: str
    remedy: str = ""

    def fault(self) -> Fault:
        return Fault(self.what, str(self.source.place(self.offset)), self.remedy)


def trouble_at(where: Text, what: str, remedy: str = "") -> Trouble:
    return Trouble(where.source, where.start, what, remedy)


def trouble_of(where: Text, wrong: Wrong) -> Trouble:
    return trouble_at(where, wrong.what, wrong.remedy)


def raise_any(troubles: Iterable[Trouble], sources: Sequence[Source]) -> None:
    """Stop if anything is wrong: all of it at once, by file and place, each thing once.

    Raises InputError.
    """
    rank = {source.name: index for index, source in reversed([*enumerate(sources)])}
    ordered = sorted(troubles, key=lambda it: (rank.get(it.source.name, len(rank)), it.offset))
    faults = dict.fromkeys(trouble.fault() for trouble in ordered)
    if faults:
        raise InputError(tuple(faults))
