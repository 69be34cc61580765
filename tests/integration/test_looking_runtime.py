"""status, jobs, health and runs with the runtime of edge functions: its own SQL must agree."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from tests.edge_server import EdgeServer
from tests.integration.pipeline import FILES, apply, broken, clear, pipeline
from tests.integration.watching import looked, pause, ran, told
from tests.servers import Database

MAIN, SWEEPER, HEALTH = (f"content_pipeline_{name}" for name in ("main", "sweeper", "health"))
COMMANDS = ("status", "jobs", "health", "runs")


@pytest.fixture
def edge(database: Database) -> Iterator[EdgeServer]:
    """The Content Pipeline, applied; later runs of cpctl know none of its variables."""
    with pipeline(database) as server:
        apply(database)
        database.environment.clear()
        yield server


def asked(database: Database, function: str) -> list[dict[str, Any]]:
    with database.admin.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(f"select * from public.{function}()".encode()).fetchall()


def called(database: Database, function: str) -> None:
    """One call by hand, and its outcome is there; a fresh session, which sees the settings."""
    with psycopg.connect(database.url(), autocommit=True) as session:
        session.execute(f"select public.trigger_{function}()".encode())
        for _ in range(100):
            if not session.execute(
                "select from public.job_runs where status = 'running'"
            ).fetchall():
                return
            session.execute("select public.recover_edge_functions()")
            time.sleep(0.02)
    raise AssertionError("the run has no outcome")


def recorded(database: Database, function: str, status: str, ago: str, **more: object) -> int:
    """A run of the runtime's table; of a job if `job` says so."""
    ((found,),) = database.rows(
        "insert into public.job_runs (job_id, status, started_at, completed_at, "
        "processing_time_ms, http_status, error_code, error_message, metadata) values "
        "(%s, %s, now() - %s::interval, now(), 70, %s, %s, %s, jsonb_build_object("
        "'function', %s::text, 'trigger_type', 'scheduled', 'attempt', %s::int)) returning id",
        more.get("job"), status, ago, more.get("http"), more.get("code"), more.get("said"),
        function, more.get("attempt", 0),
    )  # fmt: skip
    return int(found)


def jobid(database: Database, name: str) -> int:
    return int(database.jobs()[name, "postgres"]["jobid"])


@pytest.fixture
def lived(database: Database, edge: EdgeServer) -> Database:
    """Calls that succeeded and failed, a call by pg_cron that never came so far, and a pause."""
    main, sweeper = jobid(database, MAIN), jobid(database, SWEEPER)
    recorded(database, "sweeper", "succeeded", "8 days", job=sweeper, http=200)
    recorded(database, "sweeper", "failed", "1 day", job=sweeper, http=500, said="HTTP 500")
    recorded(database, "content_automation", "succeeded", "2 hours", job=main, http=200)
    ran(database, main, ago="2 hours")
    ran(database, main, "failed", "90 min", "ERROR:  no such function\n")
    broken(edge)
    called(database, "health_checks")
    called(database, "health_checks")
    pause(database, jobid(database, "content_pipeline_cleanup"))
    return database


def same_moment(text: str | None, at: datetime | None) -> bool:
    if text is None or at is None:
        return text is None and at is None
    return abs(datetime.fromisoformat(text) - at).total_seconds() < 0.001


def test_status_is_that_of_the_guides_function(lived: Database) -> None:
    found, (expected,) = looked(lived, "status", *FILES), asked(lived, "get_cron_job_status")
    for key in ("total_jobs", "active_jobs", "failed_jobs"):
        assert found[key] == expected[key], key
    assert (found["total_jobs"], found["active_jobs"], found["failed_jobs"]) == (6, 5, 3)
    assert same_moment(found["last_run"], expected["last_run"])
    assert same_moment(found["next_run"], expected["next_run"])
    assert found["failed"] == [f"job.{HEALTH}", f"job.{MAIN}", f"job.{SWEEPER}"]
    assert found["looked"]["tables"] == ["public.job_runs", "cron.job_run_details"]


def test_jobs_are_those_of_the_guides_function(lived: Database) -> None:
    found, expected = looked(lived, "jobs", *FILES), asked(lived, "manage_cron_jobs")
    assert found["count"] == len(expected) == 6
    for job, row in zip(found["jobs"], expected, strict=True):
        for key in ("job_name", "schedule", "command", "active"):
            assert job[key] == row[key], key
        for key in ("last_run", "next_run"):
            assert same_moment(job[key], row[key]), (row["job_name"], key)
    assert [job["function"] for job in found["jobs"]] == [
        "cleanup", "health_checks", "content_automation", "metrics_collection", "monitoring",
        "sweeper",
    ]  # fmt: skip
    assert [job["job_name"] for job in found["upkeep"]] == [
        "content_pipeline_recovery", "content_pipeline_retention",
    ]  # fmt: skip


def test_health_is_that_of_the_guides_function(lived: Database) -> None:
    found, expected = looked(lived, "health", *FILES), asked(lived, "get_scheduler_health")
    for one, row in zip(found["health"], expected, strict=True):
        for key in ("component", "status", "error_count", "success_rate"):
            assert one[key] == row[key], (row["component"], key)
        assert same_moment(one["last_run"], row["last_run"])
        assert same_moment(one["next_run"], row["next_run"])
    states = {one["component"]: (one["status"], one["alerted"]) for one in found["health"]}
    assert states[HEALTH] == ("unhealthy", True)
    assert states[MAIN] == ("unhealthy", False)
    assert states["content_pipeline_cleanup"] == ("inactive", False)
    assert found["summary"] == {
        "total_jobs": 6, "healthy_jobs": 2, "inactive_jobs": 1, "overall_health": 33.3,
    }  # fmt: skip
    text = told(lived.cpctl("health", *FILES))
    assert "# an alert about health_checks is open" in text
    assert "# no such function" in text


