"""The functions that look at the scheduler and turn jobs on and off, without the network."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from tests.integration.pack_by_hand import UPKEEP, Edge, Runtime, installed
from tests.servers import Database

MAIN, SWEEPER, PLAIN = (f"content_pipeline_{name}" for name in ("main", "sweeper", "plain"))
COMMANDS = {
    MAIN: "SELECT pipeline.trigger_content_automation();",
    SWEEPER: 'select "pipeline"."trigger_sweeper" ( )',
    PLAIN: "select 1 -- trigger_sweepers()",
    "elsewhere": "select pipeline.trigger_sweeper()",
    UPKEEP[0]: "SELECT pipeline.recover_edge_functions();",
}
SCHEDULE = "0 0 1 1 *"


@pytest.fixture(autouse=True)
def runtime(database: Database) -> Iterator[Runtime]:
    functions = {"content_automation": Edge(), "sweeper": Edge()}
    with installed(database.admin, Runtime("pg_net", functions)) as made:
        for name, command in COMMANDS.items():
            database.run("select cron.schedule(%s, %s, %s)", name, SCHEDULE, command)
        yield made


def asked(database: Database, call: str) -> list[dict[str, Any]]:
    with database.admin.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(f"select * from pipeline.{call}".encode()).fetchall()


def jobid(database: Database, name: str) -> int:
    return int(database.jobs()[name, "postgres"]["jobid"])


def ran(database: Database, name: str, status: str, ago: str = "1 min", **more: object) -> None:
    """A run in job_runs; of a job if `job` says so, else started by hand."""
    database.run(
        "insert into pipeline.job_runs (job_id, status, started_at, completed_at, metadata) values "
        "(%s, %s, now() - %s::interval, now(), jsonb_build_object('function', %s::text))",
        more.get("job"), status, ago, name,
    )  # fmt: skip


def cron_ran(database: Database, job: str, status: str, ago: str = "1 min") -> None:
    database.run(
        "insert into cron.job_run_details (jobid, database, username, command, status, start_time) "
        "values (%s, 'postgres', 'postgres', '', %s, now() - %s::interval)",
        jobid(database, job), status, ago,
    )  # fmt: skip


def health(database: Database) -> dict[str, tuple[Any, ...]]:
    return {
        row["component"]: (row["status"], row["error_count"], row["success_rate"])
        for row in asked(database, "get_scheduler_health()")
    }


def test_columns_and_types(database: Database) -> None:
    times = {"last_run": "timestamptz", "next_run": "timestamptz"}
    expected: dict[str, dict[str, str]] = {
        "manage_cron_jobs()": {
            "job_name": "text", "schedule": "text", "command": "text", "active": "bool", **times,
        },
        "get_cron_job_status()": {
            "total_jobs": "int8", "active_jobs": "int8", "failed_jobs": "int8", **times,
        },
        "get_scheduler_health()": {
            "component": "text", "status": "text", **times, "error_count": "int8",
            "success_rate": "numeric",
        },
        "toggle_cron_job('x', true)": {"success": "bool", "message": "text"},
        "initialize_scheduler()": {"component": "text", "status": "text", "details": "text"},
    }  # fmt: skip
    for call, columns in expected.items():
        cursor = database.admin.execute(f"select * from pipeline.{call}".encode())
        found = {
            column.name: psycopg.adapters.types[column.type_code].name
            for column in cursor.description or ()
        }
        assert found == columns


def test_the_jobs_of_the_file_without_its_upkeep(database: Database) -> None:
    found = asked(database, "manage_cron_jobs()")
    assert [(row["job_name"], row["command"]) for row in found] == [
        (name, COMMANDS[name]) for name in sorted((MAIN, PLAIN, SWEEPER))
    ]
    assert {(row["schedule"], row["active"], row["last_run"]) for row in found} == {
        (SCHEDULE, True, None)
    }


def test_jobs_of_another_role_are_its_own(database: Database) -> None:
    other = database.new_role("other", "USAGE ON SCHEMA cron")
    query = "select cron.schedule_in_database(%s, %s, 'select 1', 'postgres', %s)"
    database.run(query, "content_pipeline_theirs", SCHEDULE, other)
    database.run(query, MAIN, SCHEDULE, other)
    assert {row["job_name"] for row in asked(database, "manage_cron_jobs()")} == {
        MAIN, PLAIN, SWEEPER,
    }  # fmt: skip
    for name, done in (("content_pipeline_theirs", False), (MAIN, True)):
        (said,) = asked(database, f"toggle_cron_job('{name}', false)")
        assert said["success"] is done
    assert not database.jobs()[MAIN, "postgres"]["active"]
    assert database.jobs()[MAIN, other]["active"]
    database.run("delete from cron.job where username = 'other'")


def test_next_run_is_asked_of_its_function_for_active_jobs(database: Database) -> None:
    database.run(
        "create or replace function pipeline.next_cron_run(schedule text, after timestamptz) "
        "returns timestamptz language plpgsql as "
        "'begin return timestamptz ''2030-01-01Z'' + (after - now()); end'"
    )
    database.run("select pipeline.toggle_cron_job(%s, false)", MAIN)
    found = {row["job_name"]: row["next_run"] for row in asked(database, "manage_cron_jobs()")}
    then = datetime.fromisoformat("2030-01-01T00:00:00Z")
    assert found == {MAIN: None, PLAIN: then, SWEEPER: then}
    (status,) = asked(database, "get_cron_job_status()")
    assert (status["total_jobs"], status["active_jobs"]) == (3, 2)
    assert (status["next_run"], status["last_run"], status["failed_jobs"]) == (then, None, 0)


def test_what_never_ran_is_healthy_and_what_is_paused_inactive(database: Database) -> None:
    database.run("select pipeline.toggle_cron_job(%s, false)", PLAIN)
    assert health(database) == {
        MAIN: ("healthy", 0, None), PLAIN: ("inactive", 0, None), SWEEPER: ("healthy", 0, None),
    }  # fmt: skip


def test_job_runs_are_the_truth_about_a_trigger(database: Database) -> None:
    """pg_cron calls a run succeeded that got HTTP 500."""
    main = jobid(database, MAIN)
    for minutes, status in ((9, "succeeded"), (8, "failed"), (7, "succeeded"), (6, "failed")):
        ran(database, "content_automation", status, f"{minutes} min", job=main)
        cron_ran(database, MAIN, "succeeded", f"{minutes} min")
    ran(database, "content_automation", "running", "5 min", job=main)
    ran(database, "sweeper", "succeeded")
    ran(database, "sweeper", "failed", job=jobid(database, "elsewhere"))
    assert health(database) == {
        MAIN: ("unhealthy", 2, 50), PLAIN: ("healthy", 0, None), SWEEPER: ("healthy", 0, 100),
    }  # fmt: skip
    (whole,) = asked(database, "get_cron_job_status()")
    assert whole["failed_jobs"] == 1
    last = {row["job_name"]: row["last_run"] for row in asked(database, "manage_cron_jobs()")}
    assert last[PLAIN] is None
    ((now,),) = database.rows("select now()")
    for minutes, when in ((5, last[MAIN]), (1, last[SWEEPER]), (1, whole["last_run"])):
        assert minutes * 60 <= (now - when).total_seconds() < minutes * 60 + 10
    ran(database, "content_automation", "succeeded", "1 s")
    assert health(database)[MAIN] == ("healthy", 2, 60)


def test_pg_crons_failures_count_too(database: Database) -> None:
    """A run that never came to its trigger, and jobs that call none."""
    ran(database, "content_automation", "succeeded", "2 min")
    cron_ran(database, MAIN, "failed")
    for status in ("succeeded", "failed", "succeeded", "running"):
        cron_ran(database, PLAIN, status)
    cron_ran(database, PLAIN, "succeeded", "1 s")
    assert health(database) == {
        MAIN: ("unhealthy", 1, 50), PLAIN: ("healthy", 1, 75), SWEEPER: ("healthy", 0, None),
    }  # fmt: skip


def test_an_alert_is_something_known_against_a_job(database: Database) -> None:
    ran(database, "sweeper", "succeeded")
    database.run(
        "insert into pipeline.monitoring_alerts (status, failing_function) "
        "values ('open', 'sweeper')"
    )
    assert health(database)[SWEEPER] == ("unhealthy", 0, 100)


def test_failures_of_last_month_are_no_failures_of_now(database: Database) -> None:
    ran(database, "sweeper", "failed", "8 days")
    ran(database, "sweeper", "succeeded", "1 day")
    assert health(database)[SWEEPER] == ("healthy", 0, 100)


def test_toggle(database: Database) -> None:
    for enable, word in ((False, "disabled"), (False, "disabled"), (True, "enabled")):
        (said,) = asked(database, f"toggle_cron_job('{MAIN}', {enable})")
        assert said == {"success": True, "message": f"Job {word}: {MAIN}"}
        assert database.jobs()[MAIN, "postgres"]["active"] is enable
    before = database.jobs()
    for name in ("elsewhere", UPKEEP[0], "no such job", ""):
        (said,) = asked(database, f"toggle_cron_job('{name}', false)")
        assert said == {"success": False, "message": f"No such job of content-pipeline: {name}"}
    (said,) = asked(database, "toggle_cron_job(null, false)")
    assert said == {"success": False, "message": "No such job of content-pipeline: NULL"}
    (said,) = asked(database, f"toggle_cron_job('{MAIN}', null)")
    assert not said["success"]
    assert database.jobs() == before
