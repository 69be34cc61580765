"""One connection, spoken to in as few round trips as its work allows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from math import ceil
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

import psycopg
from psycopg.adapt import PyFormat, Transformer
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.pq.abc import PGresult
from psycopg.rows import TupleRow

from cpctl.core.capabilities import Capabilities
from cpctl.core.kind import Query, Rows
from cpctl.core.sql import identifier
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
from cpctl.postgres.words import connection_error, query_error, unreadable_url

CONNECT_TIMEOUT = 10.0
"""Seconds, where neither the URL nor PGCONNECT_TIMEOUT says otherwise."""

STATEMENT_TIMEOUT = 60.0
"""Seconds, where no --statement-timeout says otherwise."""

CANCEL_TIMEOUT = 3.0
"""Seconds to tell the server that nobody waits for its answer any more."""

READ_LOCK = 10.0
"""Seconds that reading waits for a lock on a catalog or on cron.job."""

_KEEPALIVE = {
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "30000",
}
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


class Server(NamedTuple):
    """Where to connect: a libpq URL or key=value text, and the option or variable it came from.

    An empty URL means libpq's own PG* variables and service files. `statement_timeout`: seconds.
    """

    url: str
    source: str
    statement_timeout: float = STATEMENT_TIMEOUT


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
        self.connection = _connect(server, application)

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
        self.connection = _connect(self.server, self.application)

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

    def copy(self, sql: str, data: str) -> Answer:
        """Statements that end with COPY … FROM STDIN, in two round trips. Raises ConnectionLost."""
        pgconn, silence = self.connection.pgconn, self._silence
        with self._whole():
            return copy_in(pgconn, sql.encode(), data.encode(), silence=silence)

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

    def probe(self, owners: Sequence[str]) -> Capabilities:
        """Open a read-only snapshot and ask what the server is and what this role may do."""
        limit, info = self.server.statement_timeout, self.connection.info
        self.lock_wait = READ_LOCK
        settings = guards(info.server_version, statement=limit, lock=READ_LOCK)
        opening = (
            Query("begin", "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"),
            configure(settings),
            Query("probe", _PROBE, (list(owners),)),
        )
        (row,) = self.ask(opening, doing="probing the server")["probe"]
        return capabilities(row, info)

    def inspect(self, queries: Sequence[Query]) -> Rows:
        """The kinds' questions, in the snapshot of the probe, which ends with them."""
        rows = self.ask([*queries, Query("end", "COMMIT")], doing="reading the database")
        return {name: found for name, found in rows.items() if name != "end"}


def _connect(server: Server, application: str) -> psycopg.Connection[TupleRow]:
    try:
        options = conninfo_to_dict(server.url)
        patience = max(2, ceil(min(CONNECT_TIMEOUT, server.statement_timeout)))
        options.setdefault("connect_timeout", str(patience))
        options.setdefault("fallback_application_name", application)
        # What goes over the wire is encoded here; a LATIN1 database would read it otherwise.
        options["client_encoding"] = "UTF8"
        if "service" not in options:
            options = {**_KEEPALIVE, **options}
        conninfo = make_conninfo("", **options)
    except psycopg.ProgrammingError:
        raise unreadable_url(server.source) from None
    if _misread(options):
        raise unreadable_url(server.source)
    try:
        connection = psycopg.connect(
            conninfo, autocommit=True, prepare_threshold=None, cursor_factory=psycopg.RawCursor
        )
    except psycopg.OperationalError as error:
        raise connection_error(error, _where(options)) from None
    connection.add_notice_handler(lambda _: None)
    return connection


def _misread(options: dict[str, Any]) -> bool:
    """Whether an `@` or `/` of a password has become a part of what libpq would name in errors."""
    ports = str(options.get("port", "")).split(",")
    names = f"{options.get('host', '')}{options.get('dbname', '')}"
    return "@" in names or not all(port.isdigit() or not port for port in ports)


def _where(options: dict[str, Any]) -> str:
    return f"{options.get('host', 'localhost')}:{options.get('port', 5432)}"
