"""Pause and resume: what they change, of which jobs, and what they say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from tests.integration.pausing import FILE, REASON, active, pause
from tests.integration.remembering import alter, applied, by_hand, found, said
from tests.integration.steps import document, job, untouched
from tests.servers import Database

SCHEMA = Path(__file__).parents[2] / "schemas" / "pause.schema.json"


def test_a_pause_is_one_alter_job_and_a_row_of_the_ledger(scheduler: Database) -> None:
    before, position = scheduler.jobs(), scheduler.log_position()
    text = pause(scheduler, "a_one", "--reason", REASON)
    (statement,) = scheduler.changing_statements(position)
    assert "cron.alter_job(job_id := $1, active := $2)" in statement
    expected = {**before, ("a_one", "postgres"): {**before["a_one", "postgres"], "active": False}}
    assert scheduler.jobs() == expected
    first, *others = text.splitlines()
    assert first.startswith("Paused job.a_one on ")
    assert "/postgres (every 5 minutes; next would have been " in first
    assert first.endswith(" GMT).")
    assert others == ["# deploys leave it paused. Resume: cpctl resume a_one"]


def test_all_pauses_the_files_jobs_and_resume_only_what_it_paused(scheduler: Database) -> None:
    alter(scheduler, "a_two", "active := false")
    by_hand(scheduler, "a_hand")
    text = pause(scheduler, "--all", "--reason", "clone")
    assert text.startswith("Paused 3 jobs on ")
    assert "job.a_two is paused already, outside cpctl." in text
    assert "Resume: cpctl resume --all" in text
    assert active(scheduler) == {
        "a_one": False,
        "a_two": False,
        "a_three": False,
        "a_hand": False,
        "theirs": True,
    }
    assert said(scheduler.cpctl("resume", "--all"), 0).startswith("Resumed 3 jobs on ")
    assert active(scheduler) == {
        "a_one": True,
        "a_two": False,
        "a_three": True,
        "a_hand": True,
        "theirs": True,
    }
    with untouched(scheduler):
        nothing = said(scheduler.cpctl("resume", "--all"), 0)
    assert nothing.startswith("There is nothing to resume on ")


@pytest.mark.parametrize("word", ["key", "a_three", "job.a_three"])
def test_a_job_by_key_name_or_address(scheduler: Database, word: str) -> None:
    pause(scheduler, word)
    assert [name for name, on in active(scheduler).items() if not on] == ["a_three"]


def test_what_is_so_already_is_said_and_not_recorded(scheduler: Database) -> None:
    pause(scheduler, "a_one", "--reason", "INC-381")
    with untouched(scheduler):
        text = pause(scheduler, "a_one", "--reason", "another")
    assert text.startswith("job.a_one is paused already, since ")
    assert 'by postgres ("INC-381").' in text
    assert "active already" in said(scheduler.cpctl("resume", "a_two"), 0)
    assert scheduler.rows("select count(*) from cpctl.applies") == [(2,)]


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (("a_onne",), "did you mean a_one?"),
        (("nothing like it",), "cpctl plan --verbose lists all jobs"),
        ((), "which jobs?"),
        (("a_one", "--all"), "--all is for all jobs of the file: name none"),
        (("a_one", "--reason", "x" * 1001), "1,001 characters"),
    ],
)
def test_what_cannot_be_meant(scheduler: Database, words: tuple[str, ...], wanted: str) -> None:
    with untouched(scheduler):
        assert wanted in pause(scheduler, *words, code=1)


def test_one_name_of_two_owners_needs_the_address(scheduler: Database) -> None:
    scheduler.new_role("bob", "USAGE ON SCHEMA cron")
    scheduler.run("set role bob")
    by_hand(scheduler, "theirs")
    scheduler.run("reset role")
    text = pause(scheduler, "theirs", code=1)
    assert "2 jobs are called theirs" in text
    assert "job.bob/theirs" in text
    pause(scheduler, "job.bob/theirs", "--reason", "INC-9")
    jobs = scheduler.jobs()
    assert (jobs["theirs", "bob"]["active"], jobs["theirs", "postgres"]["active"]) == (False, True)


def test_the_line_that_manages_active_is_named(database: Database) -> None:
    text = document(jobs={"a_one": job(active=True), "a_two": job()})
    applied(database, text)
    shown = pause(database, "a_one", "--reason", "INC-381")
    assert (
        "# scheduler.yaml:3 manages active: the next apply resumes it. "
        "Set it to false there to stay paused."
    ) in shown
    assert "deploys leave" not in shown
    plan = said(database.cpctl("plan"), 0)
    assert 'by postgres ("INC-381"). The file says active: true: apply resumes it.' in plan
    assert "# job.a_one: drifted." in said(database.cpctl("diff"), 2)
    both = pause(database, "--all")
    assert both.startswith("Paused job.a_two")
    applied(database, text)
    assert active(database) == {"a_one": True, "a_two": False}


def test_active_false_pauses_again_what_was_resumed(database: Database) -> None:
    applied(database, document(jobs={"a_one": job(active=False)}))
    shown = said(database.cpctl("resume", "a_one"), 0)
    assert "scheduler.yaml:3 manages active: the next apply pauses it." in shown


def test_what_becomes_of_a_run_in_progress(database: Database) -> None:
    applied(database, document(jobs={"a_one": job(command="SELECT 1")}))
    jobid = database.jobs()["a_one", "postgres"]["jobid"]
    database.run(
        "insert into cron.job_run_details (jobid, runid, job_pid, command, status, start_time) "
        "values (%s, nextval('cron.runid_seq'), 9921, 'x', 'running', now() - interval '40 s')",
        jobid,
    )
    shown = pause(database, "a_one")
    (line,) = [line for line in shown.splitlines() if "in progress" in line]
    assert line.startswith("# 1 run in progress (pid 9921, 4")
    assert line.endswith(" s): pg_cron will show it as failed, its backend goes on and may commit")


def test_its_json_is_as_its_schema_says(scheduler: Database) -> None:
    done = scheduler.cpctl("pause", "a_one", "a_two", "--reason", REASON, "--format", "json")
    shown = found(done)
    Draft202012Validator(json.loads(SCHEMA.read_text("utf-8"))).validate(shown)
    assert (shown["action"], shown["number"], shown["reason"]) == ("pause", "2", REASON)
    assert [one["address"] for one in shown["jobs"]] == ["job.a_one", "job.a_two"]
    assert all(one["changed"] for one in shown["jobs"])


def test_a_rollback_never_takes_a_pause_for_an_apply(scheduler: Database) -> None:
    applied(scheduler, FILE.replace("*/5 * * * *", "*/6 * * * *"))
    pause(scheduler, "a_two", "--reason", "INC-381")
    text = said(scheduler.cpctl("rollback", "3", "--auto-approve"), 1)
    assert "3 is a pause, and no apply" in text
    assert "cpctl resume JOB" in text
    done = said(scheduler.cpctl("rollback", "--auto-approve"), 0)
    assert "Rollback complete" in done
    jobs = scheduler.jobs()
    assert jobs["a_one", "postgres"]["schedule"] == "*/5 * * * *"
    assert jobs["a_two", "postgres"]["active"] is False


def test_a_job_is_paused_without_the_files_variables(scheduler: Database) -> None:
    scheduler.write(FILE + 'urls: {hook: "${NOT_SET}/f"}\n')
    assert "NOT_SET" in said(scheduler.cpctl("plan"), 1)
    pause(scheduler, "key")
    assert active(scheduler)["a_three"] is False
    assert "NOT_SET" in pause(scheduler, "--all", code=1)
