"""One connection, spoken to in as few round trips as its work allows."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import TupleRow

from cpctl.core.capabilities import Capabilities, OwnerRights
from cpctl.core.kind import Query, Rows
from cpctl.core.sql import identifier
from cpctl.postgres.wire import Answer, ConnectionLost, Message, exchange
from cpctl.postgres.words import connection_error, query_error, unreadable_url

CONNECT_TIMEOUT = "10"
"""Seconds, where neither the URL nor PGCONNECT_TIMEOUT says otherwise."""

_HERE = Path(__file__).parent
_SNAPSHOT = (
    "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
    (
        "SELECT set_config('search_path', 'pg_catalog', true), "
        "set_config('statement_timeout', '60s', true), set_config('lock_timeout', '10s', true)"
    ),
)


class Server(NamedTuple):
    """Where to connect: a libpq URL or key=value text, and the option or variable it came from.

    An empty URL means libpq's own PG* variables and service files.
    """

    url: str
    source: str


class Session:
    """A connection in autocommit mode; BEGIN and COMMIT are statements like any other."""

    def __init__(self, server: Server, application: str) -> None:
        """Connect.

        Raises CpctlError with the server's reason, never with the URL.
        """
        self.server = server
        try:
            options = conninfo_to_dict(server.url)
            options.setdefault("connect_timeout", CONNECT_TIMEOUT)
            options.setdefault("fallback_application_name", application)
            conninfo = make_conninfo("", **options)
        except psycopg.ProgrammingError:
            raise unreadable_url(server.source) from None
        if _misread(options):
            raise unreadable_url(server.source)
        try:
            self.connection: psycopg.Connection[TupleRow] = psycopg.connect(
                conninfo,
                autocommit=True,
                prepare_threshold=None,
                cursor_factory=psycopg.RawCursor,
            )
        except psycopg.OperationalError as error:
            raise connection_error(error, _where(options)) from None
        self.connection.add_notice_handler(lambda _: None)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.connection.close()

    def ask(self, queries: Sequence[Query], *, doing: str) -> Rows:
        """The rows of every query, in one round trip; queries of one name are added up.

        Raises CpctlError; ConnectionLost where the server went away.
        """
        cursors: list[tuple[str, psycopg.Cursor[TupleRow]]] = []
        try:
            with self.connection.pipeline():
                for query in queries:
                    if query.role:
                        self.connection.execute(f"SET LOCAL ROLE {identifier(query.role)}".encode())
                    cursor = self.connection.execute(query.sql.encode(), query.params or None)
                    cursors.append((query.name, cursor))
                    if query.role:
                        self.connection.execute(b"RESET ROLE")
        except psycopg.OperationalError as error:
            if self.connection.broken or self.connection.closed:
                raise ConnectionLost(str(error)) from None
            raise query_error(error, doing) from None
        except psycopg.Error as error:
            raise query_error(error, doing) from None
        rows: dict[str, list[Any]] = {}
        for name, cursor in cursors:
            rows.setdefault(name, []).extend(cursor.fetchall() if cursor.description else ())
        return rows

    def send(self, messages: Sequence[Message], *, alone: bool = False) -> list[Answer]:
        """Statements in one round trip, each with its own outcome. Raises ConnectionLost."""
        return exchange(self.connection.pgconn, messages, alone=alone)

    def probe(self, owners: Sequence[str]) -> Capabilities:
        """Open a read-only snapshot and ask what the server is and what this role may do."""
        text = (_HERE / "probe.sql").read_text(encoding="utf-8")
        begin = [Query("begin", sql) for sql in _SNAPSHOT]
        rows = self.ask([*begin, Query("probe", text, (list(owners),))], doing="probing the server")
        return _capabilities(rows["probe"][0], self.connection.info)

    def inspect(self, queries: Sequence[Query]) -> Rows:
        """The kinds' questions, in the snapshot of the probe, which ends with them."""
        return self.ask([*queries, Query("end", "COMMIT")], doing="reading the database")


def _misread(options: dict[str, Any]) -> bool:
    """Whether an `@` or `/` of a password has become a part of what libpq would name in errors."""
    ports = str(options.get("port", "")).split(",")
    names = f"{options.get('host', '')}{options.get('dbname', '')}"
    return "@" in names or not all(port.isdigit() or not port for port in ports)


def _where(options: dict[str, Any]) -> str:
    return f"{options.get('host', 'localhost')}:{options.get('port', 5432)}"


def _capabilities(row: TupleRow, info: psycopg.ConnectionInfo) -> Capabilities:
    names = (
        "system_identifier database role server_version server_version_num extension_version "
        "cron_database timezone as_of superuser standby rows_hidden cron_usage jobs_readable "
        "jobs_writable runs_readable last_runid background_workers superuser_jobs "
        "functions reload file_settings alter_system_allowed read_only owners"
    ).split()
    facts = dict(zip(names, row, strict=True))
    owners = {found["name"]: _owner(found) for found in json.loads(facts["owners"])}
    facts |= {"owners": owners, "functions": frozenset(facts["functions"] or ())}
    return Capabilities(host=info.host or "localhost", port=info.port, **facts)


def _owner(found: dict[str, Any]) -> OwnerRights:
    return OwnerRights(**{**found, "functions": frozenset(found["functions"])})
