"""Nothing is waited for without an end, and what was waited for is said."""

from __future__ import annotations

import time

import psycopg
import pytest

from tests.integration.running import Running, stopped, until, until_it_waits
from tests.integration.steps import document, given, in_sync, job, undone, untouched
from tests.integration.test_lock import KEY
from tests.servers import Database

CHANGED = document(jobs={"first": job("9 9 * * *")}, settings={"app.a": "new"})
WAITING = "select pid from pg_stat_activity where application_name = 'cpctl apply'"
ROW = "select 1 from cron.job where jobname = 'first' for update"


@pytest.fixture
def applied(database: Database) -> None:
    given(database, {"first": job()}, {"app.a": "old"})


@pytest.mark.usefixtures("applied")
def test_a_row_that_somebody_holds_is_waited_for_as_long_as_the_lock(database: Database) -> None:
    database.write(CHANGED)
    with psycopg.connect(database.url()) as somebody, undone(database):
        somebody.execute(ROW)
        started = time.monotonic()
        done = database.cpctl("apply", "--auto-approve", "--lock-timeout", "1s")
        waited = time.monotonic() - started
    assert done.code == 1, done
    assert 1 <= waited < 4
    assert "job.first could not be written; the apply was undone" in done.err
    assert "another session holds a lock that it needs; waited 1 s for it (55P03)" in done.err
    assert "pg_stat_activity" in done.err
    assert "--lock-timeout" in done.err


@pytest.mark.usefixtures("applied")
def test_waiting_for_a_row_takes_nothing_of_the_statement_s_own_time(database: Database) -> None:
    database.write(CHANGED)
    limits = ("--lock-timeout", "20s", "--statement-timeout", "1s")
    with psycopg.connect(database.url()) as somebody:
        somebody.execute(ROW)
        with Running(database, "apply", "--auto-approve", *limits) as running:
            until_it_waits(database)
            time.sleep(3)
            somebody.rollback()
            done = running.finish()
    assert done.code == 0, done
    in_sync(database)


@pytest.mark.usefixtures("applied")
def test_a_statement_that_takes_too_long_undoes_the_apply(database: Database) -> None:
    database.run(
        "create function public.slow() returns trigger language plpgsql as "
        "$$ begin perform pg_sleep(20); return new; end $$"
    )
    database.run(
        "create trigger slow before update on cron.job for each row execute function public.slow()"
    )
    database.write(CHANGED)
    limits = ("--lock-timeout", "1s", "--statement-timeout", "1s")
    try:
        with undone(database):
            started = time.monotonic()
            done = database.cpctl("apply", "--auto-approve", *limits)
            waited = time.monotonic() - started
    finally:
        database.run("drop function public.slow() cascade")
    assert done.code == 1, done
    assert 2 <= waited < 6
    assert "57014" in done.err
    assert "--statement-timeout" in done.err


@pytest.mark.usefixtures("applied")
def test_a_server_that_says_nothing_is_a_lost_connection(database: Database) -> None:
    database.write(CHANGED)
    limits = ("--lock-timeout", "2s", "--statement-timeout", "1s")
    with psycopg.connect(database.url()) as somebody, untouched(database):
        somebody.execute("select pg_advisory_xact_lock(%s)", (KEY,))
        with Running(database, "apply", "--auto-approve", *limits) as running:
            until_it_waits(database)
            (pid,) = database.rows(WAITING)[0]
            started = time.monotonic()
            with stopped(pid):
                done = running.finish()
            waited = time.monotonic() - started
        until(lambda: database.rows(WAITING) == [], "the end of its session")
    assert done.code == 1, done
    assert 3 <= waited < 9
    assert "no answer for 4.5 s. Nothing was written" in done.err
    assert "trying again" not in done.err


@pytest.mark.parametrize("text", ["0", "0s", "soon", "-1s"])
def test_a_limit_that_is_none_is_an_error(database: Database, text: str) -> None:
    database.write(CHANGED)
    done = database.cpctl("apply", "--auto-approve", f"--statement-timeout={text}")
    assert done.code == 1, done
    assert "--statement-timeout" in done.err
    assert "Remedy:" in done.err
