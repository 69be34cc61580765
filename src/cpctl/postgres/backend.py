"""The server's process behind a connection: one that is lost may still do what it was sent."""

from __future__ import annotations

import time
from typing import NamedTuple

from cpctl.core.kind import Query
from cpctl.errors import CpctlError
from cpctl.postgres.session import Session

PAUSE = 0.05
"""Seconds between two looks at whether it has ended."""


class Backend(NamedTuple):
    """A process id, and when that process began: ids come again."""

    pid: str
    start: str


IDENTIFY = Query(
    "backend",
    "SELECT pid::text, backend_start::text FROM pg_stat_activity WHERE pid = pg_backend_pid()",
)

# Whatever it is at is rolled back, or done: ALTER SYSTEM may have been all of it.
_TERMINATE = """
select pg_terminate_backend(pid) from pg_stat_activity
where pid = $1::int and backend_start::text = $2
"""


def end(session: Session, backend: Backend) -> bool:
    """Tell our own lost process to end; whether it was still there."""
    asked = Query("end", _TERMINATE, backend)
    return bool(session.ask([asked], doing="ending the lost connection's process")["end"])


def ended(session: Session, backend: Backend) -> None:
    """The same, and wait until it is gone. Raises CpctlError where it stays."""
    deadline = time.monotonic() + session.server.statement_timeout
    while end(session, backend):
        if time.monotonic() > deadline:
            raise CpctlError(f"process {backend.pid} of the lost connection does not end")
        time.sleep(PAUSE)
