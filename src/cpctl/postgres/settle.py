"""A lost acknowledgement of COMMIT: ask the server what became of the transaction."""

from __future__ import annotations

import time
from typing import Literal

from cpctl.core.kind import Query
from cpctl.errors import CpctlError
from cpctl.postgres.backend import Backend, end
from cpctl.postgres.connect import Server
from cpctl.postgres.session import QueryFailed, Session
from cpctl.postgres.transaction import Identity

PAUSE = 0.2
"""Seconds between two attempts to reach the server again."""

PARTS = 4
"""A server that takes the connection and then says nothing must not use up all of the time."""

Fate = Literal["committed", "aborted", "ambiguous", "unknown"]

FUTURE = "22023"
"""What pg_xact_status says of a number that is yet to be given out, after a crash perhaps again."""


def settle(server: Server, system_identifier: str, identity: Identity) -> Fate:
    """What became of transaction `identity.xid`; asked for as long as one statement may take.

    ambiguous: the server has been started again since, and may have given the number to another
    transaction, which was committed.
    """
    deadline = time.monotonic() + server.statement_timeout
    server = server._replace(statement_timeout=server.statement_timeout / PARTS)
    while time.monotonic() < deadline:
        try:
            with Session(server, "cpctl settle") as session:
                fate = _ask(session, system_identifier, identity)
        except CpctlError:
            fate = None
        if fate is not None:
            return fate
        time.sleep(PAUSE)
    return "unknown"


def _ask(session: Session, system_identifier: str, identity: Identity) -> Fate | None:
    asked = (
        Query("server", "select system_identifier::text from pg_control_system()"),
        Query(
            "restarted",
            "select pg_postmaster_start_time() > $1::text::timestamptz",
            (identity.backend_start,),
        ),
        Query("status", "select pg_xact_status($1::text::xid8)", (identity.xid,)),
    )
    try:
        rows = session.fetch(asked)
    except QueryFailed as failed:
        return "aborted" if failed.answer.sqlstate == FUTURE else None
    if rows["server"][0][0] != system_identifier:
        return None
    restarted, status = rows["restarted"][0][0], rows["status"][0][0]
    if status == "committed":
        return "ambiguous" if restarted else "committed"
    if status == "in progress" and not restarted:
        # After a silent partition the server keeps the transaction and its lock.
        end(session, Backend(identity.pid, identity.backend_start))
        return None
    return "aborted" if status is not None else None
