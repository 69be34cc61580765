"""The order of an apply: what others need comes first, and goes last."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from operator import attrgetter, itemgetter

from cpctl.core.statement import Statement

Batch = tuple[int, tuple[Statement, ...]]
"""Statements of one kind that have one turn."""


def order(batches: Iterable[Batch]) -> tuple[Statement, ...]:
    """Settings are live before any job is, and none goes before its jobs.

    ALTER SYSTEM SET first, then the transaction by turns, then ALTER SYSTEM RESET; else unchanged.
    """
    by_turn = sorted(batches, key=itemgetter(0))
    ranked = (sorted(batch, key=attrgetter("rank")) for _, batch in by_turn)
    return tuple(sorted(chain.from_iterable(ranked), key=_phase))


def _phase(statement: Statement) -> int:
    if statement.channel == "transaction":
        return 1
    return 2 if statement.late else 0
