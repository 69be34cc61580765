"""What the server holds after a run: tables, catalogs, statistics, its own files and its log."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from typing import Any

import psycopg

from ground import Cluster

_TABLES = """
select format('%I.%I', nspname, relname), nspname, relname
from pg_class join pg_namespace on pg_namespace.oid = relnamespace
where relkind in ('r', 'm') and nspname in ('cron', 'cpctl', 'vault', 'public')
order by 1
"""
_CATALOG = """
select description from pg_description where objoid >= 16384
union all select description from pg_shdescription
union all select prosrc from pg_proc where oid >= 16384
union all select pg_get_viewdef(oid) from pg_class where oid >= 16384 and relkind = 'v'
"""
_FILES = ("postgresql.conf", "postgresql.auto.conf", "pg_hba.conf")


class Kept:
    """Questions of the test's own, and what of their answers belongs to which channel."""

    def __init__(self, cluster: Cluster, admin: psycopg.Connection[Any]) -> None:
        self.cluster, self.admin = cluster, admin

    def channels(self) -> Iterator[tuple[str, bytes]]:
        yield from self._tables()
        yield "catalogs", self._text(_CATALOG)
        yield "pg_db_role_setting", self._text("select setconfig::text from pg_db_role_setting")
        yield "pg_stat_statements", self._text("select query from pg_stat_statements")
        for name in _FILES:
            yield name, (self.cluster.data_directory / name).read_bytes()

    def forget(self) -> None:
        """Statistics of the next run are its own."""
        self._rows("select pg_stat_statements_reset()")

    def _tables(self) -> Iterator[tuple[str, bytes]]:
        for name, schema, table in self._rows(_TABLES):
            # There a value may be: it is what the table is for.
            but = "- 'value'" if (schema, table) == ("cpctl", "secrets") else ""
            channel = "ledger" if name in ("cpctl.applies", "cpctl.files") else str(name)
            yield channel, self._text(f"select (to_jsonb(t) {but})::text from {name} t")
            if name == "cpctl.files":
                states = self._rows("select state from cpctl.files")
                yield "ledger, state", b"\n".join(zlib.decompress(state) for (state,) in states)

    def _rows(self, query: str) -> list[tuple[Any, ...]]:
        return self.admin.execute(query.encode()).fetchall()

    def _text(self, query: str) -> bytes:
        return b"\n".join(str(value).encode() for (value,) in self._rows(query) if value)


class Log:
    """The server's log, entry by entry."""

    def __init__(self, cluster: Cluster) -> None:
        self._file = cluster.log

    def position(self) -> int:
        return self._file.stat().st_size

    def since(self, position: int) -> list[bytes]:
        with self._file.open("rb") as log:
            log.seek(position)
            return re.split(rb"\n(?=\d{4}-\d\d-\d\d )", log.read())
