"""Before the first write a moment's trouble is tried again, three times at most; later never."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from ground import Cluster
from tests.integration.running import Running, stopped, until, until_it_waits
from tests.integration.steps import document, given, in_sync, job, undone, untouched, verbs
from tests.integration.test_lock import KEY
from tests.servers import Database

AGAIN = "trying again"
CHANGED = document(jobs={"first": job("9 9 * * *")})
SESSIONS = "select pid from pg_stat_activity where application_name like 'cpctl%'"
END = "select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'cpctl%'"


@pytest.fixture(autouse=True)
def _given(database: Database) -> None:
    given(database, {"first": job()})
    database.write(CHANGED)


def test_a_full_server_is_tried_again(database: Database) -> None:
    database.new_role("busy", "USAGE ON SCHEMA cron", options="LOGIN BYPASSRLS CONNECTION LIMIT 1")
    since, url = database.log_position(), database.url("busy")
    with (
        psycopg.connect(url) as somebody,
        Running(database, "plan", CPCTL_DATABASE_URL=url) as running,
    ):
        until(lambda: "too many connections" in database.log_text(since), "the refusal")
        somebody.close()
        done = running.finish()
    assert done.code == 0, done
    assert "No connection (too many connections); trying again (2 of 3)." in done.err


def test_a_server_that_stays_full_is_asked_three_times(database: Database) -> None:
    database.new_role("busy", options="LOGIN CONNECTION LIMIT 0")
    commands = (("plan",), ("diff",), ("apply", "--auto-approve"))
    with untouched(database), ThreadPoolExecutor() as pool:
        found = pool.map(lambda command: database.cpctl(*command, user="busy"), commands)
    for done in found:
        assert done.code == 1, done
        assert "(2 of 3)" in done.err
        assert "(3 of 3)" in done.err
        assert "too many connections" in done.err
        assert "Nothing was written" in done.err


def test_a_refused_connection_is_not_tried_again(database: Database) -> None:
    done = database.cpctl("plan", "--database-url", "postgresql://postgres@127.0.0.1:1/postgres")
    assert done.code == 1, done
    assert AGAIN not in done.err


@pytest.fixture
def spare(cluster: Cluster) -> Iterator[Cluster]:
    with Cluster(cluster.version, "retries") as found:
        yield found


def test_a_server_that_recovers_is_tried_again(database: Database, spare: Cluster) -> None:
    """While one of its processes stands still, a crashed server can neither end nor begin again."""
    since = spare.log.stat().st_size
    refused = "the database system is in recovery mode"
    with psycopg.connect(spare.url()) as one, psycopg.connect(spare.url()) as two:
        with stopped(one.info.backend_pid):
            os.kill(two.info.backend_pid, signal.SIGKILL)
            running = Running(database, "plan", CPCTL_DATABASE_URL=spare.url())
            until(lambda: refused in spare.log.read_text("utf-8")[since:], "the refusal")
        with running:
            done = running.finish()
    assert done.code == 0, done
    assert "recovery mode" in done.err
    assert "(2 of 3)" in done.err


def test_a_connection_that_is_closed_while_reading_is_made_again(database: Database) -> None:
    with psycopg.connect(database.url()) as somebody:
        somebody.execute("lock table cron.job in access exclusive mode")
        with Running(database, "plan", "--format", "json") as running:
            until_it_waits(database)
            database.run(END)
            time.sleep(0.2)
            somebody.rollback()
            done = running.finish()
    assert done.code == 0, done
    assert "The server closed the connection; trying again (2 of 3)." in done.err


def test_a_connection_that_is_closed_while_it_waits_for_the_lock_is_made_again(
    database: Database,
) -> None:
    since = database.log_position()
    with psycopg.connect(database.url()) as somebody:
        somebody.execute("select pg_advisory_xact_lock(%s)", (KEY,))
        with Running(database, "apply", "--auto-approve") as running:
            for _ in range(2):
                until_it_waits(database)
                database.run(END)
                until(lambda: not database.rows(SESSIONS), "the end of its session")
            until_it_waits(database)
            somebody.rollback()
            done = running.finish()
    assert done.code == 0, done
    assert "(2 of 3)" in done.err
    assert "(3 of 3)" in done.err
    assert verbs(database.changing_statements(since)) == {"alter_job": 1}
    in_sync(database)


def test_a_deadlock_before_the_first_write_is_tried_again(database: Database) -> None:
    holder = psycopg.connect(database.url())
    other = psycopg.connect(database.url())
    with holder, other:
        holder.execute("select pg_advisory_xact_lock(%s)", (KEY,))
        with Running(database, "apply", "--auto-approve") as running:
            until_it_waits(database)
            other.execute("set local deadlock_timeout = '20s'")
            other.execute("lock table cron.job in access exclusive mode")
            holder.rollback()
            other.execute("select pg_advisory_xact_lock(%s)", (KEY,))
            other.rollback()
            done = running.finish()
    assert done.code == 0, done
    assert "gave way to another session" in done.err
    assert "(2 of 3)" in done.err
    in_sync(database)


def test_nothing_is_tried_again_after_the_first_write(database: Database) -> None:
    with psycopg.connect(database.url()) as somebody, undone(database):
        somebody.execute("select 1 from cron.job for update")
        with Running(database, "apply", "--auto-approve") as running:
            until_it_waits(database)
            database.run(END)
            done = running.finish()
    assert done.code == 1, done
    assert AGAIN not in done.err
    assert "the apply was undone" in done.err
