"""Connection A: the lock, the re-read under it, everything transactional, and the commit."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import NamedTuple

from cpctl.core.capabilities import Capabilities
from cpctl.core.kind import Query, Rows
from cpctl.core.sql import identifier, without_params
from cpctl.core.statement import Hole, Parameter, Statement
from cpctl.errors import CpctlError, LockHeld
from cpctl.postgres.guards import configure, guards, milliseconds
from cpctl.postgres.handover import Fill, Handed, hand_over
from cpctl.postgres.session import Message, QueryFailed, Session
from cpctl.postgres.wire import Answer, ConnectionLost, first_text
from cpctl.postgres.words import LOCKED, StatementFailed, query_error

LOCK = int.from_bytes(b"cpctl")
"""One key for all of cpctl, in the cron database: ALTER SYSTEM is cluster-wide."""

PATIENCE = 1.0
"""Seconds of silent waiting before the holder of the lock is named."""

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
    session.lock_wait = timeout
    first = min(PATIENCE, timeout)
    started = time.monotonic()
    with suppress(_Busy):
        return _locked(session, capabilities, queries, first)
    left = timeout - first
    if left > 0:
        announce(f"Waiting for the lock, {_holder(session)}; giving up in {left:.0f} s.")
        with suppress(_Busy):
            return _locked(session, capabilities, queries, left)
    waited = time.monotonic() - started
    raise LockHeld(
        f"another apply is running: the lock is {_holder(session)}. Nothing was written.",
        details=(f"waited {waited:.0f} s",),
        remedy="run the same command again when it is done, or with a longer --lock-timeout",
    )


class _Busy(Exception):
    """The lock was not to be had in time."""


def _locked(
    session: Session, capabilities: Capabilities, queries: Sequence[Query], timeout: float
) -> tuple[Identity, Rows]:
    """After the lock, other locks are waited for as long as for it; and that takes no time of ours.

    Raises _Busy, CpctlError.
    """
    limits = guards(
        capabilities.server_version_num,
        statement=session.server.statement_timeout,
        lock=session.lock_wait,
    )
    waiting = {**limits, "statement_timeout": "0", "lock_timeout": milliseconds(timeout)}
    opening = [
        Query("begin", "BEGIN ISOLATION LEVEL READ COMMITTED"),
        configure(waiting),
        Query("lock", "SELECT pg_advisory_xact_lock($1)", (LOCK,)),
        configure(limits),
        Query(
            "identity",
            "SELECT pid::text, backend_start::text, pg_current_xact_id()::text "
            "FROM pg_stat_activity WHERE pid = pg_backend_pid()",
        ),
    ]
    try:
        rows = session.fetch([*opening, *queries], waits=timeout)
    except QueryFailed as failed:
        session.ask([Query("end", "ROLLBACK")], doing="waiting for the lock")
        if failed.name == "lock" and failed.answer.sqlstate == LOCKED:
            raise _Busy from None
        raise query_error(failed.answer, "taking the lock") from None
    return Identity(*rows["identity"][0]), rows


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


def write(session: Session, statements: Sequence[Statement], fill: Fill) -> None:
    """Run the transactional statements in one round trip, and in two more where there are secrets.

    Raises CpctlError naming the first that failed; ConnectionLost.
    """
    handed = hand_over(session, statements, fill)
    messages: list[Message] = []
    owners: list[Statement] = []
    made: set[str] = set()
    for statement in statements:
        sent = _messages(statement, fill, handed)
        if statement.setup:
            sent = [*(Message(sql) for sql in statement.setup if sql not in made), *sent]
            made.update(statement.setup)
        messages += sent
        owners += [statement] * len(sent)
    for statement, answer in zip(owners, session.send(messages), strict=True):
        if answer.sqlstate:
            raise StatementFailed(statement, answer, session.lock_wait)


def _messages(statement: Statement, fill: Fill, handed: Handed) -> list[Message]:
    if statement.placeholder and statement.params:
        # ALTER DATABASE takes no bind either, but it does take what the session has.
        known = "SELECT set_config($1, $2, true)"
        params = (statement.placeholder, *statement.params)
        return [_call(known, params, fill, handed), Message(statement.sql)]
    call = _call(statement.sql, statement.params, fill, handed)
    if statement.role is None:
        return [call]
    return [Message(f"SET LOCAL ROLE {identifier(statement.role)}"), call, Message("RESET ROLE")]


def _call(sql: str, params: Sequence[Parameter], fill: Fill, handed: Handed) -> Message:
    """The statement with its parameters, but for secrets: the server has them already."""
    holes = handed and any(isinstance(param, Hole) for param in params)
    if not holes:
        return Message(sql, tuple(as_text(param, fill) for param in params))
    there = {n: handed[param] for n, param in enumerate(params, 1) if isinstance(param, Hole)}
    left, numbers = without_params(sql, there)
    return Message(left, tuple(as_text(params[n - 1], fill) for n in numbers))


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


def commit(session: Session, last: Sequence[Message], what: str = "apply") -> list[Answer]:
    """COMMIT, in one round trip with what is to be written last; the answers to that.

    `what`: is undone where it fails.

    Raises ConnectionLost where the acknowledgement did not arrive; CpctlError. A server may answer
    ROLLBACK to a COMMIT, without an error: nothing was committed then.
    """
    *before, answer = session.send([*last, Message("COMMIT")], load=first_text)
    failed = next((found for found in before if found.sqlstate), None)
    if failed is None and answer.tag == "COMMIT":
        return before
    if failed is not None:
        raise CpctlError(
            f"the ledger could not be written; the {what} was undone",
            details=(f"PostgreSQL: {failed.error} ({failed.sqlstate})",),
            remedy="mend that, or do without it: ledger: false",
        )
    said = f"{answer.error} ({answer.sqlstate})" if answer.sqlstate else "the server rolled it back"
    raise CpctlError(
        f"the commit failed; the {what} was undone: {said}", remedy="run the same command again"
    )


def rollback(session: Session) -> None:
    """Give everything up; where it cannot be said, the server does so with the connection."""
    with suppress(ConnectionLost):
        session.send([Message("ROLLBACK")])
    session.connection.close()
