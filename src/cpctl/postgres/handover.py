"""How a secret gets to the server: as data of a COPY, which PostgreSQL writes to no log.

Of a bound parameter `log_statement` and `log_min_duration_statement` write the value (DETAIL:
parameters), and only a superuser may prevent it. COPY's data are in no log, no pg_stat_activity and
no pg_stat_statements, whoever sends them. But what breaks off a COPY of text, even a cancel, is
logged with the line that it was at (CONTEXT); so it is binary. The table lives in the session's
memory, and goes with the transaction.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence

from cpctl.core.statement import Hole, Statement
from cpctl.postgres.session import Session
from cpctl.postgres.words import StatementFailed

Fill = Callable[[Hole], str]
Handed = Mapping[Hole, str]
"""What stands in a statement for each secret: SQL that reads it where it was put."""

_COPY = """
DROP TABLE IF EXISTS pg_temp.cpctl_secrets;
CREATE TEMP TABLE cpctl_secrets (n int, value text) ON COMMIT DROP;
COPY pg_temp.cpctl_secrets FROM STDIN (FORMAT binary)
"""
_READ = "(SELECT value FROM pg_temp.cpctl_secrets WHERE n = {n})"
_BEGIN = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_END = struct.pack("!h", -1)
_ROW = struct.Struct("!hiii")
"""Two fields; four bytes, an int; so many bytes of text follow."""

_WHY = {"42501": "the role may not make the temporary table that secrets are handed over in"}


def hand_over(session: Session, statements: Sequence[Statement], fill: Fill) -> Handed:
    """Give the server every secret of the statements. Raises StatementFailed, ConnectionLost."""
    params = (param for statement in statements for param in statement.params)
    holes = dict.fromkeys(param for param in params if isinstance(param, Hole))
    if not holes:
        return {}
    rows = (_row(n, fill(hole).encode()) for n, hole in enumerate(holes))
    answer = session.copy(_COPY, b"".join((_BEGIN, *rows, _END)))
    if answer.sqlstate:
        first = next(statement for statement in statements if statement.holes)
        raise StatementFailed(first, answer, session.lock_wait, _WHY.get(answer.sqlstate, ""))
    return {hole: _READ.format(n=n) for n, hole in enumerate(holes)}


def _row(n: int, value: bytes) -> bytes:
    return _ROW.pack(2, 4, n, len(value)) + value
