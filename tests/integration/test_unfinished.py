"""An apply that dies is named by the next plan, and buried by the next apply."""

from __future__ import annotations

import json
import signal
import zlib
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from tests.integration.remembering import alter, applied, by_hand, found, outcomes, said
from tests.integration.running import Running, setting_text, slow_logins, until, until_it_waits
from tests.integration.steps import document, in_sync, job
from tests.integration.test_lock import held, wait_for_a_waiter
from tests.servers import Database

SCOPE = {"jobs": ["a_*"], "settings": ["app.*"]}
OLD = document(scope=SCOPE, jobs={"a_one": job()}, settings={"app.x": "old"})
NEW = document(scope=SCOPE, jobs={"a_one": job("0 4 * * *")}, settings={"app.x": "new"})
GONE = "select count(*) from pg_stat_activity where application_name like 'cpctl apply%%'"


@pytest.fixture
def killed(database: Database) -> None:
    """kill -9 after ALTER SYSTEM and before the commit."""
    applied(database, OLD)
    database.write(NEW)
    with slow_logins(database), Running(database, "apply", "--auto-approve") as running:
        until(lambda: "app.x = 'new'" in setting_text(database), "the setting")
        running.signal(signal.SIGKILL)
        until(lambda: running.ended, "its end")
    until(lambda: database.rows(GONE) == [(0,)], "the end of its sessions")
    assert outcomes(database)[-1] == (2, "test", None, False)
    ((schedule,),) = database.rows("select schedule from cron.job")
    assert schedule == "0 3 * * *"


@pytest.mark.usefixtures("killed")
def test_the_next_plan_and_diff_name_it(database: Database) -> None:
    for command, code in (("plan", 0), ("diff", 2)):
        shown = said(database.cpctl(command), code)
        assert "apply 2 of test, begun 20" in shown
        assert "by postgres, was never finished" in shown
        document = found(database.cpctl(command, "--format", "json"), code)
        assert "was never finished" in str(document["notes"])
    assert "unfinished" in said(database.cpctl("history"), 0)


@pytest.mark.usefixtures("killed")
def test_it_is_named_even_where_nothing_is_left_to_do(database: Database) -> None:
    alter(database, "a_one", "schedule := '0 4 * * *'")
    assert "apply 2 of test" in said(database.cpctl("plan", "--detailed-exitcode"), 0)
    assert "apply 2 of test" in said(database.cpctl("diff"), 0)


@pytest.mark.usefixtures("killed")
def test_the_next_apply_buries_it_and_ends_the_work(database: Database) -> None:
    assert database.cpctl("apply", "--auto-approve").code == 0
    assert outcomes(database)[1:] == [(2, "test", "died", False), (3, "test", "applied", True)]
    in_sync(database)
    assert "never finished" not in said(database.cpctl("plan"), 0)
    assert "died" in said(database.cpctl("history"), 0)
    assert "apply 2 of test: died" in said(database.cpctl("history", "show", "2"), 0)


@pytest.mark.usefixtures("killed")
def test_a_change_that_it_left_is_not_said_to_be_by_hand(database: Database) -> None:
    """The setting is live, the file was taken back: it was cpctl that changed the database."""
    database.write(OLD)
    shown = said(database.cpctl("diff"), 2)
    assert "# setting.app.x: drifted" in shown
    assert "not by cpctl" not in shown
    assert "see cpctl history" in shown


@pytest.mark.usefixtures("killed")
def test_there_is_nothing_of_it_to_roll_back(database: Database) -> None:
    assert "apply 2 was not committed" in said(database.cpctl("rollback", "2"), 1)


def test_while_it_lives_it_is_at_work(database: Database) -> None:
    applied(database, OLD)
    database.write(NEW)
    environment = {"CI_PIPELINE_ID": "8812"}
    with psycopg.connect(database.url()) as session:
        session.execute("select from cpctl.files for update")
        with Running(database, "apply", "--auto-approve", **environment) as running:
            until_it_waits(database)
            shown = said(database.cpctl("plan"), 0)
            assert "apply 2 of test, begun 20" in shown
            assert "by postgres (CI run 8812), is at work" in shown
            assert "never finished" not in shown
            assert "running" in said(database.cpctl("history"), 0)
            waiting = database.cpctl("apply", "--auto-approve", "--lock-timeout", "1200ms")
            assert "cpctl apply, CI run 8812" in said(waiting, 4)
            session.rollback()
            assert running.finish().code == 0
    assert outcomes(database)[-1] == (2, "test", "applied", True)
    in_sync(database)


def test_an_apply_that_waited_sees_what_another_one_left(database: Database) -> None:
    """Without a scope, what may go is what the ledger has: also what was applied meanwhile."""
    number = applied(database, document(jobs={"a_one": job()}))
    database.write(document(jobs={"a_new": job()}))
    with ThreadPoolExecutor() as pool:
        with held(database):
            waiting = pool.submit(database.cpctl, "apply", "--auto-approve")
            wait_for_a_waiter(database)
            by_hand(database, "a_two")
            remembers(database, number, "a_two")
        done = waiting.result(timeout=60)
    assert done.code == 0, done
    assert {name for name, _ in database.jobs()} == {"a_new"}


@pytest.mark.parametrize("settings", [{}, {"x": "1"}], ids=["jobs", "settings"])
def test_two_first_applies_at_once_make_one_ledger(
    database: Database, settings: dict[str, str]
) -> None:
    for name in ("one", "two"):
        own = {f"{name}.{key}": value for key, value in settings.items()}
        jobs = {f"{name}_job": job()}
        database.write(document(name=name, jobs=jobs, settings=own), f"{name}.yaml")
    with ThreadPoolExecutor() as pool:
        with held(database):
            both = [
                pool.submit(database.cpctl, "apply", "--auto-approve", "-f", f"{name}.yaml")
                for name in ("one", "two")
            ]
            waiting = "select count(*) from pg_locks where locktype = 'advisory' and not granted"
            until(lambda: database.rows(waiting) == [(2,)], "two that wait")
        results = [each.result(timeout=60) for each in both]
    assert [done.code for done in results] == [0, 0], results
    assert sorted(name for _, name, _, _ in outcomes(database)) == ["one", "two"]


def remembers(database: Database, number: int, name: str) -> None:
    """What another apply of the file would have written, had it made this job."""
    ((packed,),) = database.rows("select state from cpctl.files where apply = %s", number)
    state = json.loads(zlib.decompress(packed))
    state[f"job.{name}"] = state["job.a_one"]
    again = zlib.compress(json.dumps(state).encode())
    database.run("update cpctl.files set state = %s", again)
