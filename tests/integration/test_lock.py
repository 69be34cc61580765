"""One apply at a time, and none that is lost or doubled."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import psycopg

from tests.integration.steps import (
    GUIDE_SCHEDULES,
    document,
    follow_guide,
    in_sync,
    job,
    untouched,
    verbs,
)
from tests.runner import Result
from tests.servers import Database

KEY = int.from_bytes(b"cpctl", "big")


@contextmanager
def held(database: Database) -> Iterator[int]:
    """The lock of all applies, in another session; its process id."""
    with psycopg.connect(database.url(), application_name="somebody else") as session:
        session.execute("select pg_advisory_xact_lock(%s)", (KEY,))
        yield session.info.backend_pid


def test_an_apply_gives_up_on_a_held_lock_and_names_the_holder(database: Database) -> None:
    database.write(document(jobs={"nightly": job()}, settings={"app.a": "1"}))
    with held(database) as pid, untouched(database):
        started = time.monotonic()
        done = database.cpctl("apply", "--auto-approve", "--lock-timeout", "2s")
        waited = time.monotonic() - started
    assert done.code == 4, done
    assert 2 <= waited < 5
    assert "Waiting for the lock, held by postgres" in done.err
    assert str(pid) in done.err
    assert "Waiting" not in done.out


def test_a_quiet_apply_says_nothing_while_it_waits(database: Database) -> None:
    database.write(document(jobs={"nightly": job()}))
    with held(database), untouched(database):
        done = database.cpctl("apply", "--auto-approve", "--lock-timeout", "1500ms", "--quiet")
    assert done.code == 4, done
    assert "giving up in" not in done.err


def test_an_apply_goes_on_when_the_lock_is_free(database: Database) -> None:
    database.write(document(jobs={"nightly": job()}, settings={"app.a": "1"}))
    with ThreadPoolExecutor() as pool:
        with held(database):
            waiting = pool.submit(database.cpctl, "apply", "--auto-approve")
            wait_for_a_waiter(database)
            time.sleep(1.2)
        done = waiting.result(timeout=30)
    assert done.code == 0, done
    assert "Waiting for the lock" in done.err
    in_sync(database)


def wait_for_a_waiter(database: Database) -> None:
    waiting = "select count(*) from pg_locks where locktype = 'advisory' and not granted"
    deadline = time.monotonic() + 20
    while database.rows(waiting) != [(1,)]:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_what_changes_during_the_wait_is_planned_again(database: Database) -> None:
    database.write(document(scope={"jobs": ["nightly*"]}, jobs={"nightly": job()}))
    since = database.log_position()
    with ThreadPoolExecutor() as pool:
        with held(database):
            waiting = pool.submit(database.cpctl, "apply", "--auto-approve")
            wait_for_a_waiter(database)
            database.run("select cron.schedule('nightly', '8 8 * * *', 'SELECT 8')")
            database.run("select cron.schedule('nightly_2', '8 8 * * *', 'SELECT 8')")
        done = waiting.result(timeout=30)
    assert done.code == 0, done
    assert verbs(database.changing_statements(since)) == {"alter_job": 1, "unschedule": 1}
    in_sync(database)


def test_guards_run_again_after_the_wait(database: Database) -> None:
    database.new_role("anna", "USAGE ON SCHEMA cron")
    database.write(document(jobs={"nightly": job()}))
    by_anna = "select cron.schedule_in_database('nightly', '8 8 * * *', '', 'postgres', 'anna')"
    with ThreadPoolExecutor() as pool:
        with held(database):
            waiting = pool.submit(database.cpctl, "apply", "--auto-approve")
            wait_for_a_waiter(database)
            database.run(by_anna)
        done = waiting.result(timeout=30)
    assert done.code == 3, done
    assert set(database.jobs()) == {("nightly", "anna")}


def test_an_empty_plan_and_a_plan_need_no_lock(database: Database) -> None:
    database.write(document(jobs={"nightly": job()}))
    assert database.cpctl("apply", "--auto-approve").code == 0
    with held(database), untouched(database):
        for command in (("apply", "--auto-approve"), ("plan",), ("diff",)):
            started = time.monotonic()
            assert database.cpctl(*command).code == 0
            assert time.monotonic() - started < 3


def test_eight_applies_at_once_all_succeed_without_a_twin(database: Database) -> None:
    follow_guide(database)
    since = database.log_position()
    start = threading.Barrier(8)

    def one() -> Result:
        start.wait()
        return database.cpctl("apply", "--auto-approve")

    with ThreadPoolExecutor(8) as pool:
        results = [future.result(timeout=100) for future in [pool.submit(one) for _ in range(8)]]
    assert [result.code for result in results] == [0] * 8, results
    assert sorted(name for (name,) in database.rows("select jobname from cron.job")) == sorted(
        GUIDE_SCHEDULES
    )
    assert verbs(database.changing_statements(since)) == {"schedule": 6, "alter system set": 7}
    assert database.rows("select count(*) from cpctl.applies") == [(1,)]
    in_sync(database)
