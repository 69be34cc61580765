"""The commands that look, in front of 10,000 jobs and 1,000,000 runs."""

from __future__ import annotations

import time

import pytest

from tests.integration.pack_by_hand import Edge, Runtime, installed
from tests.integration.pipeline import TRANSPORTS
from tests.integration.watching import looked
from tests.servers import Database

JOBS, RUNS, SECONDS = 10_000, 1_000_000, 2.0
HEAD = """\
version: 1
name: pipeline
"""
JOB = 'jobs:\n  pipe_1: {schedule: "0 0 1 1 *", command: SELECT 1;}\n'
RUNTIME = """\
runtime: {transport: TRANSPORT, schema: pipeline}
scope: {jobs: [pipe_*, pipeline_*]}
urls: {sweep: "https://h/"}
secrets: {key: {from: "env:NOBODY"}}
edge_functions: {sweep: {}}
"""


def crowd(database: Database, command: str) -> None:
    """10,000 jobs, of which each tenth is paused."""
    database.run(
        "insert into cron.job (jobid, schedule, command, nodename, nodeport, database, username, "
        "jobname, active) select n, (n %% 60) || ' ' || n %% 24 || ' 1 1 *', %s || n, '', "
        "1, 'postgres', 'postgres', 'pipe_' || n, n %% 10 > 0 from generate_series(1, %s) n",
        command,
        JOBS,
    )


@pytest.fixture
def crowded(database: Database) -> Database:
    """Every hundredth run has failed."""
    database.write(HEAD + "scope: {jobs: [pipe_*]}\n" + JOB)
    crowd(database, "select ")
    database.run(
        "insert into cron.job_run_details (jobid, runid, database, username, command, status, "
        "return_message, start_time, end_time) select 1 + n %% %s, n, 'postgres', 'postgres', "
        "'', case when n %% 100 = 0 then 'failed' else 'succeeded' end, '1 row', at, at "
        "from (select n, now() - (%s - n) * interval '0.6 s' as at "
        "from generate_series(1, %s) n) runs",
        JOBS, RUNS, RUNS,
    )  # fmt: skip
    database.run("select setval('cron.runid_seq', %s)", RUNS)
    database.run("analyze cron.job_run_details")
    return database


def quick(database: Database) -> None:
    took = {}
    for command in ("status", "jobs", "health", "runs"):
        for form in ("text", "json"):
            began = time.monotonic()
            assert database.cpctl(command, "--format", form).code == 0
            took[command, form] = round(time.monotonic() - began, 2)
    assert max(took.values()) < SECONDS, took


def paused_by_cpctl(crowded: Database) -> None:
    """All of them, and there are a thousand pauses more in the ledger."""
    assert crowded.cpctl("pause", "--all", "--reason", "a clone").code == 0
    crowded.run(
        "insert into cpctl.applies (name, started, finished, os_user, job, url, revision, version, "
        "files, created, updated, deleted, changes, outcome) select name, started, finished, "
        "os_user, job, url, revision, version, files, created, 1, deleted, "
        "jsonb_build_array(changes::jsonb -> n)::text, outcome from cpctl.applies, "
        "generate_series(1, 1000) n"
    )
    status = looked(crowded, "status")
    assert len(status["paused_jobs"]) == JOBS
    told = [it for it in status["paused_jobs"] if it["paused_because"] == "a clone"]
    assert len(told) == JOBS * 9 // 10


def test_pg_crons_own_history(crowded: Database) -> None:
    quick(crowded)
    status, runs = looked(crowded, "status"), looked(crowded, "runs", "--failed")
    assert (status["total_jobs"], status["active_jobs"]) == (JOBS, JOBS * 9 // 10)
    failed = (
        "select count(*) from (select distinct on (jobid) status from cron.job_run_details "
        "order by jobid, runid desc) last where status = 'failed'"
    )
    assert [(status["failed_jobs"],)] == crowded.rows(failed)
    assert status["looked"]["complete"] is False
    assert [run["id"] for run in runs["runs"]] == [str(RUNS - 100 * n) for n in range(20)]
    paused_by_cpctl(crowded)
    quick(crowded)


def test_the_runtimes_table(database: Database) -> None:
    """Each job calls the one function, and runs of the last 100,000 are found for each."""
    transport = TRANSPORTS[database.version]
    database.write(HEAD + RUNTIME.replace("TRANSPORT", transport) + JOB)
    with installed(database.admin, Runtime(transport, {"sweep": Edge()})):
        crowd(database, "select pipeline.trigger_sweep() -- ")
        for index in ("trigger_type", "function", "running", "failed"):
            database.run(f"drop index pipeline.job_runs_{index}_idx")  # to fill it in less time
        database.run(
            "insert into pipeline.job_runs (job_id, status, started_at, metadata) select "
            "1 + n %% %s, case when n %% 100 = 0 then 'failed' else 'succeeded' end, "
            "now() - (%s - n) * interval '0.6 s', jsonb_build_object('function', 'sweep') "
            "from generate_series(1, %s) n",
            JOBS, RUNS, RUNS,
        )  # fmt: skip
        database.run("analyze pipeline.job_runs")
        quick(database)
        status, runs = looked(database, "status"), looked(database, "runs", "pipe_2", "--failed")
        assert (status["total_jobs"], status["failed_jobs"]) == (JOBS, JOBS // 100)
        assert status["looked"]["tables"][0] == "pipeline.job_runs"
        assert status["looked"]["complete"] is False
        assert runs["runs"] == []
        assert len(looked(database, "runs", "pipe_1", "--failed")["runs"]) == 10
