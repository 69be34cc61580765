"""Who paused a job, since when and why: told by every command, and only where it is so."""

from __future__ import annotations

import json
import re
from pathlib import Path

import psycopg
import pytest

from ground import Cluster
from tests.integration.pausing import FILE, REASON, active, pause
from tests.integration.remembering import alter, applied, by_hand, found, said
from tests.integration.steps import document, in_sync, job
from tests.integration.watching import looked, ran
from tests.runner import Runner
from tests.servers import Database


def test_status_jobs_and_health_tell_who_and_why(scheduler: Database) -> None:
    commands = ("status", "jobs", "health")
    alter(scheduler, "a_three", "active := false")
    pause(scheduler, "a_one", "a_two", "--reason", REASON)
    who = r'since \d\d:\d\d by postgres \("WordPress down, \\"INC-381\\""\)'
    status, jobs, health = (said(scheduler.cpctl(command), 0) for command in commands)
    assert re.search(
        rf"  paused    job\.a_one, job\.a_two  {who}\n {{12}}job\.a_three  out", status
    )
    assert re.search(rf"\njob\.a_two  \(paused {who}\)\n", jobs)
    assert "\njob.a_three  (paused outside cpctl)\n" in jobs
    assert len(re.findall(rf"\n {{13}}# paused {who}\n", health)) == 2
    assert health.count("\n             # paused outside cpctl\n") == 1
    told = [looked(scheduler, command) for command in commands]
    for jobs_of_it in (told[0]["paused_jobs"], told[1]["jobs"], told[2]["health"]):
        by = {it["address"]: (it["paused_by"], it["paused_because"]) for it in jobs_of_it}
        mine, theirs = ("postgres", REASON), (None, None)
        assert by == {"job.a_one": mine, "job.a_two": mine, "job.a_three": theirs}
        assert sum(it["paused_since"] is not None for it in jobs_of_it) == 2


def test_a_run_since_shows_that_somebody_else_paused_it_again(scheduler: Database) -> None:
    pause(scheduler, "a_one", "--reason", REASON)
    ((jobid,),) = scheduler.rows("select jobid from cron.job where jobname = 'a_one'")
    ran(scheduler, jobid, ago="-1 min")
    (one,) = [it for it in looked(scheduler, "jobs")["jobs"] if it["address"] == "job.a_one"]
    assert one["paused_by"] is None
    assert "job.a_one  (paused outside cpctl)" in said(scheduler.cpctl("jobs"), 0)
    found = json.loads(scheduler.cpctl("doctor", "--format", "json").out)["findings"]
    assert [it["what"] for it in found] == ["job.a_one is paused outside cpctl"]


def test_who_may_not_read_the_ledger_sees_that_it_is_paused(scheduler: Database) -> None:
    pause(scheduler, "a_one", "--reason", REASON)
    scheduler.write(FILE + "ledger: false\ndefaults: {username: postgres}\n")
    status, jobs, health = (
        said(scheduler.cpctl(command), 0) for command in ("status", "jobs", "health")
    )
    assert "  paused    job.a_one\n" in status
    assert "\njob.a_one  (paused)\n" in jobs
    assert "paused" not in health
    scheduler.write(FILE + "defaults: {username: postgres}\n")
    scheduler.run("create role onlooker bypassrls login")
    scheduler.run("grant usage on schema cron to onlooker")
    scheduler.run("grant select on all tables in schema cron to onlooker")
    assert "\njob.a_one  (paused)\n" in said(scheduler.cpctl("jobs", user="onlooker"), 0)


def test_plan_diff_and_history_tell_who_and_why(scheduler: Database) -> None:
    scheduler.environment |= {"CI_PIPELINE_ID": "8812", "CI_COMMIT_SHA": "3f2a91cbeef"}
    pause(scheduler, "a_one", "--reason", REASON)
    alter(scheduler, "a_two", "active := false")
    who = r'by postgres (CI run 8812, 3f2a91c) ("WordPress down, \"INC-381\"")'
    plan = in_sync(scheduler).out
    (mine,) = [line for line in plan.splitlines() if "job.a_one" in line]
    assert mine.startswith("Note: job.a_one is paused since ")
    assert mine.endswith(f"{who}. The file does not manage `active`: apply leaves it paused.")
    assert "Note: job.a_two is paused outside cpctl. The file does not manage" in plan
    diff = said(scheduler.cpctl("diff"), 0)
    assert "Paused by hand: job.a_one since " in diff
    assert f"{who}, job.a_two.  Unmanaged: " in diff
    shown = found(scheduler.cpctl("diff", "--format", "json"))
    assert shown["paused"] == ["job.a_one", "job.a_two"]
    assert shown["paused_since"].keys() == {"job.a_one"}
    assert shown["paused_since"]["job.a_one"].endswith(who)
    newest, older = said(scheduler.cpctl("history"), 0).splitlines()[2:4]
    assert newest.split()[0] == "2"
    assert "  paused   job.a_one" in newest
    assert newest.endswith(who.removeprefix("by "))
    assert "applied" in older


