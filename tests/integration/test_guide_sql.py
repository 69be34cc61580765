"""Every SQL statement of the setup guide, against the database that its files have made.

The statements stand in tests/corpus/guide.sql under the guide's own headings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from tests.guide import CASES, MONITORING, Case
from tests.integration.pipeline import KEY, apply, cpctl, pipeline
from tests.integration.steps import GUIDE_SCHEDULES
from tests.servers import Database

COUNT = 46
"""43 in the guide's blocks of SQL, and three within its text."""

PROJECT = "https://your-project.supabase.co"
JOBS = [f"content_pipeline_{job}" for job in "cleanup health main metrics monitor sweeper".split()]


@pytest.fixture
def guided(database: Database) -> Iterator[Database]:
    with pipeline(database):
        apply(database)
        yield database


def test_the_guide_is_whole() -> None:
    assert len(CASES) == COUNT
    assert sum("ALTER SYSTEM SET" in case.statement for case in CASES) == 14


def test_every_statement_does_what_the_guide_says(
    guided: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    said = [(case, said_of(filled(case, guided), guided)) for case in CASES]
    with capsys.disabled():
        print(f"\n  the guide on PostgreSQL {guided.version}:")
        for case, result in said:
            print(f"    {case!s:<120} {result}")
    # Whoever follows the guide by hand arrives where the file does.
    cpctl(guided, "plan", "--detailed-exitcode")


def filled(case: Case, database: Database) -> Case:
    """With the project and the key that the reader has."""
    statement = case.statement.replace(PROJECT, database.environment["SUPABASE_URL"])
    return case._replace(statement=re.sub(r"'your-.*key.*'", f"'{KEY}'", statement))


def said_of(case: Case, database: Database) -> str:
    """Its result in words. Whoever pastes it has a session of their own, in autocommit mode."""
    if "ALTER SYSTEM" in case.statement and database.version == "15":
        return _by_cpctl(case, database)
    with psycopg.connect(database.url(), autocommit=True, row_factory=dict_row) as session:
        done = session.execute(case.statement.encode())
        rows = done.fetchall() if done.description else []
    check(case, rows, database)
    if "pg_settings" in case.statement:
        # No server lists such settings there; whether they are as they should be, `diff` tells.
        assert rows == []
        cpctl(database, "diff")
    return f"{len(rows)} rows" if done.description else done.statusmessage or ""


def _by_cpctl(case: Case, database: Database) -> str:
    """Pasted, 15 does not know the parameter; the same setting through a file is set."""
    found = re.search(r"SET (\S+) = '(.*)'", case.statement)
    assert found is not None
    with (
        psycopg.connect(database.url(), autocommit=True) as session,
        pytest.raises(psycopg.errors.UndefinedObject),
    ):
        session.execute(f"ALTER SYSTEM SET never.{found[1].replace('.', '_')} = 'x'")
    database.write(
        f"version: 1\nname: pasted\nledger: false\nsettings:\n  {found[1]}: '{found[2]}'\n",
        "one.yaml",
    )
    done = database.cpctl("apply", "-f", "one.yaml", "--auto-approve")
    assert done.code == 0, done
    assert database.file_settings()[found[1]] == found[2]
    return "by cpctl: pasted, 42704"


def check(case: Case, rows: Sequence[dict[str, Any]], database: Database) -> None:
    statement = case.statement
    if "trigger_" in statement and "schedule" not in statement:
        (row,) = rows
        ((answer,),) = (row.values(),)
        assert answer["function"] == re.findall(r"trigger_(\w+)", statement)[0]
        assert answer["error_code"] is None, answer
    elif "toggle_cron_job" in statement:
        enabled = "true" in statement
        word = "enabled" if enabled else "disabled"
        assert rows == [{"success": True, "message": f"Job {word}: content_pipeline_main"}]
        assert database.jobs()["content_pipeline_main", "postgres"]["active"] is enabled
    elif "cron.schedule" in statement:
        assert len(database.jobs()) == len(JOBS) + 2
    else:
        _check_rows(statement, rows)


def _check_rows(statement: str, rows: Sequence[dict[str, Any]]) -> None:
    expected = {
        "manage_cron_jobs()": "job_name schedule command active last_run next_run",
        "get_cron_job_status()": "total_jobs active_jobs failed_jobs last_run next_run",
        "get_scheduler_health()": "component status last_run next_run error_count success_rate",
        "initialize_scheduler()": "component status details",
    }
    for call, columns in expected.items():
        if call in statement:
            assert rows
            assert list(rows[0]) == columns.split()
    if "manage_cron_jobs()" in statement:
        assert [row["job_name"] for row in rows] == JOBS
    elif "get_scheduler_health()" in statement:
        assert [row["component"] for row in rows] == JOBS
    elif "get_cron_job_status()" in statement:
        assert (rows[0]["total_jobs"], rows[0]["active_jobs"]) == (6, 6)
    elif "initialize_scheduler()" in statement:
        assert {row["status"] for row in rows} == {"ok"}, rows
    elif "cron.job WHERE" in statement:
        assert {row["jobname"] for row in rows} >= set(JOBS)


def test_the_monitoring_queries_show_what_has_run(guided: Database) -> None:
    """The same queries, after each job's command in a session that looks like pg_cron's."""
    assert len(MONITORING) == 6
    with psycopg.connect(guided.url(), autocommit=True, application_name="pg_cron") as session:
        for _, command in sorted(GUIDE_SCHEDULES.values()):
            session.execute(command.encode())
    _collect(guided)
    runs = guided.rows("select status, error_message from public.job_runs")
    assert runs == [("succeeded", None)] * 6
    for case in MONITORING:
        assert guided.rows(case.statement), case
    assert KEY not in repr(guided.rows("select * from public.job_runs"))
    assert cpctl(guided, "diff").out.splitlines()[-1].startswith("No drift.")


def _collect(database: Database) -> None:
    if database.version == "15":
        for _ in range(100):
            database.run("select public.recover_edge_functions()")
            if not database.rows("select from public.job_runs where status = 'running'"):
                return
            database.run("select pg_sleep(0.05)")
