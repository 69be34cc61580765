"""A saved plan is applied exactly, or not at all."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ground import Cluster
from tests.integration.steps import (
    SECRET,
    SECRET_CORE,
    converge,
    document,
    in_sync,
    job,
    plan,
    silent,
    verbs,
)
from tests.servers import Database

BEFORE = document(
    scope={"jobs": ["nightly*"], "settings": ["app.*"]},
    jobs={"nightly": job(), "nightly_old": job()},
    urls={"a": "https://${HOST}/x"},
    secrets={"key": {"from": "env:KEY"}},
)
AFTER = document(
    scope={"jobs": ["nightly*"], "settings": ["app.*"]},
    jobs={"nightly": job("9 9 * * *"), "nightly_new": job()},
    urls={"a": "https://${HOST}/y"},
    secrets={"key": {"from": "env:KEY"}},
)


@pytest.fixture(autouse=True)
def saved(database: Database) -> None:
    """A database at BEFORE, and a plan from there to AFTER in the file `plan`."""
    database.environment |= {"HOST": "abc.example", "KEY": SECRET}
    converge(database, BEFORE, expected={"schedule": 2, "alter system set": 2})
    database.write(AFTER)
    done = database.cpctl("plan", "--out", "plan")
    assert done.code == 0, done


def stale(database: Database) -> None:
    with silent(database):
        done = database.cpctl("apply", "plan", "--auto-approve")
    assert done.code == 5, done
    assert ("nightly_new", "postgres") not in database.jobs()


def test_a_saved_plan_does_what_it_says_and_no_more(database: Database) -> None:
    summary = plan(database)["summary"]
    since = database.log_position()
    done = database.cpctl("apply", "plan", "--auto-approve")
    assert done.code == 0, done
    entries = database.changing_statements(since)
    assert verbs(entries) == {"alter_job": 1, "schedule": 1, "unschedule": 1, "alter system set": 1}
    assert len(entries) == summary["statements"]
    in_sync(database)


def test_a_saved_plan_cannot_be_applied_twice(database: Database) -> None:
    assert database.cpctl("apply", "plan", "--auto-approve").code == 0
    with silent(database):
        assert database.cpctl("apply", "plan", "--auto-approve").code == 5


HAND = {
    "changed": "select cron.alter_job(jobid, schedule := '8 8 * * *') from cron.job "
    "where jobname = 'nightly'",
    "paused": "select cron.alter_job(jobid, active := false) from cron.job "
    "where jobname = 'nightly'",
    "removed": "select cron.unschedule('nightly_old')",
    "recreated": "with gone as (select cron.unschedule('nightly')) "
    "select cron.schedule('nightly', '0 3 * * *', 'SELECT 1;') from gone",
    "created": "select cron.schedule('nightly_new', '0 3 * * *', 'SELECT 1;')",
    "in scope": "select cron.schedule('nightly_other', '0 3 * * *', 'SELECT 1;')",
    "setting": "alter system set app.a_url = 'https://by.hand'",
    "secret": "alter system set app.key = 'by hand'",
    "setting in scope": "alter system set app.b_url = 'https://by.hand'",
}


@pytest.mark.parametrize("change", HAND)
def test_a_change_in_the_database_makes_it_stale(database: Database, change: str) -> None:
    database.run("select set_config('app.b_url', '', false)")
    database.run(HAND[change])
    before = database.jobs(), database.file_settings()
    with silent(database):
        done = database.cpctl("apply", "plan", "--auto-approve")
    assert done.code == 5, done
    assert (database.jobs(), database.file_settings()) == before


def edit_file(database: Database) -> None:
    database.write(AFTER.replace("9 9 * * *", "9 10 * * *"))


def change_variable(database: Database) -> None:
    database.environment["HOST"] = "xyz.example"


def rotate_secret(database: Database) -> None:
    database.environment["KEY"] = "rotated"


def lose_secret(database: Database) -> None:
    del database.environment["KEY"]


@pytest.mark.parametrize("change", [edit_file, change_variable, rotate_secret])
def test_a_change_of_what_it_was_made_from_makes_it_stale(
    database: Database, change: Callable[[Database], None]
) -> None:
    change(database)
    stale(database)


def test_a_secret_that_is_gone_stops_it(database: Database) -> None:
    lose_secret(database)
    with silent(database):
        done = database.cpctl("apply", "plan", "--auto-approve")
    assert done.code in (1, 5), done
    assert "KEY" in done.out + done.err


def test_what_is_not_managed_may_change(database: Database) -> None:
    database.run("select cron.schedule('weekly', '8 8 * * *', 'SELECT 8')")
    database.run("select cron.schedule('1 1 * * *', 'SELECT 0')")
    database.run(
        "insert into cron.job_run_details (jobid, runid) select jobid, 4711 from cron.job limit 1"
    )
    database.run("alter system set work_mem = '9MB'")
    done = database.cpctl("apply", "plan", "--auto-approve")
    assert done.code == 0, done
    assert database.jobs()["nightly", "postgres"]["schedule"] == "9 9 * * *"


def test_no_secret_is_in_the_plan_file(database: Database) -> None:
    database.environment["KEY"] = f"{SECRET_CORE} rotated"
    assert database.cpctl("plan", "--out", "plan2").code == 0
    for name in ("plan", "plan2"):
        saved = (database.folder / name).read_bytes()
        assert b"nightly_new" in saved
        assert SECRET_CORE.encode() not in saved


def test_a_rotated_secret_in_the_plan_is_set(database: Database) -> None:
    database.environment["KEY"] = "rotated"
    assert database.cpctl("plan", "--out", "plan2").code == 0
    done = database.cpctl("apply", "plan2", "--auto-approve")
    assert done.code == 0, done
    assert database.live("app.key") == "rotated"


def test_a_plan_for_another_server_is_refused(database: Database) -> None:
    with Cluster(database.version, "elsewhere") as other:
        done = database.cpctl(
            "apply", "plan", "--auto-approve", environment={"CPCTL_DATABASE_URL": other.url()}
        )
    assert done.code == 5, done
    assert "will be" not in done.err


def test_a_plan_file_that_was_cut_is_an_error(database: Database) -> None:
    path = database.folder / "plan"
    path.write_bytes(path.read_bytes()[:-40])
    with silent(database):
        done = database.cpctl("apply", "plan", "--auto-approve")
    assert done.code in (1, 5), done


def test_a_saved_plan_of_nothing_is_applied_as_nothing(database: Database) -> None:
    database.write(BEFORE)
    assert database.cpctl("plan", "--out", "nothing").code == 0
    with silent(database):
        done = database.cpctl("apply", "nothing", "--auto-approve")
    assert done.code == 0, done
