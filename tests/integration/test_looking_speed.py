"""The commands that look, in front of 10,000 jobs and 1,000,000 runs."""

from __future__ import annotations

import time

import pytest

from tests.integration.watching import looked
from tests.servers import Database

JOBS, RUNS, SECONDS = 10_000, 1_000_000, 2.0
MANY = """\
version: 1
name: pipeline
scope: {{jobs: [pipe_*]}}
{more}
jobs:
  pipe_1: {{schedule: "0 0 1 1 *", command: SELECT 1;}}
"""


@pytest.fixture
def crowded(database: Database) -> Database:
    """Every hundredth run has failed; each job of seven days ran about a hundred times."""
    database.write(MANY.format(more=""))
    database.run(
        "insert into cron.job (jobid, schedule, command, nodename, nodeport, database, username, "
        "jobname, active) select n, (n %% 60) || ' ' || n %% 24 || ' 1 1 *', 'select ' || n, '', "
        "1, 'postgres', 'postgres', 'pipe_' || n, n %% 10 > 0 from generate_series(1, %s) n",
        JOBS,
    )
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


def test_each_command_is_quick(crowded: Database) -> None:
    took = {}
    for command in ("status", "jobs", "health", "runs"):
        for options in ((), ("--format", "json")):
            began = time.monotonic()
            assert crowded.cpctl(command, *options).code == 0
            took[command, *options] = round(time.monotonic() - began, 2)
    print(took)
    assert max(took.values()) < SECONDS, took
    status, runs = looked(crowded, "status"), looked(crowded, "runs", "--failed")
    assert (status["total_jobs"], status["active_jobs"]) == (JOBS, JOBS * 9 // 10)
    failed = (
        "select count(*) from (select distinct on (jobid) status from cron.job_run_details "
        "order by jobid, runid desc) last where status = 'failed'"
    )
    assert [(status["failed_jobs"],)] == crowded.rows(failed)
    assert status["looked"]["complete"] is False
    assert [run["id"] for run in runs["runs"]] == [str(RUNS - 100 * n) for n in range(20)]