def test_history_show_has_the_job_and_its_flag(scheduler: Database) -> None:
    pause(scheduler, "a_one", "--reason", REASON)
    shown = said(scheduler.cpctl("history", "show", "2"), 0)
    assert shown.startswith("pause 2 of job.a_one\n")
    assert f"reason  {REASON}" in shown
    assert "~ job.a_one\n    active = true -> false" in shown
    assert "To undo it: cpctl resume a_one" in shown
    (one,) = found(scheduler.cpctl("history", "show", "2", "--format", "json"))["applies"]
    assert (one["action"], one["reason"], one["jobs"], one["via"]) == (
        "pause",
        REASON,
        ["job.a_one"],
        "cpctl",
    )


def test_a_deploy_leaves_it_and_resume_says_whose_it_was(scheduler: Database) -> None:
    pause(scheduler, "a_one", "--reason", "INC-381")
    applied(scheduler, FILE.replace("*/5 * * * *", "*/6 * * * *"))
    assert active(scheduler)["a_one"] is False
    assert "paused since" in in_sync(scheduler).out
    resumed = said(scheduler.cpctl("resume", "a_one"), 0)
    assert resumed.startswith("Resumed job.a_one on ")
    assert "# it was paused since " in resumed
    assert 'by postgres ("INC-381")' in resumed
    assert active(scheduler)["a_one"] is True
    assert "paused" not in in_sync(scheduler).out
    assert "  resumed  job.a_one" in said(scheduler.cpctl("history"), 0)


def test_paused_by_hand_after_a_resume_is_by_hand(scheduler: Database) -> None:
    pause(scheduler, "a_one", "--reason", "INC-381")
    assert scheduler.cpctl("resume", "a_one").code == 0
    alter(scheduler, "a_one", "active := false")
    assert "job.a_one is paused outside cpctl" in in_sync(scheduler).out


def test_a_run_since_shows_that_somebody_had_resumed_it(scheduler: Database) -> None:
    pause(scheduler, "a_one", "--reason", "INC-381")
    jobid = scheduler.jobs()["a_one", "postgres"]["jobid"]
    run = (
        "insert into cron.job_run_details (jobid, runid, command, status, start_time) "
        "values (%s, nextval('cron.runid_seq'), 'x', 'succeeded', now() + interval '%s')"
    )
    scheduler.run(run.replace("'%s'", "'2 seconds'"), jobid)
    assert "job.a_one is paused since" in in_sync(scheduler).out
    scheduler.run(run.replace("'%s'", "'1 minute'"), jobid)
    assert "job.a_one is paused outside cpctl" in in_sync(scheduler).out


@pytest.mark.parametrize(
    "reason",
    ["'; DROP TABLE cpctl.applies; --", 'a "b" \\c\\ $1', "\x1b[31mred\x1b[0m\nline\t2", "€ ü 🐘"],
)
def test_any_reason_is_kept_and_shown_harmlessly(scheduler: Database, reason: str) -> None:
    pause(scheduler, "a_one", "--reason", reason)
    (one,) = found(scheduler.cpctl("history", "--limit", "1", "--format", "json"))["applies"]
    assert one["reason"] == reason
    for command in (("plan",), ("history",), ("history", "show", "2"), ("pause", "a_one")):
        text = said(scheduler.cpctl(*command), 0)
        assert "\x1b" not in text
        assert all("line" not in row[:6] for row in text.splitlines())
    assert "is paused since" in in_sync(scheduler).out


def test_a_pause_is_no_apply_for_diff(scheduler: Database) -> None:
    pause(scheduler, "a_one", "--reason", "INC-381")
    alter(scheduler, "a_one", "schedule := '* * * * *'")
    text = said(scheduler.cpctl("diff"), 2)
    assert "job.a_one: drifted. Changed in the database since apply 1" in text
    assert "the ledger has no apply after 1: not by cpctl" in text


def test_a_reason_that_the_databases_encoding_lacks(
    latin: Cluster, tmp_path: Path, runner: Runner
) -> None:
    with psycopg.connect(latin.url("latin"), autocommit=True) as admin:
        admin.execute("drop schema if exists cpctl cascade")
        admin.execute("select cron.unschedule(jobid) from cron.job")
        database = Database(latin, admin, tmp_path, runner=runner)
        database.environment["CPCTL_DATABASE_URL"] = latin.url("latin")
        by_hand(database, "a_one")
        database.write(document(scope={"jobs": ["a_*"]}, jobs={"a_one": job()}))
        pause(database, "a_one", "--reason", "€ 🐘")
        assert '("€ 🐘")' in said(database.cpctl("plan"), 0)
