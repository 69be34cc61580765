"""`was:` keeps a job under a new name, and makes no second one."""

from __future__ import annotations

import json

import pytest

from tests.integration.steps import (
    apply,
    converge,
    document,
    given,
    in_sync,
    job,
    plan,
    refused,
    silent,
    untouched,
)
from tests.servers import Database

OLD, NEW = ("rpt", "postgres"), ("report", "postgres")
RENAME = {"update cron.job set": 1}
REPLACE = {"schedule": 1, "unschedule": 1}
DIFF = "diff", "--format", "json"


def report(**more: object) -> str:
    return document(jobs={"report": {**job(), "was": "rpt", **more}})


def plain_role(database: Database, name: str = "deploy") -> str:
    """A role with the rights that applies of its own jobs take, and no others."""
    return database.new_role(
        name,
        "USAGE ON SCHEMA cron",
        "EXECUTE ON FUNCTION cron.alter_job(bigint,text,text,text,text,boolean)",
        "EXECUTE ON FUNCTION cron.schedule_in_database(text,text,text,text,text,boolean)",
    )


def history(database: Database, jobid: object) -> None:
    database.run(
        "insert into cron.job_run_details (jobid, runid, command, status) "
        "values (%s, nextval('cron.runid_seq'), 'SELECT 1;', 'succeeded')",
        jobid,
    )


def test_a_job_is_renamed_in_place_and_keeps_jobid_and_history(database: Database) -> None:
    given(database, {"rpt": job(active=False)})
    before = database.jobs()[OLD]
    history(database, before["jobid"])
    converge(database, report(), expected=RENAME)
    assert database.jobs() == {NEW: before}
    assert database.rows("select jobid from cron.job_run_details") == [(before["jobid"],)]


def test_the_words_of_a_rename(database: Database) -> None:
    given(database, {"rpt": job()})
    jobid = database.jobs()[OLD]["jobid"]
    database.write(report())
    shown = database.cpctl("plan").out
    assert "# job.report will be renamed in-place (was rpt)" in shown
    line = '  ~ name = "rpt" -> "report"'
    assert f"{line:<76}# jobid {jobid} and its history stay\n" in shown
    assert "hidden" not in shown
    assert "Plan: 0 to create, 1 to update, 0 to delete (1 statement)." in shown
    row = database.cpctl("plan", "--format", "markdown").out
    assert "| ~ | `job.report` | named `rpt` | renamed, history kept |" in row
    (change,) = plan(database)["changes"]
    assert (change["action"], change["address"]) == ("update", "job.report")
    assert (change["before"]["name"], change["after"]["name"]) == ("rpt", "report")
    drift = database.cpctl("diff")
    assert drift.code == 2
    assert "# job.report: drifted. It still has its old name, rpt" in drift.out
    done = database.cpctl("apply", "--auto-approve")
    assert f"  job.report    renamed    jobid {jobid}\n" in done.out


def test_a_renamed_job_with_other_changes_takes_one_alter_job_more(database: Database) -> None:
    given(database, {"rpt": job()})
    jobid = database.jobs()[OLD]["jobid"]
    text = report(schedule="5 5 * * *", active=False)
    database.write(text)
    assert plan(database)["summary"]["statements"] == 2
    shown = database.cpctl("plan").out
    assert shown.index("~ name ") < shown.index("~ schedule ")
    converge(database, text, expected={**RENAME, "alter_job": 1})
    assert database.jobs() == {
        NEW: {
            "jobid": jobid,
            "schedule": "5 5 * * *",
            "command": "SELECT 1;",
            "database": "postgres",
            "active": False,
        }
    }


def test_the_script_renames_too(database: Database) -> None:
    given(database, {"rpt": job()})
    before = database.jobs()[OLD]
    database.write(report())
    script = database.cpctl("plan", "--format", "sql").out
    (statement,) = [line for line in script.splitlines() if line.startswith("UPDATE")]
    database.run(statement)
    assert database.jobs() == {NEW: before}


def test_a_line_that_was_left_in_the_file_does_no_harm(database: Database) -> None:
    converge(database, report(), expected={"schedule": 1})
    (entry,) = converge(database, report(schedule="1 1 * * *"), expected={"alter_job": 1})
    assert "jobname" not in entry
    assert list(database.jobs()) == [NEW]


def test_a_new_job_shows_no_name_of_its_own(database: Database) -> None:
    database.write(report())
    shown = database.cpctl("plan").out
    assert "# job.report will be created" in shown
    assert "name " not in shown


@pytest.mark.parametrize("scope", [["report*"], ["r*"], None])
def test_a_rename_does_not_depend_on_the_scope(database: Database, scope: list[str] | None) -> None:
    given(database, {"rpt": job()})
    sections = {"scope": {"jobs": scope}} if scope else {}
    text = document(jobs={"report": job(was="rpt")}, **sections)
    converge(database, text, expected=RENAME)


def test_where_both_are_there_the_error_says_which_to_drop(database: Database) -> None:
    given(database, {"rpt": job(), "report": job()})
    jobid = database.jobs()[OLD]["jobid"]
    database.write(report())
    for command in (("plan",), ("diff",), ("apply", "--auto-approve")):
        with untouched(database):
            done = database.cpctl(*command)
        assert done.code == 1
        assert "scheduler.yaml:3:" in done.err
        assert "job.rpt and job.report are both in the database" in done.err
        assert f"unschedule job.rpt (jobid {jobid}), or remove this line" in done.err


