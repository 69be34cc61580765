"""One connection, spoken to in as few round trips as its work allows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

import psycopg
from psycopg.adapt import PyFormat, Transformer
from psycopg.pq.abc import PGresult
from psycopg.rows import TupleRow

from cpctl.core.capabilities import Capabilities
from cpctl.core.kind import Query, Rows
from cpctl.core.sql import identifier
from cpctl.postgres.connect import Server, connect
from cpctl.postgres.guards import SILENCE, configure, guards
from cpctl.postgres.probe import capabilities
from cpctl.postgres.wire import (
    Answer,
    ConnectionLost,
    Load,
    Packet,
    Silent,
    copy_in,
    exchange,
    no_rows,
)
from cpctl.postgres.words import query_error

CANCEL_TIMEOUT = 3.0
"""Seconds to tell the server that nobody waits for its answer any more."""

READ_LOCK = 10.0
"""Seconds that reading waits for a lock on a catalog or on cron.job, if a statement may so long."""

_PROBE = (Path(__file__).parent / "probe.sql").read_text(encoding="utf-8")


class Message(NamedTuple):
    """One statement with `$1` … and its parameters as text."""

    sql: str
    params: tuple[str | None, ...] = ()


class QueryFailed(Exception):
    """A question that the server refused, before there are words for it."""

    def __init__(self, name: str, answer: Answer) -> None:
        super().__init__(answer.sqlstate)
        self.name, self.answer = name, answer


class Session:
    """A connection in autocommit mode; BEGIN and COMMIT are statements like any other.

    `lock_wait`: seconds that its statements may wait for locks, besides their own time.
    """

    def __init__(self, server: Server, application: str) -> None:
        """Connect.

        Raises CpctlError with the server's reason, never with the URL.
        """
        self.server = server
        self.application = application
        self.lock_wait = 0.0
        self.connection = connect(server, application)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.connection.close()

    @property
    def lost(self) -> bool:
        return self.connection.closed

    def reopen(self) -> None:
        """A new connection in place of the old one. Raises CpctlError."""
        self.connection.close()
        self.connection = connect(self.server, self.application)

    def ask(self, queries: Sequence[Query], *, doing: str) -> Rows:
        """The rows of every query, in one round trip; queries of one name are added up.

        Raises CpctlError; ConnectionLost where the server went away.
        """
        try:
            return self.fetch(queries)
        except QueryFailed as failed:
            raise query_error(failed.answer, doing) from None

    def fetch(self, queries: Sequence[Query], *, waits: float = 0.0) -> Rows:
        """As `ask`, for who looks at the failure. `waits`: further seconds it may take.

        Raises QueryFailed, ConnectionLost.
        """
        transformer = Transformer(self.connection)
        packets: list[Packet] = []
        names: list[str] = []
        for name, sql, params, role in queries:
            values = transformer.dump_sequence(params, [PyFormat.AUTO] * len(params))
            types, formats = (transformer.types, transformer.formats) if params else (None, None)
            asked = [Packet(sql.encode(), values, types, formats)]
            if role:
                acting = Packet(f"SET LOCAL ROLE {identifier(role)}".encode())
                asked = [acting, *asked, Packet(b"RESET ROLE")]
            packets += asked
            names += [name] * len(asked)

        def load(result: PGresult) -> list[TupleRow]:
            transformer.set_pgresult(result)
            return transformer.load_rows(0, result.ntuples, tuple)

        answers = self._exchange(packets, load, alone=False, waits=waits)
        rows: dict[str, list[Any]] = {}
        for name, answer in zip(names, answers, strict=True):
            if answer.sqlstate:
                raise QueryFailed(name, answer)
            rows.setdefault(name, []).extend(answer.rows)
        return rows

    def send(
        self, messages: Sequence[Message], *, alone: bool = False, load: Load = no_rows
    ) -> list[Answer]:
        """Statements in one round trip, each with its own outcome. Raises ConnectionLost."""
        if not messages:
            return []
        packets = (
            Packet(sql.encode(), [None if param is None else param.encode() for param in params])
            for sql, params in messages
        )
        return self._exchange(packets, load, alone=alone)

    def _exchange(
        self, packets: Iterable[Packet], load: Load, *, alone: bool, waits: float = 0.0
    ) -> list[Answer]:
        pgconn, silence = self.connection.pgconn, self._silence + waits
        with self._whole():
            return exchange(pgconn, packets, alone=alone, silence=silence, load=load)

    def copy(self, sql: str, data: bytes) -> Answer:
        """Statements that end with COPY … FROM STDIN, in two round trips. Raises ConnectionLost."""
        pgconn, silence = self.connection.pgconn, self._silence
        with self._whole():
            return copy_in(pgconn, sql.encode(), data, silence=silence)

    @property
    def _silence(self) -> float:
        return SILENCE * self.server.statement_timeout + self.lock_wait

    @contextmanager
    def _whole(self) -> Iterator[None]:
        """A conversation that breaks off leaves a connection of no use."""
        if self.lost:
            raise ConnectionLost("it was closed before")
        try:
            yield
        except ConnectionLost as lost:
            self._abandon(cancel=isinstance(lost, Silent))
            raise
        except BaseException:
            self._abandon(cancel=True)
            raise

    def _abandon(self, *, cancel: bool) -> None:
        """Close it; what still waits there in the server, for a lock perhaps, is told to stop."""
        if cancel:
            with suppress(psycopg.Error):
                self.connection.cancel_safe(timeout=CANCEL_TIMEOUT)
        self.connection.close()

    def probe(self, owners: Sequence[str], kinds: Sequence[str] = ()) -> Capabilities:
        """Open a read-only snapshot and ask what the server is and what this role may do.

        `kinds`: which of these the ledger remembers is asked, too.
        """
        limit, version = self.server.statement_timeout, self.connection.info.server_version
        self.lock_wait = min(READ_LOCK, limit)
        begin = Query("begin", "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        settings = guards(version, statement=limit, lock=self.lock_wait)
        return self._probe(owners, kinds, (begin, configure(settings)))

    def probe_again(self, owners: Sequence[str]) -> Capabilities:
        """The same questions in the transaction that is open."""
        return self._probe(owners, (), ())

    def _probe(
        self, owners: Sequence[str], kinds: Sequence[str], before: Sequence[Query]
    ) -> Capabilities:
        asked = (*before, Query("probe", _PROBE, (list(owners), list(kinds))))
        (row,) = self.ask(asked, doing="probing the server")["probe"]
        return capabilities(row, self.connection.info)

    def inspect(self, queries: Sequence[Query]) -> Rows:
        """The kinds' questions, in the snapshot of the probe, which ends with them."""
        rows = self.ask([*queries, Query("end", "COMMIT")], doing="reading the database")
        return {name: found for name, found in rows.items() if name != "end"}
