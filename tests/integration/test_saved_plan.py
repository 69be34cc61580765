"""A saved plan is applied exactly, or not at all."""

from __future__ import annotations

import pytest

from ground import Cluster
from tests.integration.steps import (
    SECRET,
    SECRET_CORE,
    document,
    given,
    in_sync,
    job,
    plan,
    silent,
    untouched,
    verbs,
)
from tests.servers import Database


def scheduler(path: str, **jobs: object) -> str:
    return document(
        scope={"jobs": ["nightly*"], "settings": ["app.*"]},
        jobs=jobs,
        urls={"a": "https://${HOST}" + path},
        secrets={"key": {"from": "env:KEY"}},
    )


BEFORE = {"nightly": job(), "nightly_old": job()}
AFTER = scheduler("/y", nightly=job("9 9 * * *"), nightly_new=job())


@pytest.fixture(autouse=True)
def saved(database: Database) -> None:
    """A database at BEFORE, and a plan from there to AFTER in the file `plan`."""
    database.environment |= {"HOST": "abc.example", "KEY": SECRET}
    given(database, BEFORE, {"app.a_url": "https://abc.example/x", "app.key": SECRET})
    database.write(AFTER)
    done = database.cpctl("plan", "--out", "plan")
    assert done.code == 0, done


def stale(database: Database) -> None:
    with untouched(database):
        done = database.cpctl("apply", "plan", "--auto-approve")
    assert done.code == 5, done


def test_a_saved_plan_does_what_it_says_and_only_once(database: Database) -> None:
    summary = plan(database)["summary"]
    since = database.log_position()
    done = database.cpctl("apply", "plan", "--auto-approve")
    assert done.code == 0, done
    entries = database.changing_statements(since)
    assert verbs(entries) == {"alter_job": 1, "schedule": 1, "unschedule": 1, "alter system set": 1}
    assert len(entries) == summary["statements"]
    in_sync(database)
    with silent(database):
        assert database.cpctl("apply", "plan", "--auto-approve").code == 5


JOB_CHANGES = {
    "changed": "select cron.alter_job({}, schedule := '8 8 * * *')",
    "paused": "select cron.alter_job({}, active := false)",
    "removed": "select cron.unschedule('nightly_old')",
    "created": "select cron.schedule('nightly_new', '0 3 * * *', 'SELECT 1;')",
    "in scope": "select cron.schedule('nightly_other', '0 3 * * *', 'SELECT 1;')",
    "recreated": "with gone as (select cron.unschedule({}::bigint)) "
    "select cron.schedule('nightly', '0 3 * * *', 'SELECT 1;') from gone",
}


def test_a_job_that_changes_makes_it_stale(database: Database) -> None:
    jobid = database.jobs()["nightly", "postgres"]["jobid"]
    database.run("create temp table before as select * from cron.job")
    codes = {}
    for change, statement in JOB_CHANGES.items():
        database.run(statement.format(jobid))
        with untouched(database):
            codes[change] = database.cpctl("apply", "plan", "--auto-approve").code
        database.run("delete from cron.job")
        database.run("insert into cron.job select * from before")
    assert codes == dict.fromkeys(JOB_CHANGES, 5)
    assert database.cpctl("apply", "plan", "--auto-approve").code == 0  # the control


SETTING_CHANGES = {
    "setting": {"app.a_url": "https://by.hand"},
    "secret": {"app.key": "by hand"},
    "in scope": {"app.b_url": "https://by.hand"},
}


@pytest.mark.parametrize("change", SETTING_CHANGES)
def test_a_setting_that_changes_makes_it_stale(database: Database, change: str) -> None:
    given(database, settings=SETTING_CHANGES[change])
    stale(database)


def test_a_change_of_what_it_was_made_from_makes_it_stale(database: Database) -> None:
    database.write(AFTER.replace("9 9 * * *", "9 10 * * *"))
    stale(database)
    database.write(AFTER)
    database.environment["HOST"] = "xyz.example"
    stale(database)
    database.environment |= {"HOST": "abc.example", "KEY": "rotated"}
    stale(database)
    database.environment["KEY"] = SECRET
    assert database.cpctl("apply", "plan", "--auto-approve").code == 0  # the control


def test_a_secret_that_is_gone_stops_it(database: Database) -> None:
    del database.environment["KEY"]
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
    saved = (database.folder / "plan").read_bytes()
    assert b"nightly_new" in saved
    assert SECRET_CORE.encode() not in saved


def test_a_rotated_secret_in_the_plan_is_set(database: Database) -> None:
    database.environment["KEY"] = "rotated"
    assert database.cpctl("plan", "--out", "plan2").code == 0
    assert b"rotated" not in (database.folder / "plan2").read_bytes()
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
    database.write(scheduler("/x", **BEFORE))
    assert database.cpctl("plan", "--out", "nothing").code == 0
    with silent(database):
        done = database.cpctl("apply", "nothing", "--auto-approve")
    assert done.code == 0, done
