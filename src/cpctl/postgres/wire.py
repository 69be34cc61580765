"""Many statements in one round trip, with the outcome of each one known.

psycopg's own pipeline waits at every sync, and after an error it cannot say which statement failed;
ALTER SYSTEM needs a sync of its own around every statement (25001 otherwise).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from select import select
from typing import NamedTuple

from psycopg import OperationalError
from psycopg.pq import DiagnosticField, ExecStatus
from psycopg.pq.abc import PGconn, PGresult

ALIVE_TIMEOUT = 90.0
"""Seconds without a byte after which the connection counts as lost; statements end after 60."""

_OK = (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK)


class Message(NamedTuple):
    """One statement with `$1` … and its parameters as text."""

    sql: str
    params: tuple[str | None, ...] = ()


class Answer(NamedTuple):
    """`sqlstate` is empty where the statement succeeded; `rows` are text."""

    sqlstate: str
    error: str
    rows: tuple[tuple[str | None, ...], ...]


class ConnectionLost(Exception):
    """The server did not answer all of it; which statements ran is not known."""


def exchange(connection: PGconn, messages: Sequence[Message], *, alone: bool) -> list[Answer]:
    """Send all, then read all. `alone`: each runs by itself, so one error stops no other.

    Raises ConnectionLost.
    """
    if not messages:
        return []
    connection.nonblocking = 1
    connection.enter_pipeline_mode()
    for message in messages:
        params = [None if param is None else param.encode() for param in message.params]
        connection.send_query_params(message.sql.encode(), params)
        if alone:
            connection.pipeline_sync()
    if not alone:
        connection.pipeline_sync()
    syncs = len(messages) if alone else 1
    answers = [_answer(result) for result in _results(connection, syncs=syncs)]
    connection.exit_pipeline_mode()
    connection.nonblocking = 0
    return answers


def _results(connection: PGconn, *, syncs: int) -> Iterator[PGresult]:
    flushed = False
    while syncs:
        flushed = flushed or connection.flush() == 0
        writing = [] if flushed else [connection.socket]
        readable, writable, _ = select([connection.socket], writing, [], ALIVE_TIMEOUT)
        if not readable and not writable:
            raise ConnectionLost(f"no answer for {ALIVE_TIMEOUT:.0f} s")
        if readable:
            _consume(connection)
        while syncs and not connection.is_busy():
            result = connection.get_result()
            if result is None:
                continue
            if result.status == ExecStatus.PIPELINE_SYNC:
                syncs -= 1
            else:
                yield result


def _consume(connection: PGconn) -> None:
    try:
        connection.consume_input()
    except OperationalError as error:
        raise ConnectionLost(str(error)) from None


def _answer(result: PGresult) -> Answer:
    if result.status in _OK:
        return Answer("", "", _rows(result))
    sqlstate = (result.error_field(DiagnosticField.SQLSTATE) or b"").decode()
    message = (result.error_field(DiagnosticField.MESSAGE_PRIMARY) or b"").decode(errors="replace")
    if result.status == ExecStatus.PIPELINE_ABORTED:
        return Answer("ABORTED", "an earlier statement failed", ())
    if not sqlstate or sqlstate.startswith(("57P", "08")):
        raise ConnectionLost(message or "the server closed the connection")
    return Answer(sqlstate, message, ())


def _rows(result: PGresult) -> tuple[tuple[str | None, ...], ...]:
    def cell(row: int, column: int) -> str | None:
        value = result.get_value(row, column)
        return None if value is None else bytes(value).decode()

    columns = range(result.nfields)
    return tuple(tuple(cell(row, c) for c in columns) for row in range(result.ntuples))
