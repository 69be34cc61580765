"""The whole chain with a real pg_cron: it fires, calls, records; health follows, and recovers.

On 17 only: 15 knows no seconds and leaves out its first minute, so each run would take two.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest

from ground import Cluster
from tests.edge_server import EdgeServer, answer
from tests.integration.pack_by_hand import KEY, Edge, Runtime, installed
from tests.integration.running import until
from tests.servers import Database

FUNCTION = {"sweeper": Edge(timeout_ms=2000)}
JOB = "content_pipeline_sweeper"
SCHEDULE = "1 seconds"
MODES = {"libpq": "off", "background": "on"}
"""pg_cron's ways to run a job, and cron.use_background_workers."""

RUNS = (
    "select job_id, status, metadata from pipeline.job_runs where status <> 'running' order by id"
)
STRANGE = (
    "select r.started_at, r.metadata, d.* from pipeline.job_runs r left join "
    "cron.job_run_details d on d.runid = (r.metadata->>'runid')::bigint and d.jobid = r.job_id "
    "where (r.started_at >= d.start_time - interval '1 s') is not true"
)
"""Runs that pg_cron does not know as ours do; it writes some of what it knows a little later."""


@pytest.fixture(params=["17"])
def running(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[list[Database]]:
    """A server of its own in each of pg_cron's modes."""
    with ExitStack() as stack:
        found = []
        for mode, background in MODES.items():
            settings = {"cron.use_background_workers": background}
            cluster = stack.enter_context(Cluster(request.param, f"edges-{mode}", settings))
            admin = stack.enter_context(psycopg.connect(cluster.url(), autocommit=True))
            found.append(Database(cluster, admin, tmp_path))
        yield found


def health(database: Database) -> tuple[object, ...]:
    query = "select status, error_count > 0, success_rate from pipeline.get_scheduler_health()"
    return database.rows(query)[0]


def test_the_chain(running: list[Database]) -> None:
    """In both modes at once."""
    with ThreadPoolExecutor() as pool:
        assert len([*pool.map(chain, running)]) == len(MODES)


def chain(database: Database) -> None:
    with ExitStack() as stack:
        edge = stack.enter_context(EdgeServer())
        edge.behaviours["/sweep"] = answer(200, {"action": "sweep", "records_processed": 2})
        stack.enter_context(installed(database.admin, Runtime("http", FUNCTION)))
        database.run(f"alter database postgres set app.sweeper_url = '{edge.url('/sweep')}'")
        database.run(f"alter database postgres set app.service_role_key = '{KEY}'")
        query = "select cron.schedule(%s, %s, 'SELECT pipeline.trigger_sweeper();')"
        ((job,),) = database.rows(query, JOB, SCHEDULE)
        _others_run_beside(database)
        until(lambda: database.rows("select from pipeline.job_runs"), "a run", 60)
        until(lambda: _collected(database), "its end")
        assert edge.seen[0].bearer == f"Bearer {KEY}"
        assert edge.seen[0].body["trigger_type"] == "scheduled"
        (found, status, metadata), *_ = database.rows(RUNS)
        assert (found, status) == (job, "succeeded")
        assert {number for number, *_ in database.rows(RUNS)} == {job}
        assert (metadata["trigger_type"], metadata["attempt"]) == ("scheduled", 0)
        until(lambda: database.rows(STRANGE) == [], "pg_cron's word on each")
        until(lambda: health(database) == ("healthy", False, 100), "health")
        logged = "select metadata->>'trigger_type', action from pipeline.sweeper_logs"
        assert database.rows(logged)[0] == ("scheduled", "sweep")
        _fails_and_recovers(database, edge)
        assert {number for number, *_ in database.rows(RUNS)} == {job}
        database.run("select cron.unschedule(jobid) from cron.job")


def _others_run_beside(database: Database) -> None:
    """Runs that begin before and after ours, and have not ended yet."""
    for number in range(4):
        query = "select cron.schedule(%s, %s, 'select pg_sleep(0.5)')"
        database.run(query, f"elsewhere {number}", SCHEDULE)


def _collected(database: Database) -> bool:
    database.run("select pipeline.recover_edge_functions()")
    return bool(database.rows(RUNS))


def _fails_and_recovers(database: Database, edge: EdgeServer) -> None:
    """pg_cron itself saw nothing but success."""
    alert = "select status from pipeline.monitoring_alerts"
    edge.behaviours["/sweep"] = answer(500)
    until(lambda: database.rows(alert) == [("open",)], "an alert")
    assert health(database)[:2] == ("unhealthy", True)
    edge.behaviours["/sweep"] = answer(200)
    until(lambda: database.rows(alert) == [("resolved",)], "its end")
    assert health(database)[:2] == ("healthy", True)
    statuses = "select distinct status from cron.job_run_details where end_time is not null"
    assert database.rows(statuses) == [("succeeded",)]
