"""Behind PgBouncer in transaction mode: an apply works, or says beforehand that it cannot."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from ground import pooler
from tests.integration.steps import document, in_sync, job, untouched, verbs
from tests.servers import Database

SIZE = 3
LIMITS = (
    "statement_timeout lock_timeout idle_session_timeout search_path "
    "idle_in_transaction_session_timeout"
).split()


@pytest.fixture
def pooled(database: Database) -> Iterator[Database]:
    with pooler(database.cluster, SIZE) as url:
        database.environment["CPCTL_DATABASE_URL"] = url
        yield database


def applied(pooled: Database, text: str) -> None:
    pooled.write(text)
    done = pooled.cpctl("apply", "--auto-approve")
    assert done.code == 0, done
    assert pooled.cpctl("plan", "--detailed-exitcode").code == 0


def test_the_pooler_does_share_connections(pooled: Database) -> None:
    """Else the rest would prove nothing: another process answers than the login told."""
    with psycopg.connect(pooled.environment["CPCTL_DATABASE_URL"]) as session:
        told = session.info.backend_pid
        assert session.execute("select pg_backend_pid()").fetchone() != (told,)


def test_jobs_and_the_database_store(pooled: Database) -> None:
    scope = {"jobs": ["t_*"], "settings": ["app.*"]}
    shared = {"store": "database", "scope": scope}
    before = {"t_first": job(), "t_gone": job()}
    applied(pooled, document(**shared, settings={"app.a": "1", "app.b": "1"}, jobs=before))
    since = pooled.log_position()
    after = {"t_first": job("9 9 * * *"), "t_new": job()}
    applied(pooled, document(**shared, settings={"app.a": "2"}, jobs=after))
    assert verbs(pooled.changing_statements(since)) == {
        "alter_job": 1,
        "schedule": 1,
        "unschedule": 1,
        "alter database set": 1,
        "alter database reset": 1,
    }
    in_sync(pooled)


def test_settings_of_the_server(pooled: Database) -> None:
    scope = {"settings": ["app.*"]}
    first = document(scope=scope, settings={"app.a": "1", "work_mem": "8MB"}, jobs={"t": job()})
    second = document(scope=scope, settings={"work_mem": "9MB"}, jobs={"t": job("9 9 * * *")})
    pooled.write(first)
    if pooled.version == "17":
        applied(pooled, first)
    else:
        with untouched(pooled):
            done = pooled.cpctl("apply", "--auto-approve")
        assert done.code == 3, done
        assert "setting.app.a cannot be set through a connection pooler" in done.err
        assert "connect directly, or use store: database" in done.err
        assert pooled.cpctl("apply", "--auto-approve", "--database-url", pooled.url()).code == 0
    applied(pooled, second)
    assert pooled.file_settings()["work_mem"] == "9MB"
    assert "app.a" not in pooled.file_settings()


def test_no_connection_of_the_pool_keeps_anything(pooled: Database) -> None:
    applied(pooled, document(settings={"work_mem": "8MB"}, jobs={"t": job()}))
    known = "select name, setting from pg_settings where name = any(%s) order by name"
    expected = pooled.rows(known, LIMITS)
    url = pooled.environment["CPCTL_DATABASE_URL"]
    sessions = [psycopg.connect(url) for _ in range(SIZE)]
    try:
        for session in sessions:  # each holds a connection of the pool until all have one
            assert session.execute(known, [LIMITS]).fetchall() == expected
            locks = "select count(*) from pg_locks where locktype = 'advisory'"
            assert session.execute(locks).fetchone() == (0,)
    finally:
        for session in sessions:
            session.close()
