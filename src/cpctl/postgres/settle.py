"""A lost acknowledgement of COMMIT: ask the server what became of the transaction."""

from __future__ import annotations

import time
from typing import Literal

from cpctl.core.kind import Query
from cpctl.errors import CpctlError
from cpctl.postgres.backend import Backend, end
from cpctl.postgres.session import Server, Session
from cpctl.postgres.transaction import Identity

PAUSE = 0.2
"""Seconds between two attempts to reach the server again."""

PARTS = 4
"""A server that takes the connection and then says nothing must not use up all of the time."""

Fate = Literal["committed", "aborted", "unknown"]


def settle(server: Server, system_identifier: str, identity: Identity) -> Fate:
    """What became of transaction `identity.xid`; asked for as long as one statement may take."""
    deadline = time.monotonic() + server.statement_timeout
    server = server._replace(statement_timeout=server.statement_timeout / PARTS)
    while time.monotonic() < deadline:
        try:
            with Session(server, "cpctl settle") as session:
                status = _ask(session, system_identifier, identity)
        except CpctlError:
            status = ""
        if status == "committed":
            return "committed"
        if status == "aborted":
            return "aborted"
        time.sleep(PAUSE)
    return "unknown"


def _ask(session: Session, system_identifier: str, identity: Identity) -> str:
    asked = (
        Query("server", "select system_identifier::text from pg_control_system()"),
        Query("status", "select pg_xact_status($1::text::xid8)", (identity.xid,)),
    )
    rows = session.ask(asked, doing="settling the commit")
    if rows["server"][0][0] != system_identifier:
        return ""
    status = str(rows["status"][0][0])
    if status == "in progress":
        # After a silent partition the server keeps the transaction and its lock.
        end(session, Backend(identity.pid, identity.backend_start))
    return status
