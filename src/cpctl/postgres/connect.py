"""Where to connect, and what libpq is told; an error names the place, never a password."""

from __future__ import annotations

from math import ceil
from typing import Any, NamedTuple

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import TupleRow

from cpctl.postgres.words import connection_error, unreadable_url

CONNECT_TIMEOUT = 10.0
"""Seconds, where neither the URL nor PGCONNECT_TIMEOUT says otherwise."""

STATEMENT_TIMEOUT = 60.0
"""Seconds, where no --statement-timeout says otherwise."""

_KEEPALIVE = {
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "30000",
}


class Server(NamedTuple):
    """Where to connect: a libpq URL or key=value text, and the option or variable it came from.

    An empty URL means libpq's own PG* variables and service files; then the source is LIBPQ, or
    empty where those name no server either. `statement_timeout`: seconds.
    """

    url: str
    source: str
    statement_timeout: float = STATEMENT_TIMEOUT


def connect(server: Server, application: str) -> psycopg.Connection[TupleRow]:
    """A connection that waits for nothing without an end. Raises CpctlError."""
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
        raise connection_error(error, _where(options), server.source) from None
    connection.add_notice_handler(lambda _: None)
    return connection


def _misread(options: dict[str, Any]) -> bool:
    """Whether an `@` or `/` of a password has become a part of what libpq would name in errors."""
    ports = str(options.get("port", "")).split(",")
    names = f"{options.get('host', '')}{options.get('dbname', '')}"
    return "@" in names or not all(port.isdigit() or not port for port in ports)


def _where(options: dict[str, Any]) -> str:
    return f"{options.get('host', 'localhost')}:{options.get('port', 5432)}"


def elsewhere(server: Server, database: str) -> Server:
    """Another database of the same server. Raises CpctlError."""
    try:
        return server._replace(url=make_conninfo(server.url, dbname=database))
    except psycopg.ProgrammingError:
        raise unreadable_url(server.source) from None
