"""Limits of our own, whatever the server or the role presets, and whatever our reload delivers.

They are set inside the transaction, so that no pooled connection carries them on.
"""

from __future__ import annotations

from collections.abc import Mapping

from cpctl.core.kind import Query

HAS_TRANSACTION_TIMEOUT = 170000
SILENCE = 1.5
"""Times the statement limit, a server may say nothing; then the connection counts as lost."""
WAITING = 3.0
"""Times the statement limit, our transaction may be idle: it waits for connection B."""
IDLE = 60.0
"""Seconds, the least of that."""


def milliseconds(seconds: float) -> str:
    """Never 0, which would mean: no limit."""
    return f"{max(1, round(seconds * 1000))}ms"


def guards(version: int, *, statement: float, lock: float) -> dict[str, str]:
    """Seconds that a statement may take, besides those that it waits for a lock."""
    idle = milliseconds(max(IDLE, WAITING * statement))
    found = {
        "search_path": "pg_catalog",
        "statement_timeout": milliseconds(statement + lock),
        "lock_timeout": milliseconds(lock),
        "idle_in_transaction_session_timeout": idle,
        "jit": "off",
    }
    if version >= HAS_TRANSACTION_TIMEOUT:
        found["transaction_timeout"] = "0"
    return found


def configure(settings: Mapping[str, str], *, local: bool = True) -> Query:
    """Set several at once: for this transaction, or for the session."""
    scope = str(local).lower()
    calls = (f"set_config('{name}', '{value}', {scope})" for name, value in settings.items())
    return Query("configure", f"SELECT {', '.join(calls)}")
