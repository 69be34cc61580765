"""A saved plan is applied exactly, or not at all."""

from __future__ import annotations

import json

from ground import Cluster
from tests.integration.saved import BEFORE, applied, save, scheduler, stale
from tests.integration.steps import (
    SECRET,
    SECRET_CORE,
    document,
    in_sync,
    job,
    paste_grants,
    plan,
    silent,
    untouched,
    verbs,
)
from tests.servers import Database


def test_a_saved_plan_does_what_it_says_and_only_once(saved: Database) -> None:
    summary = plan(saved)["summary"]
    since = saved.log_position()
    done = applied(saved)
    assert done.code == 0, done
    entries = saved.changing_statements(since)
    assert verbs(entries) == {"alter_job": 1, "schedule": 1, "unschedule": 1, "alter system set": 1}
    assert len(entries) == summary["statements"]
    in_sync(saved)
    with untouched(saved):
        done = applied(saved)
    assert done.code == 5
    assert "the database already is as the files say" in done.err
    assert stale(saved) == [
        'job.nightly: schedule was "0 3 * * *", is now "9 9 * * *"',
        "job.nightly_new: created since",
        "job.nightly_old: removed since",
        'setting.app.a_url: value was "https://abc.example/x", is now "https://abc.example/y"',
    ]


def test_of_two_plans_of_the_same_only_one_applies(saved: Database) -> None:
    assert saved.cpctl("plan", "--out", "twin").code == 0
    assert saved.cpctl("apply", "twin", "--auto-approve").code == 0
    assert "job.nightly_new: created since" in stale(saved)
    in_sync(saved)


def test_the_outcome_for_programs(saved: Database) -> None:
    done = applied(saved, "--format", "json")
    assert done.code == 0, done
    assert {one["address"] for one in json.loads(done.out)["applied"]} == {
        "job.nightly",
        "job.nightly_new",
        "job.nightly_old",
        "setting.app.a_url",
    }
    with untouched(saved):
        done = applied(saved, "--format", "json")
    (error,) = json.loads(done.out)["errors"]
    assert (done.code, error["exit_code"], error["where"]) == (5, 5, "plan")
    assert "job.nightly_new: created since" in error["details"]


def test_a_secret_that_is_gone_stops_it(saved: Database) -> None:
    del saved.environment["KEY"]
    with untouched(saved):
        done = applied(saved)
    assert done.code == 1, done
    assert "env:KEY has no value" in done.err


def test_what_is_not_managed_may_change(saved: Database) -> None:
    """A foreign job, one without a name, a run, a setting that nobody declared, a note."""
    saved.new_role("anna", "USAGE ON SCHEMA cron")
    saved.run("select cron.schedule_in_database('nightly_x', '0 3 * * *', '', 'postgres', 'anna')")
    saved.run("select cron.schedule('weekly', '8 8 * * *', 'SELECT 8')")
    saved.run("select cron.schedule('1 1 * * *', 'SELECT 0')")
    saved.run(
        "insert into cron.job_run_details (jobid, runid) select jobid, 4711 from cron.job limit 1"
    )
    saved.run("alter system set work_mem = '9MB'")
    before = plan(saved)
    assert before["notes"] != json.loads((saved.folder / "plan").read_text())["notes"]
    done = applied(saved)
    assert done.code == 0, done
    assert saved.jobs()["nightly", "postgres"]["schedule"] == "9 9 * * *"


def test_no_secret_is_in_the_plan_file(saved: Database) -> None:
    held = (saved.folder / "plan").read_bytes()
    assert b"nightly_new" in held
    assert SECRET_CORE.encode() not in held


def test_a_rotated_secret_in_the_plan_is_set(saved: Database) -> None:
    saved.environment["KEY"] = "rotated"
    save(saved)
    assert b"rotated" not in (saved.folder / "plan").read_bytes()
    done = applied(saved)
    assert done.code == 0, done
    assert saved.live("app.key") == "rotated"


def test_secrets_that_were_not_compared_apply_if_they_are_equal(saved: Database) -> None:
    del saved.environment["KEY"]
    save(saved, "--secrets", "skip")
    assert json.loads((saved.folder / "plan").read_text())["complete"] is False
    (line,) = stale(saved, KEY="another")
    assert line.startswith("setting.app.key: value was (sensitive)")
    saved.environment["KEY"] = SECRET
    assert applied(saved).code == 0


def test_a_plan_that_changes_a_secret_is_not_applied_without_it(saved: Database) -> None:
    saved.environment["KEY"] = "rotated"
    save(saved)
    (line,) = stale(saved, "--secrets", "skip")
    assert line.startswith("setting.app.key: value was (sensitive) not equal")
    assert applied(saved).code == 0  # the control


def test_a_plan_with_refusals_is_refused_until_their_cause_is_gone(database: Database) -> None:
    database.new_role("deploy", "USAGE ON SCHEMA cron")
    database.environment["CPCTL_DATABASE_URL"] = database.url("deploy")
    inactive = job(active=False)
    database.write(document(defaults={"username": "deploy"}, jobs={"a": inactive}))
    save(database)
    shown = database.cpctl("show", "plan")
    assert (shown.code, "Refused: deploy may not do this change." in shown.out) == (0, True)
    with untouched(database):
        done = applied(database)
    assert done.code == 3, done
    assert paste_grants(database, done.err)
    assert applied(database).code == 0
    assert database.jobs()["a", "deploy"]["active"] is False


def test_a_plan_for_another_server_is_refused(saved: Database) -> None:
    with Cluster(saved.version, "elsewhere") as other:
        lines = stale(saved, CPCTL_DATABASE_URL=other.url())
    assert lines[0].startswith("system_identifier")


def test_a_saved_plan_of_nothing_is_applied_as_nothing(saved: Database) -> None:
    saved.write(scheduler("/x", **BEFORE))
    save(saved)
    with silent(saved):
        done = applied(saved)
    assert done.code == 0, done


def test_a_plan_from_standard_input_reads_it_again(database: Database) -> None:
    text = scheduler("/x", nightly=job())
    database.environment |= {"HOST": "abc.example", "KEY": SECRET}
    assert database.cpctl("plan", "-f", "-", "--out", "plan", stdin=text).code == 0
    other = text.replace("0 3", "0 4")
    done = database.cpctl("apply", "plan", "--auto-approve", stdin=other)
    assert (done.code, "<stdin> has another text" in done.err) == (5, True), done
    assert database.cpctl("apply", "plan", "--auto-approve", stdin=text).code == 0


def test_a_right_that_came_since_makes_other_statements(database: Database) -> None:
    database.new_role("deploy", "USAGE ON SCHEMA cron")
    database.environment["CPCTL_DATABASE_URL"] = database.url("deploy")
    database.run("select cron.schedule_in_database('a', '0 3 * * *', '', 'postgres', 'deploy')")
    database.write(document(defaults={"username": "deploy"}, jobs={"a": job("0 4 * * *")}))
    save(database)
    database.run(
        "GRANT EXECUTE ON FUNCTION "
        "cron.alter_job(bigint, text, text, text, text, boolean) TO deploy"
    )
    (line,) = stale(database)
    assert "the plan runs SELECT cron.schedule(" in line
    assert "an apply would now run SELECT cron.alter_job(" in line
