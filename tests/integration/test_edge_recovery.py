"""Failed runs are tried again where that may help: when it is due, and never twice at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import psycopg
import pytest

from tests.edge_server import EdgeServer, answer
from tests.integration.pack_by_hand import Edge, Runtime, installed
from tests.integration.recovering import ago, failed, recover, trigger
from tests.integration.running import until
from tests.servers import Database

pytestmark = pytest.mark.parametrize("cluster", ["17"], indirect=True)
FUNCTIONS = {name: Edge(timeout_ms=500, retries=2, key=None) for name in ("a", "b", "c")}
RUN = (
    "select status, error_code, metadata->>'trigger_type', (metadata->>'attempt')::int, "
    "(metadata->>'retry_of')::int, (metadata->>'retried_by')::int "
    "from pipeline.job_runs order by id"
)


@pytest.fixture(autouse=True)
def runtime(database: Database, edge: EdgeServer) -> Iterator[Runtime]:
    with installed(database.admin, Runtime("http", FUNCTIONS)) as made:
        for name in FUNCTIONS:
            edge.behaviours[f"/{name}"] = answer(500)
            database.rows(
                "select set_config(%s, %s, false)", f"app.{name}_url", edge.url(f"/{name}")
            )
        yield made


def test_each_retry_waits_twice_as_long_and_there_are_two(database: Database) -> None:
    database.run("set application_name = 'pg_cron'")
    trigger(database)
    database.run("set application_name = ''")
    for run, backoff in ((1, 30), (2, 60)):
        assert recover(database) == []
        ago(database, backoff - 1, run)
        assert recover(database) == []
        ago(database, backoff + 1, run)
        assert recover(database) == [run + 1]
    ago(database, 7200, 3)
    assert recover(database) == []
    assert database.rows(RUN) == [
        ("failed", "http_500", "scheduled", 0, None, 2),
        ("failed", "http_500", "scheduled", 1, 1, 3),
        ("failed", "http_500", "scheduled", 2, 2, None),
    ]


@pytest.mark.parametrize(
    ("attempt", "backoff"), [(0, 30), (1, 60), (6, 1920), (7, 3600), (9, 3600)]
)
def test_no_backoff_is_longer_than_an_hour(database: Database, attempt: int, backoff: int) -> None:
    patient = {"a": Edge(retries=10)}
    with installed(database.admin, Runtime("http", patient, schema="patient")):
        for seconds in (backoff - 2, backoff + 2):
            database.run(
                "insert into patient.job_runs (status, completed_at, error_code, metadata) values "
                "('failed', now() - make_interval(secs => %s), 'dns', "
                "jsonb_build_object('function', 'a', 'attempt', %s))",
                seconds, attempt,
            )  # fmt: skip
        assert database.rows("select run_id from patient.edge_runs_due()") == [(2,)]


PASSING = "timeout unreachable reset dns stale http_429 http_500 http_502 http_599".split()
LASTING = (
    "http_400 http_401 http_404 http_408 invalid_json wrong_content too_large missing_setting "
    "bad_setting redirect tls call_failed"
).split()


@pytest.mark.parametrize("code", PASSING + LASTING)
def test_only_what_may_pass_is_tried_again(database: Database, code: str) -> None:
    failed(database, code)
    assert bool(recover(database)) == (code in PASSING)


def test_a_later_success_makes_it_needless(database: Database, edge: EdgeServer) -> None:
    failed(database)
    edge.behaviours["/a"] = answer(200)
    trigger(database)
    assert recover(database) == []
    assert len(edge.seen) == 1


def test_an_earlier_success_does_not(database: Database, edge: EdgeServer) -> None:
    edge.behaviours["/a"] = answer(200)
    run = trigger(database)["run_id"]
    ago(database, 10_000, run)
    failed(database)
    assert len(recover(database)) == 1


def test_nothing_is_tried_beside_a_run_that_goes_on(database: Database) -> None:
    failed(database)
    database.run(
        "insert into pipeline.job_runs (status, metadata) "
        "values ('running', '{\"function\": \"a\"}')"
    )
    assert recover(database) == []


def test_old_failures_are_left_alone(database: Database) -> None:
    run = failed(database)
    ago(database, 86_401, run)
    assert recover(database) == []


def test_a_paused_job_stays_paused(database: Database) -> None:
    query = (
        "select cron.schedule('content_pipeline_main', '0 0 1 1 *', 'select pipeline.trigger_a()')"
    )
    ((job,),) = database.rows(query)
    failed(database, job=job)
    database.run("select cron.alter_job(%s, active := false)", job)
    assert recover(database) == []
    database.run("select cron.alter_job(%s, active := true)", job)
    assert len(recover(database)) == 1
    assert database.rows("select distinct job_id from pipeline.job_runs") == [(job,)]
    failed(database, job=job)
    database.run("select cron.unschedule(%s::bigint)", job)
    database.run("delete from pipeline.job_runs where status = 'failed' and id < 3")
    assert recover(database) == []


def test_two_recoveries_at_once_try_it_once(database: Database, edge: EdgeServer) -> None:
    edge.behaviours["/a"] = answer(500, after=0.3)
    failed(database)
    said = []

    def work() -> None:
        with psycopg.connect(database.url(), autocommit=True) as session:
            session.execute("select set_config('app.a_url', %s, false)", (edge.url("/a"),))
            said.extend(session.execute("select pipeline.recover_edge_functions()").fetchall())

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sum("busy" in one for (one,) in said) >= 1
    assert len(edge.seen) == 1
    assert database.rows("select count(*) from pipeline.job_runs") == [(2,)]


def test_one_recovery_lasts_as_long_as_one_timeout(database: Database, edge: EdgeServer) -> None:
    """The oldest first; what has no time left has the next recovery."""
    for name in "bac":
        trigger(database, name)
    for run in (1, 2, 3):
        ago(database, 7200 - run, run)
    edge.seen.clear()
    for name in FUNCTIONS:
        edge.behaviours[f"/{name}"] = answer(500, after=2)
    began = time.monotonic()
    assert recover(database) == [4]
    assert time.monotonic() - began <= 1.5
    assert [seen.path for seen in edge.seen] == ["/b"]
    for name in FUNCTIONS:
        edge.behaviours[f"/{name}"] = answer(500)
    assert recover(database) == [5, 6]
    assert [seen.path for seen in edge.seen] == ["/b", "/a", "/c"]


def test_one_retry_of_a_function_in_one_recovery(database: Database, edge: EdgeServer) -> None:
    for _ in range(3):
        failed(database)
    assert recover(database) == [4]
    assert recover(database) == [5]
    assert len(edge.seen) == 2


def test_a_run_without_an_end_is_stale_and_tried_again(database: Database) -> None:
    query = (
        "insert into pipeline.job_runs (status, started_at, metadata) values ('running', now() - "
        "interval '62 s', jsonb_build_object('function', %s::text, 'trigger_type', 'manual'))"
    )
    database.run(query, "a")
    database.run(query, "of another time")
    assert recover(database) == []
    ago(database, 31, 1)
    assert recover(database) == [3]
    assert [row[:2] for row in database.rows(RUN)] == [
        ("failed", "stale"), ("running", None), ("failed", "http_500"),
    ]  # fmt: skip


def test_no_trigger_waits_for_a_recovery(database: Database, edge: EdgeServer) -> None:
    """Not even to raise the alert that the recovery raises too."""
    trigger(database, "a")
    trigger(database, "b")
    for run in (1, 2):
        ago(database, 7200 - run, run)
    database.run("update pipeline.job_runs set metadata = metadata || '{\"attempt\": 1}'")
    edge.behaviours["/b"] = answer(500, after=0.45)
    url = {name: edge.url(f"/{name}") for name in "ab"}

    def work() -> None:
        with psycopg.connect(database.url(), autocommit=True) as session:
            for name, value in url.items():
                session.execute("select set_config(%s, %s, false)", (f"app.{name}_url", value))
            session.execute("select pipeline.recover_edge_functions()")

    edge.seen.clear()
    worker = threading.Thread(target=work)
    worker.start()
    until(lambda: [seen.path for seen in edge.seen] == ["/a", "/b"], "the second retry")
    began = time.monotonic()
    trigger(database, "a")
    assert time.monotonic() - began < 0.3
    worker.join()
    open_ones = (
        "select failing_function from pipeline.monitoring_alerts where status = 'open' order by 1"
    )
    assert database.rows(open_ones) == [("a",), ("b",)]
