"""A job's command, sent as pg_cron sends it: whole, over a connection of its own, as its owner.

The simple protocol makes several statements one transaction unless they say otherwise, lets a
single VACUUM run, and ends with the connection whatever was left open.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress

import psycopg
from psycopg.conninfo import make_conninfo
from psycopg.pq import DiagnosticField, ExecStatus, TransactionStatus
from psycopg.pq.abc import PGconn, PGresult

from cpctl.core.ran import MOST_ROWS, Failure, Ran, Result
from cpctl.postgres.connect import Server
from cpctl.postgres.session import CANCEL_TIMEOUT, Session
from cpctl.postgres.wire import TICK, ConnectionLost, happens

GRACE = 5.0
"""Seconds that a cancelled command has to end."""

_COPY = (ExecStatus.COPY_IN, ExecStatus.COPY_OUT, ExecStatus.COPY_BOTH)
_ENDED = "57P"
"""The server, or somebody on it, has ended the session."""
_ROWS = (ExecStatus.SINGLE_TUPLE, ExecStatus.TUPLES_OK)


def beside(server: Server, database: str) -> Server:
    """The same server, in another database."""
    return server._replace(url=make_conninfo(server.url, dbname=database))


def run_command(session: Session, command: str, seconds: float) -> Ran:
    """Run it, and cancel it after `seconds` or on Ctrl-C. Raises ConnectionLost."""
    running = _Running(session, seconds)
    try:
        running.send(command)
        running.read()
    except KeyboardInterrupt:
        running.cancel("by the interrupt")
        running.read()
    except psycopg.OperationalError as error:
        raise ConnectionLost(str(error)) from None
    ran = running.ran()
    running.end()
    return ran


class _Running:
    """One command under way: what it has answered so far."""

    def __init__(self, session: Session, seconds: float) -> None:
        self._connection = session.connection
        self._pgconn: PGconn = session.connection.pgconn
        self._started = time.monotonic()
        self._deadline = self._started + seconds
        self._limit = seconds
        self._stopped = ""
        self._copies = False
        self._failure: Failure | None = None
        self._results: list[Result] = []
        self._rows: list[tuple[str | None, ...]] = []
        self._count = 0

    def send(self, command: str) -> None:
        self._pgconn.send_query(command.encode())
        self._pgconn.set_single_row_mode()

    def read(self) -> None:
        """All answers, or as many as come in time."""
        while not self._copies and self._ready():
            result = self._pgconn.get_result()
            if result is None:
                return
            self._take(result)

    def cancel(self, by: str) -> None:
        """Tell the server; what it still says of it is read."""
        self._stopped, self._deadline = by, time.monotonic() + GRACE
        with suppress(psycopg.Error):
            self._connection.cancel_safe(timeout=CANCEL_TIMEOUT)

    def ran(self) -> Ran:
        status = self._pgconn.transaction_status
        return Ran(
            tuple(self._results),
            self._failure,
            time.monotonic() - self._started,
            self._stopped,
            self._copies,
            status in (TransactionStatus.INTRANS, TransactionStatus.INERROR),
        )

    def end(self) -> None:
        """Give up what was left open. libpq forgets its single rows only with such a call, too."""
        if self._pgconn.transaction_status == TransactionStatus.ACTIVE:
            self._connection.close()
        elif not self._connection.closed:
            self._pgconn.exec_(b"ROLLBACK")

    def _ready(self) -> bool:
        """Whether an answer is there; after the time limit and its grace there is none."""
        while self._pgconn.is_busy():
            left = self._deadline - time.monotonic()
            if left <= 0 and self._stopped:
                self._failure = Failure("the server does not end it", "")
                return False
            if left <= 0:
                self.cancel(f"after {self._limit:g} s")
                continue
            if happens(self._pgconn.socket, min(TICK, left)):
                self._pgconn.consume_input()
        return True

    def _take(self, result: PGresult) -> None:
        status = result.status
        if status in _COPY:
            self._copies = True
        elif status == ExecStatus.FATAL_ERROR:
            self._failure = _failure(result)
            if self._failure.sqlstate.startswith(_ENDED):
                raise ConnectionLost(self._failure.what)
        elif status in _ROWS and result.ntuples:
            self._count += result.ntuples
            if len(self._rows) < MOST_ROWS:
                self._rows.append(tuple(_text(result, column) for column in range(result.nfields)))
        else:
            tag = (result.command_status or b"").decode()
            names = (result.fname(column) or b"" for column in range(result.nfields))
            columns = tuple(name.decode(errors="replace") for name in names)
            self._results.append(Result(tag, columns, tuple(self._rows), self._count))
            self._rows, self._count = [], 0


def _text(result: PGresult, column: int) -> str | None:
    value = result.get_value(0, column)
    return None if value is None else bytes(value).decode(errors="replace")


def _failure(result: PGresult) -> Failure:
    def said(field: DiagnosticField) -> str:
        return (result.error_field(field) or b"").decode(errors="replace")

    fields: Sequence[tuple[str, DiagnosticField]] = (
        ("Detail", DiagnosticField.MESSAGE_DETAIL),
        ("Hint", DiagnosticField.MESSAGE_HINT),
        ("Where", DiagnosticField.CONTEXT),
    )
    more = tuple(f"{name}: {said(field)}" for name, field in fields if said(field))
    what = said(DiagnosticField.MESSAGE_PRIMARY) or (result.error_message or b"").decode(
        errors="replace"
    )
    return Failure(what, said(DiagnosticField.SQLSTATE), more)