def test_runs_have_what_the_runtime_recorded(lived: Database) -> None:
    main = jobid(lived, MAIN)
    recorded(
        lived, "content_automation", "failed", "1 min", job=main, http=503, code="http_503",
        said="HTTP 503: busy", attempt=2,
    )  # fmt: skip
    found = looked(lived, "runs", MAIN, *FILES)["runs"]
    assert [(run["source"], run["status"]) for run in found] == [
        ("job_runs", "failed"),
        ("cron.job_run_details", "failed"),
        ("job_runs", "succeeded"),
    ]
    newest, never_came, _ = found
    assert newest["attempts"] == 3
    assert (newest["http_status"], newest["error_code"]) == (503, "http_503")
    assert (newest["error_message"], newest["trigger_type"]) == ("HTTP 503: busy", "scheduled")
    assert newest["jobid"] == str(main)
    assert never_came["error_message"] == "ERROR:  no such function"
    text = told(lived.cpctl("runs", MAIN, *FILES, "--since", "1h"))
    (line,) = text.splitlines()[2:-1]
    assert line.endswith(f"failed     job.{MAIN}  70 ms, attempt 3: HTTP 503: busy")


def test_a_run_by_hand_is_one_of_its_functions_job(lived: Database) -> None:
    found = looked(lived, "runs", *FILES, "--failed", "--since", "1h")["runs"]
    assert [(run["address"], run["jobid"], run["trigger_type"]) for run in found] == [
        (f"job.{HEALTH}", None, "manual")
    ] * 2
    assert ", by hand: HTTP 500" in told(lived.cpctl("runs", HEALTH, *FILES))


def test_the_runtimes_own_jobs_are_shown_where_they_are_named(lived: Database) -> None:
    recovery = "content_pipeline_recovery"
    ran(lived, jobid(lived, recovery), "failed", "1 min", "ERROR:  broken\n")
    assert not [
        run for run in looked(lived, "runs", *FILES)["runs"] if run["address"].endswith(recovery)
    ]
    (run,) = looked(lived, "runs", recovery, *FILES)["runs"]
    assert run["error_message"] == "ERROR:  broken"
    for command in ("status", "health"):
        text = told(lived.cpctl(command, *FILES))
        assert f"! 1 job of the runtime, and failing: job.{recovery}" in text


def test_before_the_first_apply_pg_crons_history_counts(database: Database) -> None:
    with pipeline(database):
        database.environment.clear()
        database.run("select cron.schedule(%s, '0 0 1 1 *', 'SELECT trigger_sweeper();')", SWEEPER)
        ran(database, jobid(database, SWEEPER))
        found = looked(database, "status", *FILES)
        assert found["looked"]["tables"] == ["cron.job_run_details"]
        assert found["last_run"] is not None
        text = told(database.cpctl("health", *FILES))
        assert "# the runtime of the file is not in the database: cpctl apply makes it" in text
        assert "100 % of 1 run in 7 days" in text


def test_who_may_not_read_the_runtimes_runs_is_refused(lived: Database) -> None:
    """Jobs can be seen by whoever bypasses row security; the runtime's tables have no grants."""
    lived.new_role("robin", "USAGE ON SCHEMA cron", options="LOGIN BYPASSRLS")
    for command in COMMANDS:
        said = told(lived.cpctl(command, *FILES, user="robin"), 3)
        assert "hides the runs in public.job_runs from robin; hidden is not absent" in said
        assert "runtime: {readers: [robin]}" in said
    for table in ("job_runs", "monitoring_alerts"):
        lived.run(f"grant select on public.{table} to robin")
    for command in COMMANDS:
        assert lived.cpctl(command, *FILES, user="robin").code == 0


def test_a_reader_of_the_runtime_sees_what_its_policy_shows(lived: Database) -> None:
    """SELECT alone shows nothing: row security is on, and would make all runs look absent."""
    lived.new_role("eve", "USAGE ON SCHEMA cron", "postgres", options="LOGIN")
    lived.run("revoke postgres from eve")
    owner = lived.new_role("keeper", "USAGE ON SCHEMA cron", "ALL ON SCHEMA public")
    for table in ("job_runs", "monitoring_alerts"):
        lived.run(f"alter table public.{table} owner to {owner}")
        lived.run(f"grant select on public.{table} to eve")
    text = (lived.folder / "scheduler.yaml").read_text(encoding="utf-8")
    lived.write(text.replace("username: postgres", "username: eve"))
    assert "hides the runs" in told(lived.cpctl("runs", *FILES, user="eve"), 3)
    for table in ("job_runs", "monitoring_alerts"):
        lived.run(f"create policy readers on public.{table} for select to eve using (true)")
    assert lived.cpctl("runs", *FILES, user="eve").code == 0
    lived.run("create policy few on public.job_runs as restrictive to eve using (id > 1)")
    assert "hides the runs" in told(lived.cpctl("runs", *FILES, user="eve"), 3)
    clear(lived)
