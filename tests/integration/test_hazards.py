"""What a file wants to be allowed by name, and runs that a change meets while they last."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from ground import Cluster
from tests.integration.running import SOON, due, until
from tests.integration.steps import (
    apply,
    converge,
    document,
    given,
    job,
    plan,
    refused,
    refused_apply,
    reload_and_wait,
    without_reloads,
)
from tests.servers import Database

SCOPE = {"jobs": ["nightly*"]}
KNOWN = (
    "CAN_STOP_SERVER,CHANGES_OWNER,DELETES_JOB,DISABLES_JOB,HANGS_LAUNCHER,RELOAD_APPLIES_OTHERS,"
    "RESTART_REQUIRED,RUN_IN_PROGRESS,SECRET_IN_LOG"
)

QUERY = "select distinct on (jobid)"


def run_of(database: Database, status: str = "running", minutes: int = 0) -> None:
    """A row as pg_cron writes it at a run of the one job."""
    database.run(
        "insert into cron.job_run_details "
        "(jobid, runid, job_pid, database, username, command, status, start_time) "
        "select jobid, nextval('cron.runid_seq'), 9921, database, username, command, %s, "
        "now() - %s * interval '1 minute' from cron.job",
        status,
        minutes,
    )


@pytest.mark.parametrize("code", KNOWN.split(","))
def test_every_hazard_can_be_allowed_whether_or_not_it_is_required(
    database: Database, code: str
) -> None:
    database.write(document(jobs={"nightly": job()}))
    assert database.cpctl("plan", "--allow", code).code == 0


def test_deleting_is_refused_where_the_file_wants_it_to_be_allowed(database: Database) -> None:
    given(database, {f"nightly_{n}": job() for n in range(8)})
    text = document(scope=SCOPE, require_allow=["DELETES_JOB"], jobs={"nightly_0": job()})
    database.write(text)
    said = refused_apply(database)
    assert "scheduler.yaml wants DELETES_JOB to be allowed: job.nightly_1," in said
    assert "and 2 more" in said
    assert "if that is meant: --allow DELETES_JOB" in said
    refused(database, "apply", "--auto-approve", "--allow", "DISABLES_JOB,MANY_DELETES")
    converge(database, text, "--allow", "DELETES_JOB", expected={"unschedule": 7})


def test_what_is_required_and_does_not_occur_refuses_nothing(database: Database) -> None:
    text = document(require_allow=KNOWN.split(","), jobs={"nightly": job()})
    converge(database, text, expected={"schedule": 1})


def test_pausing_restarts_secrets_and_danger_can_be_required(database: Database) -> None:
    given(database, {"nightly": job()})
    database.environment["KEY"] = "s3cr3t"
    codes = ["DISABLES_JOB", "RESTART_REQUIRED", "CAN_STOP_SERVER", "SECRET_IN_LOG"]
    text = document(
        require_allow=codes,
        secrets={"key": {"from": "env:KEY"}},
        settings={"max_connections": "110"},
        jobs={"nightly": job(active=False)},
    )
    database.write(text)
    said = refused_apply(database)
    for code in codes:
        assert f"wants {code} to be allowed" in said
        others = ",".join(other for other in codes if other != code)
        lifted = refused(database, "apply", "--auto-approve", "--allow", others)
        assert f"wants {code} to be allowed" in lifted.out
    assert plan(database, "--allow", ",".join(codes))["refusals"] == []


def test_a_copy_that_would_hang_the_launcher_is_shown_and_can_be_required(
    database: Database,
) -> None:
    given(database, {"nightly": job(active=False)})
    command = "COPY (SELECT 1) TO STDOUT"
    text = document(
        require_allow=["HANGS_LAUNCHER"],
        jobs={
            "nightly": job(command=command, active=False),
            "nightly_b": job(command=f"SELECT 1; {command};", active=False),
            "nightly_c": job(command="COPY (SELECT 1) TO '/dev/null'"),
        },
    )
    database.write(text)
    shown = database.cpctl("plan").out
    assert shown.count("  ! HANGS_LAUNCHER: pg_cron hangs at a COPY to or from the client") == 2
    said = refused_apply(database)
    assert "wants HANGS_LAUNCHER to be allowed: job.nightly, job.nightly_b" in said
    expected = {"alter_job": 1, "schedule_in_database": 1, "schedule": 1}
    converge(database, text, "--allow", "HANGS_LAUNCHER", expected=expected)


def test_the_edits_of_others_can_be_required_too(database: Database) -> None:
    without_reloads(database)
    database.run("alter system set work_mem = '5MB'")
    text = document(require_allow=["RELOAD_APPLIES_OTHERS"], settings={"app.a": "1"})
    database.write(text)
    assert "wants RELOAD_APPLIES_OTHERS to be allowed" in refused_apply(database)
    expected = {"alter system set": 1}
    converge(database, text, "--allow", "RELOAD_APPLIES_OTHERS", expected=expected)
    database.run("alter system reset work_mem")
    reload_and_wait(database)


def test_the_last_run_stands_beside_what_goes(database: Database) -> None:
    given(database, {"nightly": job("*/15 * * * *")})
    run_of(database, "running", 3000)
    run_of(database, "succeeded", 2880)
    database.write(document(scope=SCOPE, jobs={"nightly_b": job()}))
    ((day,),) = database.rows(
        "select to_char((now() - interval '2 days') at time zone 'GMT', 'Dy FMDD Mon HH24:MI')"
    )
    line = '  - schedule = "*/15 * * * *"'
    shown = database.cpctl("plan").out
    assert f"{line:<46}# every 15 minutes; last ran {day[:-1]}" in shown
    assert ", succeeded\n" in shown
    assert "RUN_IN_PROGRESS" not in shown
    comment = database.cpctl("plan", "--format", "markdown").out
    assert f"`nightly` (every 15 minutes, last ran {day[:-1]}" in comment


@pytest.mark.parametrize("status", ["starting", "running"])
def test_a_run_in_progress_is_a_hazard_of_delete_and_pause(database: Database, status: str) -> None:
    given(database, {"nightly": job()})
    run_of(database, status)
    what = "  ! RUN_IN_PROGRESS: its run in progress (pid 9921) goes on and may commit"
    for jobs in ({"nightly_b": job()}, {"nightly": job(active=False)}):
        text = document(scope=SCOPE, require_allow=["RUN_IN_PROGRESS"], jobs=jobs)
        database.write(text)
        shown = refused(database, "apply", "--auto-approve").out
        assert what in shown
        assert "running since " in shown or "nightly_b" not in jobs
        codes = [code for change in plan(database)["changes"] for code in change["hazards"]]
        assert codes[-1] == "RUN_IN_PROGRESS"
    database.write(document(scope=SCOPE, jobs={"nightly": job("1 1 * * *", "SELECT 2;")}))
    assert "RUN_IN_PROGRESS" not in database.cpctl("plan").out


@pytest.mark.parametrize("status", ["succeeded", "failed", "connecting", "sending"])
def test_a_run_that_ended_or_hangs_for_ever_is_none(database: Database, status: str) -> None:
    given(database, {"nightly": job()})
    run_of(database, status)
    database.write(document(scope=SCOPE, jobs={"nightly_b": job()}))
    assert "RUN_IN_PROGRESS" not in database.cpctl("plan").out


def test_replacing_under_a_new_name_is_one_of_them(database: Database) -> None:
    role = database.new_role(
        "deploy",
        "USAGE ON SCHEMA cron",
        "EXECUTE ON FUNCTION cron.alter_job(bigint,text,text,text,text,boolean)",
    )
    given(database, {"rpt": job()}, owner=role)
    run_of(database)
    jobs = {"report": job(was="rpt")}
    database.write(document(defaults={"username": role}, jobs=jobs))
    assert "RUN_IN_PROGRESS" in database.cpctl("plan", user=role).out
    given(database, {"a": job()})
    database.write(document(jobs={"b": job(was="a")}))
    run_of(database)
    assert "RUN_IN_PROGRESS" not in database.cpctl("plan").out


def test_a_role_that_may_not_read_runs_plans_without_them(database: Database) -> None:
    given(database, {"nightly": job()})
    run_of(database)
    role = database.new_role("blind", "USAGE ON SCHEMA cron", options="LOGIN BYPASSRLS")
    text = document(scope=SCOPE, defaults={"username": "postgres"}, jobs={"nightly_b": job()})
    database.write(text)
    database.run("revoke select on cron.job_run_details from public")
    try:
        shown = database.cpctl("plan", user=role)
    finally:
        database.run("grant select on cron.job_run_details to public")
    assert shown.code == 0
    assert "RUN_IN_PROGRESS" not in shown.out
    assert "RUN_IN_PROGRESS" in database.cpctl("plan", user=role).out


@pytest.fixture
def lasting(brisk: Database) -> Iterator[int]:
    """The pid of a real run of a real job, which takes longer than the test."""
    pid = _lasting(brisk, "SELECT pg_sleep(60), 'a lasting run'")
    yield pid
    brisk.run("select pg_terminate_backend(%s)", pid)


def _lasting(database: Database, command: str) -> int:
    """The pid of a run of this command, as soon as there is one."""
    given(database, {"nightly": {"schedule": SOON[database.version], "command": command}})
    due(database)
    running = "select job_pid from cron.job_run_details where status = 'running'"
    until(lambda: database.rows(running), "a run")
    return int(database.rows(running)[0][0])


def test_the_outcome_says_what_became_of_a_real_run(brisk: Database, lasting: int) -> None:
    text = document(scope=SCOPE, jobs={"nightly_b": job()})
    brisk.write(text)
    (jobid,) = [found["jobid"] for found in brisk.jobs().values()]
    done = brisk.cpctl("apply", "--auto-approve")
    assert done.code == 0
    assert (
        f"  job.nightly      deleted    was jobid {jobid}; "
        f"1 run in progress goes on (libpq mode, pid {lasting})\n"
    ) in done.out
    alive = "select count(*) from pg_stat_activity where pid = %s and query like '%%lasting%%'"
    assert brisk.rows(alive, lasting) == [(1,)]


def test_what_becomes_of_a_background_worker_is_what_is_said(
    database: Database, tmp_path: Path
) -> None:
    """pg_cron 1.6 kills it; 1.4 lets it go on, and it commits."""
    kills = database.version == "17"
    settings = {"cron.use_background_workers": "on"}
    with Cluster(database.version, "workers", settings=settings) as cluster:
        with psycopg.connect(cluster.url(), autocommit=True) as admin:
            here = Database(cluster, admin, tmp_path, runner=database.runner)
            admin.execute("create table seen (at timestamptz)")
            pid = _lasting(here, "INSERT INTO seen SELECT now() FROM pg_sleep(5)")
            here.write(document(scope=SCOPE, jobs={"nightly_b": job()}))
            fate = "is killed and rolled back" if kills else "goes on and may commit"
            what = f"  ! RUN_IN_PROGRESS: its run in progress (pid {pid}) {fate}"
            assert what in here.cpctl("plan").out
            done = here.cpctl("apply", "--auto-approve")
            fate = "was killed and rolled back" if kills else "goes on"
            assert f"1 run in progress {fate} (background worker, pid {pid})" in done.out
            alive = "select 1 from pg_stat_activity where pid = %s"
            until(lambda: not here.rows(alive, pid), "the end of the run")
            assert len(here.rows("select * from seen")) == (0 if kills else 1)
            here.admin.close()
        cluster.stop("immediate")


def test_a_pause_says_it_as_well(database: Database) -> None:
    given(database, {"nightly": job()})
    run_of(database)
    text = document(jobs={"nightly": job(active=False)})
    database.write(text)
    done = database.cpctl("apply", "--auto-approve")
    assert "1 run in progress goes on (libpq mode, pid 9921)" in done.out
    apply(database, text, expected={})


def test_only_the_last_thousand_runs_are_read(database: Database) -> None:
    """Whatever there are, and however few of them row security leaves to the role."""
    role = database.new_role("deploy", "USAGE ON SCHEMA cron")
    given(database, {"nightly": job()}, owner=role)
    database.run(
        "insert into cron.job_run_details (jobid, runid, username, status) "
        "select jobid, nextval('cron.runid_seq'), 'postgres', 'succeeded' "
        "from cron.job, generate_series(1, 30000)"
    )
    database.run("analyze cron.job_run_details")
    database.write(document(defaults={"username": role}, jobs={"nightly": job()}))
    since = database.log_position()
    assert database.cpctl("plan", user=role).code == 0
    (entry,) = [found for found in database.statements(since) if QUERY in found]
    ((last,),) = database.rows("select last_value from cron.runid_seq")
    assert f"$1 = '{last - 1000}'" in database.log_text(since)
    query = entry[entry.index(QUERY) :].replace("$1", str(last - 1000))
    with psycopg.connect(database.url(role), autocommit=True) as session:
        ((found,),) = session.execute(f"explain (analyze, format json) {query}".encode()).fetchall()
    assert _read(found[0]["Plan"]) == 1000, json.dumps(found)


def _read(node: dict[str, Any]) -> int:
    """Rows that the scans of a plan touched, those that a filter dropped included."""
    own = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
    return int(own if "Relation Name" in node else sum(map(_read, node["Plans"])))
