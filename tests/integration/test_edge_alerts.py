"""Repeated failure is one open alert, and the next success resolves it."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import psycopg
import pytest

from tests.integration.pack_by_hand import KEY, Edge, Runtime, installed
from tests.servers import Database

ALERTS = (
    "select alert_type, severity, message, status, metadata->>'function', metadata->>'component', "
    "metadata->>'trigger_type', (metadata->>'failures')::int, resolved_at is not null "
    "from pipeline.monitoring_alerts order by id"
)
BEGIN = (
    "insert into pipeline.job_runs (status, started_at, metadata) values ('running', "
    "clock_timestamp(), jsonb_build_object('function', %s::text, 'trigger_type', 'scheduled')) "
    "returning id"
)
WATCH = "select pipeline.watch_edge_function(%s)"
FINISH = (
    "select pipeline.finish_edge_run(%s, %s, 'application/json', %s, null, null, clock_timestamp())"
)


@pytest.fixture(autouse=True)
def runtime(database: Database) -> Iterator[Runtime]:
    functions = {"sweeper": Edge(), "monitoring": Edge()}
    with installed(database.admin, Runtime("pg_net", functions)) as made:
        yield made


def ends(database: Database, *statuses: int, name: str = "sweeper", content: str = "{}") -> None:
    """Runs of that function, one after the other, with these answers."""
    for status in statuses:
        ((run,),) = database.rows(BEGIN, name)
        database.run(FINISH, run, status, content)
        database.run(WATCH, name)


def alert(failures: int, status: str = "open", name: str = "sweeper") -> tuple[object, ...]:
    severity = "critical" if failures >= 5 else "warning"
    message = f"{name} failed {failures} times in a row; last: HTTP 500: {{}}"
    resolved = status == "resolved"
    return ("job_failure", severity, message, status, name, name, "scheduled", failures, resolved)


def test_two_in_a_row_are_one_alert_and_a_success_resolves_it(database: Database) -> None:
    ends(database, 500)
    assert database.rows(ALERTS) == []
    ends(database, 200, 500)
    assert database.rows(ALERTS) == []
    ends(database, 500)
    assert database.rows(ALERTS) == [alert(2)]
    ends(database, 500, 500, 500)
    assert database.rows(ALERTS) == [alert(5)]
    ends(database, 200)
    assert database.rows(ALERTS) == [alert(5, "resolved")]
    ends(database, 200, 500)
    assert database.rows(ALERTS) == [alert(5, "resolved")]
    ends(database, 500)
    assert database.rows(ALERTS) == [alert(5, "resolved"), alert(2)]


def test_each_function_has_its_own(database: Database) -> None:
    ends(database, 500)
    ends(database, 500, name="monitoring")
    assert database.rows(ALERTS) == []
    ends(database, 500, name="monitoring")
    ends(database, 500)
    assert database.rows(ALERTS) == [alert(2, name="monitoring"), alert(2)]
    ends(database, 200, content="[]")
    assert database.rows(ALERTS) == [alert(2, name="monitoring"), alert(2, "resolved")]


def test_an_alert_that_somebody_took_is_not_raised_again(database: Database) -> None:
    ends(database, 500, 500)
    database.run("update pipeline.monitoring_alerts set status = 'acknowledged'")
    ends(database, 500)
    assert database.rows(ALERTS) == [alert(3, "acknowledged")]
    ends(database, 200)
    assert database.rows(ALERTS) == [alert(3, "resolved")]


def test_what_monitoring_reports_is_no_alert_of_ours(database: Database) -> None:
    """Not even if it looks like one."""
    reported = '[{"alert_type": "job_failure", "status": "open", "failing_function": "sweeper"}]'
    for _ in range(2):
        ends(database, 200, name="monitoring", content=reported)
    ends(database, 500, 500)
    ends(database, 200)
    query = "select status, failing_function from pipeline.monitoring_alerts order by id"
    assert database.rows(query) == [("open", None), ("open", None), ("resolved", "sweeper")]


def test_a_success_that_arrives_late_resolves_nothing(database: Database) -> None:
    """Over pg_net an older run may end after newer ones have failed."""
    ((late,),) = database.rows(BEGIN, "sweeper")
    ends(database, 500, 500)
    database.run(FINISH, late, 200, "{}")
    database.run(WATCH, "sweeper")
    assert database.rows(ALERTS) == [alert(2)]


def test_failures_at_once_raise_one(database: Database) -> None:
    """Whoever comes second waits for the first, and adds to its alert."""
    ends(database, 500)
    runs = [database.rows(BEGIN, "sweeper")[0][0] for _ in range(4)]

    def end(run: int) -> None:
        with psycopg.connect(database.url(), autocommit=True) as session:
            session.execute(FINISH.encode(), (run, 500, "{}"))
            session.execute(WATCH.encode(), ("sweeper",))

    workers = [threading.Thread(target=end, args=(run,)) for run in runs]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    found = database.rows("select status, failing_function from pipeline.monitoring_alerts")
    assert found == [("open", "sweeper")]


REDACTED = {
    f"key {KEY}.": "key (key).",
    "sb_secret_0123-456_789 x": "(key) x",
    "authorization: bearer abcdefghijklmnop/=": "authorization: bearer (key)",
    '{"a": "Bearer abcdefghijklmnop"}': '{"a": "Bearer (key)"}',
    "the bearer token is missing": "the bearer token is missing",
}


@pytest.mark.parametrize("words", REDACTED)
def test_what_looks_like_a_key_is_not_kept(database: Database, words: str) -> None:
    assert database.rows("select pipeline.edge_redacted(%s)", words) == [(REDACTED[words],)]


def test_a_run_ends_once(database: Database) -> None:
    ((run,),) = database.rows(BEGIN, "sweeper")
    database.run(FINISH, run, 200, '{"action": "swept"}')
    assert database.rows(FINISH, run, 500, "{}") == [(None,)]
    assert database.rows("select status, http_status from pipeline.job_runs") == [
        ("succeeded", 200)
    ]
    assert database.rows("select count(*) from pipeline.sweeper_logs") == [(1,)]
