"""Connection A: the lock, the re-read under it, everything transactional, and the commit."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

import psycopg

from cpctl.core.capabilities import Capabilities
from cpctl.core.kind import Query, Rows
from cpctl.core.sql import identifier
from cpctl.core.statement import Hole, Parameter, Statement
from cpctl.errors import CpctlError, LockHeld
from cpctl.postgres.session import Session
from cpctl.postgres.wire import ConnectionLost, Message
from cpctl.postgres.words import StatementFailed

LOCK = int.from_bytes(b"cpctl")
"""One key for all of cpctl, in the cron database: ALTER SYSTEM is cluster-wide."""

HAS_TRANSACTION_TIMEOUT = 170000

PATIENCE = 1.0
"""Seconds of silent waiting before the holder of the lock is named."""

Fill = Callable[[Hole], str]

_HOLDER = """
select coalesce(usename, '?'), coalesce(client_addr::text, 'a local socket'), pid,
       coalesce(nullif(application_name, ''), '?'),
       extract(epoch from clock_timestamp() - coalesce(xact_start, clock_timestamp()))::int
from pg_locks join pg_stat_activity using (pid)
where locktype = 'advisory' and granted and classid = $1 and objid = $2 and objsubid = 1
"""


class Identity(NamedTuple):
    """How the server knows connection A, so that a lost commit can be settled."""

    pid: str
    backend_start: str
    xid: str


def lock(
    session: Session,
    capabilities: Capabilities,
    queries: Sequence[Query],
    *,
    timeout: float,
    announce: Callable[[str], None],
) -> tuple[Identity, Rows]:
    """BEGIN, take the lock, and read everything again in the same round trip.

    READ COMMITTED: under REPEATABLE READ the snapshot would be older than the lock.
    Raises LockHeld after `timeout` seconds; `announce` is told who holds it after one second.
    """
    first = min(PATIENCE, timeout)
    started = time.monotonic()
    try:
        return _locked(session, capabilities, queries, first)
    except LockHeld:
        session.ask([Query("end", "ROLLBACK")], doing="waiting for the lock")
    left = timeout - first
    if left > 0:
        announce(f"Waiting for the lock, {_holder(session)}; giving up in {left:.0f} s.")
        try:
            return _locked(session, capabilities, queries, left)
        except LockHeld:
            session.ask([Query("end", "ROLLBACK")], doing="waiting for the lock")
    waited = time.monotonic() - started
    raise LockHeld(
        f"another apply is running: the lock is {_holder(session)}. Nothing was written.",
        details=(f"waited {waited:.0f} s",),
        remedy="run the same command again when it is done, or with a longer --lock-timeout",
    )


def _locked(
    session: Session, capabilities: Capabilities, queries: Sequence[Query], timeout: float
) -> tuple[Identity, Rows]:
    wait = f"{max(1, round(timeout * 1000))}ms"
    guards = {
        "search_path": "pg_catalog",
        "statement_timeout": "0",
        "lock_timeout": wait,
        "idle_in_transaction_session_timeout": "60s",
    }
    if capabilities.server_version_num >= HAS_TRANSACTION_TIMEOUT:
        guards["transaction_timeout"] = "0"
    opening = [
        Query("begin", "BEGIN ISOLATION LEVEL READ COMMITTED"),
        _configure(guards),
        Query("lock", "SELECT pg_advisory_xact_lock($1)", (LOCK,)),
        _configure({"statement_timeout": "60s", "lock_timeout": "10s"}),
        Query(
            "identity",
            "SELECT pid::text, backend_start::text, pg_current_xact_id()::text "
            "FROM pg_stat_activity WHERE pid = pg_backend_pid()",
        ),
    ]
    rows = session.ask([*opening, *queries], doing="taking the lock")
    return Identity(*rows["identity"][0]), rows


def _configure(settings: dict[str, str]) -> Query:
    """SET LOCAL of several settings at once."""
    calls = ", ".join(f"set_config('{name}', '{value}', true)" for name, value in settings.items())
    return Query("configure", f"SELECT {calls}")


def _holder(session: Session) -> str:
    """Who holds the lock, as far as this role may see."""
    halves = (LOCK >> 32, LOCK & 0xFFFFFFFF)
    try:
        found = session.ask([Query("holder", _HOLDER, halves)], doing="looking for the lock")
    except CpctlError:
        return "held by another session"
    if not found["holder"]:
        return "held by another session"
    role, address, pid, application, seconds = found["holder"][0]
    return f"held by {role} from {address} (pid {pid}, {application}) for {seconds} s"


def write(
    session: Session, statements: Sequence[Statement], fill: Fill, capabilities: Capabilities
) -> None:
    """Run the transactional statements in one round trip.

    Raises CpctlError naming the first that failed; ConnectionLost.
    """
    messages: list[Message] = []
    owners: list[Statement] = []
    for statement in statements:
        for message in _messages(statement, fill, capabilities):
            messages.append(message)
            owners.append(statement)
    for statement, answer in zip(owners, session.send(messages), strict=True):
        if answer.sqlstate:
            raise StatementFailed(statement, answer)


_LOG_NOTHING = Message("SET LOCAL log_parameter_max_length = 0")
_LOG_AGAIN = Message("RESET log_parameter_max_length")


def _messages(statement: Statement, fill: Fill, capabilities: Capabilities) -> list[Message]:
    values = tuple(as_text(param, fill) for param in statement.params)
    if statement.placeholder and statement.params:
        # ALTER DATABASE takes no bind either, but it does take what the session has.
        known = Message("SELECT set_config($1, $2, true)", (statement.placeholder, *values))
        if capabilities.superuser and any(isinstance(param, Hole) for param in statement.params):
            # log_statement = all would log the bound value; only a superuser may prevent that.
            return [_LOG_NOTHING, known, _LOG_AGAIN, Message(statement.sql)]
        return [known, Message(statement.sql)]
    call = Message(statement.sql, values)
    if statement.role is None:
        return [call]
    return [Message(f"SET LOCAL ROLE {identifier(statement.role)}"), call, Message("RESET ROLE")]


def as_text(param: Parameter, fill: Fill) -> str | None:
    """A parameter in PostgreSQL's text form."""
    match param:
        case Hole():
            return fill(param)
        case bool():
            return "true" if param else "false"
        case None:
            return None
        case _:
            return str(param)


def commit(session: Session) -> None:
    """Raises ConnectionLost where the acknowledgement did not arrive; CpctlError."""
    (answer,) = session.send([Message("COMMIT")])
    if answer.sqlstate:
        raise CpctlError(
            f"the commit failed; the apply was undone: {answer.error} ({answer.sqlstate})",
            remedy="run the same command again",
        )


def rollback(session: Session) -> None:
    """Give everything up; closing the connection does the same where it cannot be said."""
    try:
        session.send([Message("ROLLBACK")])
    except (ConnectionLost, psycopg.Error):
        session.connection.close()