def test_only_the_job_of_the_same_owner_is_renamed(database: Database) -> None:
    database.new_role("other")
    given(database, {"rpt": job()}, owner="other")
    converge(database, report(), expected={"schedule_in_database": 0, "schedule": 1})
    assert set(database.jobs()) == {("rpt", "other"), NEW}


def test_the_job_of_another_role_is_renamed_by_a_superuser(database: Database) -> None:
    database.new_role("other")
    given(database, {"rpt": job()}, owner="other")
    before = database.jobs()["rpt", "other"]
    text = document(jobs={"report": job(was="rpt", username="other")})
    converge(database, text, expected=RENAME)
    assert database.jobs() == {("report", "other"): before}


def test_a_name_that_another_role_has_is_refused_for_a_rename_too(database: Database) -> None:
    database.new_role("other")
    given(database, {"report": job()}, owner="other")
    given(database, {"rpt": job()})
    database.write(report())
    assert "exists and belongs to other" in refused(database, "apply", "--auto-approve").out


def test_without_the_right_it_is_replaced_in_one_transaction(database: Database) -> None:
    role = plain_role(database)
    given(database, {"rpt": job()}, owner=role)
    jobid = database.jobs()["rpt", role]["jobid"]
    database.write(report(username=role))
    shown = database.cpctl("plan", user=role).out
    assert "# job.report will be replaced (rename), was rpt" in shown
    assert f"  # history stays under jobid {jobid}" in shown
    assert "# (because job.report replaces it)" in shown
    assert "DELETES_JOB" not in shown
    assert "Plan: 1 to create, 0 to update, 1 to delete (2 statements)." in shown
    row = database.cpctl("plan", "--format", "markdown", user=role).out
    assert f"named `rpt`, whose history stays under jobid {jobid} | " in row
    assert "| replaced by `job.report` |" in row
    assert "WARNING" not in row
    drift = json.loads(database.cpctl(*DIFF, user=role).out)
    assert [found["class"] for found in drift["resources"]] == ["missing", "extra"]
    converge(database, report(username=role), expected=REPLACE, user=role)
    assert list(database.jobs()) == [("report", role)]


def test_a_replaced_job_stays_paused_and_keeps_what_is_ignored(database: Database) -> None:
    role = plain_role(database)
    given(database, {"rpt": job("7 7 * * *", active=False)}, owner=role)
    text = report(username=role, ignore_changes=["schedule"])
    converge(database, text, expected={"schedule_in_database": 1, "unschedule": 1}, user=role)
    found = database.jobs()["report", role]
    assert (found["active"], found["schedule"]) == (False, "7 7 * * *")


def test_a_declared_state_holds_for_a_replaced_job(database: Database) -> None:
    role = plain_role(database)
    given(database, {"rpt": job(active=False)}, owner=role)
    converge(database, report(username=role, active=True), expected=REPLACE, user=role)
    assert database.jobs()["report", role]["active"] is True


def test_replacing_many_is_not_deleting_many(database: Database) -> None:
    role = plain_role(database)
    given(database, {f"old_{n:02}": job() for n in range(10)}, owner=role)
    jobs = {f"new_{n:02}": job(was=f"old_{n:02}") for n in range(10)}
    text = document(limits={"deletes": 0}, defaults={"username": role}, jobs=jobs)
    converge(database, text, expected={"schedule": 10, "unschedule": 10}, user=role)


def test_update_on_the_table_is_all_that_a_rename_in_place_takes(database: Database) -> None:
    role = database.new_role(
        "keeper", "USAGE ON SCHEMA cron", "UPDATE ON cron.job", options="LOGIN BYPASSRLS"
    )
    given(database, {"rpt": job()}, owner=role)
    before = database.jobs()["rpt", role]
    converge(database, report(), expected=RENAME, user=role)
    assert database.jobs() == {("report", role): before}


def test_a_failed_replacement_leaves_the_old_job(database: Database) -> None:
    role = plain_role(database)
    given(database, {"rpt": job()}, owner=role)
    database.run("revoke execute on function cron.schedule(text,text,text) from public")
    database.write(report(username=role))
    try:
        done = refused(database, "apply", "--auto-approve", user=role)
        assert "EXECUTE ON FUNCTION cron.schedule" in done.out + done.err
    finally:
        database.run("grant execute on function cron.schedule(text,text,text) to public")
    assert list(database.jobs()) == [("rpt", role)]


def test_a_protected_job_is_not_replaced_unasked(database: Database) -> None:
    role = plain_role(database)
    given(database, {"rpt": job()}, owner=role)
    database.write(report(username=role, protect=True))
    done = refused(database, "apply", "--auto-approve", user=role)
    assert "job.rpt is protected, and job.report would replace it" in done.out
    text = report(username=role, protect=True)
    converge(database, text, "--allow", "PROTECTED", expected=REPLACE, user=role)


def test_a_protected_job_is_renamed_in_place(database: Database) -> None:
    given(database, {"rpt": job()})
    converge(database, report(protect=True), expected=RENAME)


def test_a_rename_after_which_somebody_takes_the_old_name_again_is_said(
    database: Database,
) -> None:
    given(database, {"rpt": job()})
    apply(database, report(), expected=RENAME)
    given(database, {"rpt": job()})
    with silent(database):
        assert database.cpctl("plan").code == 1
    database.write(document(jobs={"report": job()}))
    in_sync(database)
