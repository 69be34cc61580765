"""The order of an apply: settings are live before any job is, and none goes before its jobs."""

from __future__ import annotations

from collections.abc import Iterable

from cpctl.core.statement import Statement


def order(statements: Iterable[Statement]) -> tuple[Statement, ...]:
    """ALTER SYSTEM SET first, then the transaction, then ALTER SYSTEM RESET; else unchanged."""
    return tuple(sorted(statements, key=_phase))


def _phase(statement: Statement) -> int:
    if statement.channel == "transaction":
        return 1
    return 2 if statement.late else 0
