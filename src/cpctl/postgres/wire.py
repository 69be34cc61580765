"""Many statements in one round trip, with the outcome of each known, and no wait without an end.

psycopg's own pipeline waits at every sync, cannot say which statement failed, and can neither bound
its waits nor leave them on Ctrl-C; ALTER SYSTEM needs a sync of its own around every statement
(25001 otherwise).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from math import ceil
from select import POLLIN, POLLOUT, poll
from typing import Any, NamedTuple

from psycopg import OperationalError
from psycopg.abc import Buffer
from psycopg.pq import ConnStatus, DiagnosticField, ExecStatus
from psycopg.pq.abc import PGconn, PGresult

from cpctl.errors import CpctlError

TICK = 0.2
"""Seconds. A signal between Python's last look and poll() is noticed only when that returns."""

_OK = (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK)
_ENDED = ("57P", "08")
_FATAL = (b"FATAL", b"PANIC")


class Packet(NamedTuple):
    """One statement with `$1` … and its parameters, ready for the wire; no types: all text."""

    sql: bytes
    params: Sequence[Buffer | None] = ()
    types: Sequence[int] | None = None
    formats: Sequence[int] | None = None


class Answer(NamedTuple):
    """`sqlstate` is empty where the statement succeeded; `tag` is what it did: COMMIT, SELECT 1."""

    sqlstate: str
    error: str
    tag: str = ""
    rows: Sequence[tuple[Any, ...]] = ()


class ConnectionLost(CpctlError):
    """The server did not answer all of it; which statements ran is not known."""

    said = "The server closed the connection"

    def __init__(self, reason: str) -> None:
        first = next(iter(reason.strip().splitlines()), "the server closed it")
        super().__init__(
            f"the connection to the server was lost: {first}", remedy="run the same command again"
        )


class Silent(ConnectionLost):
    """The connection stands, and nothing comes: a dead network, or a server that hangs."""


Load = Callable[[PGresult], Sequence[tuple[Any, ...]]]


def no_rows(_: PGresult) -> tuple[()]:
    """For statements whose answer is only whether they succeeded."""
    return ()


def first_text(result: PGresult) -> tuple[tuple[str], ...]:
    """The first value, as text, where there is one."""
    value = result.get_value(0, 0) if result.ntuples else None
    return ((bytes(value).decode(),),) if value is not None else ()


def exchange(
    connection: PGconn, packets: Iterable[Packet], *, alone: bool, silence: float, load: Load
) -> list[Answer]:
    """Send all, then read all; the server works on the first while the last are being made.

    `alone`: each runs by itself, so one error stops no other.

    Raises ConnectionLost, also where no byte arrives for `silence` seconds. Whatever it raises, the
    connection is of no use afterwards.
    """
    syncs = 0 if alone else 1
    with _nonblocking(connection):
        connection.enter_pipeline_mode()
        for sql, params, types, formats in packets:
            connection.send_query_params(sql, params, types, formats)
            if alone:
                connection.pipeline_sync()
                syncs += 1
        if not alone:
            connection.pipeline_sync()
        results = _results(connection, syncs=syncs, silence=silence)
        answers = [_answer(result, load) for result in results]
        connection.exit_pipeline_mode()
    return answers


def copy_in(connection: PGconn, sql: bytes, data: bytes, *, silence: float) -> Answer:
    """Statements that end with COPY … FROM STDIN, which no pipeline may hold; how it went.

    Raises as `exchange`.
    """
    answer = Answer("", "")
    with _nonblocking(connection):
        connection.send_query(sql)
        while (result := _next_result(connection, silence=silence)) is not None:
            if result.status == ExecStatus.COPY_IN:
                connection.put_copy_data(data)
                connection.put_copy_end()
            else:
                answer = _answer(result, no_rows)
    return answer


@contextmanager
def _nonblocking(connection: PGconn) -> Iterator[None]:
    try:
        connection.nonblocking = 1
        yield
        connection.nonblocking = 0
    except OperationalError as error:
        # What fails first of a dead connection is often not what killed it.
        dead = connection.status == ConnStatus.BAD
        said = connection.error_message.decode(errors="replace") if dead else ""
        raise ConnectionLost(said or str(error)) from None


def _next_result(connection: PGconn, *, silence: float) -> PGresult | None:
    """What comes next without a pipeline; None at the end."""
    flushed = connection.flush() == 0
    while not flushed or connection.is_busy():
        if _ready(connection.socket, silence=silence, flushed=flushed):
            connection.consume_input()
        flushed = flushed or connection.flush() == 0
    return connection.get_result()


def _results(connection: PGconn, *, syncs: int, silence: float) -> Iterator[PGresult]:
    flushed = False
    while syncs:
        flushed = flushed or connection.flush() == 0
        if _ready(connection.socket, silence=silence, flushed=flushed):
            connection.consume_input()
        while syncs and not connection.is_busy():
            result = connection.get_result()
            if result is None:
                continue
            if result.status == ExecStatus.PIPELINE_SYNC:
                syncs -= 1
            else:
                yield result


def _ready(socket: int, *, silence: float, flushed: bool) -> bool:
    """Whether there is something to read; False where there is room to write."""
    deadline = time.monotonic() + silence
    while True:
        left = deadline - time.monotonic()
        if come := happens(socket, max(0.0, min(TICK, left)), POLLIN | (0 if flushed else POLLOUT)):
            return come != POLLOUT
        if left <= 0:
            raise Silent(f"no answer for {silence:g} s")


def happens(socket: int, seconds: float, wanted: int = POLLIN) -> int:
    """What has happened within this time; 0: nothing. select() knows no socket above 1023."""
    watched = poll()
    watched.register(socket, wanted)
    return next((event for _, event in watched.poll(ceil(seconds * 1000))), 0)


def _answer(result: PGresult, load: Load) -> Answer:
    status = result.status
    if status in _OK:
        return Answer("", "", (result.command_status or b"").decode(), load(result))
    if status == ExecStatus.PIPELINE_ABORTED:
        return Answer("ABORTED", "an earlier statement failed")
    sqlstate = (result.error_field(DiagnosticField.SQLSTATE) or b"").decode()
    message = (result.error_field(DiagnosticField.MESSAGE_PRIMARY) or b"").decode(errors="replace")
    severity = result.error_field(DiagnosticField.SEVERITY_NONLOCALIZED)
    if not sqlstate or sqlstate.startswith(_ENDED) or severity in _FATAL:
        raise ConnectionLost(message or result.error_message.decode(errors="replace"))
    return Answer(sqlstate, message)
