"""What the runtime says of itself, what it removes, and who may do what with it."""

from __future__ import annotations

import itertools
from typing import Any

import psycopg
import pytest
from psycopg import errors

from tests import pg_net
from tests.integration.pack_by_hand import KEY, UPKEEP, Edge, Runtime, installed
from tests.servers import Database

NAMES = ("content_automation", "sweeper")
TABLES = "job_runs sweeper_logs monitoring_alerts health_checks metrics_data cleanup_logs".split()
LOGS = TABLES[1:]


def as_made(database: Database, **more: Any) -> Any:
    return installed(database.admin, Runtime("pg_net", dict.fromkeys(NAMES, Edge()), **more))


def checks(database: Database) -> dict[str, tuple[str, str]]:
    query = "select component, status, details from pipeline.initialize_scheduler()"
    return {component: (status, details) for component, status, details in database.rows(query)}


def test_initialize_scheduler_names_what_is_missing(database: Database) -> None:
    with as_made(database):
        before = database.jobs()
        found = checks(database)
        assert found["extension pg_cron"][0] == found["launcher"][0] == "ok"
        assert found["extension pg_net"] == ("missing", "it is not in this database")
        assert {found[f"table {name}"][0] for name in TABLES} == {"ok"}
        assert found["url sweeper"] == ("missing", "setting app.sweeper_url is not set")
        assert found["key"] == ("missing", "setting app.service_role_key is not set")
        assert found["job for sweeper"] == ("missing", "no job calls trigger_sweeper()")
        assert found[f"job {UPKEEP[0]}"] == ("missing", "it is not in cron.job")
        database.run("drop table pipeline.metrics_data")
        assert checks(database)["table metrics_data"] == ("missing", "pipeline.metrics_data")
        assert database.jobs() == before
        assert database.rows("select count(*) from pipeline.job_runs") == [(0,)]


def test_initialize_scheduler_is_content_with_what_is_there(database: Database) -> None:
    with as_made(database):
        for name, job in zip(NAMES, ("main", "sweeper"), strict=True):
            database.run(f"set app.{name}_url = 'https://127.0.0.1/{name}'")
            call = f"select pipeline.trigger_{name}()"
            database.run(
                "select cron.schedule(%s, '0 0 1 1 *', %s)", f"content_pipeline_{job}", call
            )
        database.run(f"set app.service_role_key = '{KEY}'")
        for name in UPKEEP:
            database.run("select cron.schedule(%s, '0 0 1 1 *', 'select 1')", name)
        database.run("select pipeline.toggle_cron_job('content_pipeline_sweeper', false)")
        found = checks(database)
        assert {name for name, (status, _) in found.items() if status != "ok"} == {
            "extension pg_net", "job content_pipeline_sweeper",
        }  # fmt: skip
        assert found["job content_pipeline_sweeper"][0] == "inactive"
        assert found["url sweeper"] == ("ok", "setting app.sweeper_url")
        assert found[f"job {UPKEEP[0]}"] == ("ok", "0 0 1 1 *: select 1")
        database.run("set app.sweeper_url = 'ftp://x'")
        assert checks(database)["url sweeper"][0] == "error"
        assert KEY not in repr(found)


ALERTS = (("open", None), ("open", "a"), ("seen", "b"), ("seen", None), ("resolved", "a"))


@pytest.mark.parametrize("owner", ["worker", "postgres"])
def test_old_runs_go_and_open_alerts_stay(database: Database, owner: str) -> None:
    other = {"worker": "postgres", "postgres": "worker"}[owner]
    database.new_role("worker", "USAGE ON SCHEMA cron")
    with as_made(database, owner=owner):
        for age in ("8 days", "6 days"):
            _a_run_of(database, f"now() - interval '{age}'")
        for status, name in ALERTS:
            database.run(
                "insert into pipeline.monitoring_alerts (timestamp, status, failing_function) "
                "values (now() - interval '8 days', %s, %s)", status, name,
            )  # fmt: skip
        ((said,),) = database.rows("select pipeline.remove_old_runs('7 days')")
        assert said == {**dict.fromkeys((*TABLES, "job_run_details"), 1), "monitoring_alerts": 3}
        alerts = "select status, failing_function from pipeline.monitoring_alerts order by 1, 2"
        assert database.rows(alerts) == [
            ("open", "a"), ("open", None), ("seen", "b"), (None, None),
        ]  # fmt: skip
        runs = "select status, started_at < now() - interval '7 days' from pipeline.job_runs"
        assert sorted(database.rows(runs)) == [
            ("failed", False), ("running", False), ("running", True),
        ]  # fmt: skip
        details = "select username from cron.job_run_details order by runid"
        assert [role for (role,) in database.rows(details)] == [other, "worker", "postgres"]
        for keep in ("'0'", "'-1 day'", "null"):
            with pytest.raises(errors.InvalidParameterValue):
                database.run(f"select pipeline.remove_old_runs({keep})")


def _a_run_of(database: Database, then: str) -> None:
    for status in ("failed", "running"):
        run = "insert into pipeline.job_runs (status, started_at) values (%s, " + then + ")"
        database.run(run, status)
    for log in LOGS:
        database.run(f"insert into pipeline.{log} (timestamp) values ({then})")
    for role in ("worker", "postgres"):
        database.run(
            "insert into cron.job_run_details (jobid, database, username, command, status, "
            f"start_time, end_time) values (1, 'postgres', %s, '', 'succeeded', {then}, {then})",
            role,
        )


def test_another_role_owns_it_and_everybody_else_may_nothing(database: Database) -> None:
    owner = database.new_role(
        "worker", "USAGE ON SCHEMA cron", "EXECUTE ON FUNCTION cron.alter_job"
    )
    nosy = database.new_role("nosy", "USAGE ON SCHEMA cron")
    mine = "content_pipeline_mine"
    with as_made(database, owner=owner), pg_net.standing_in(database):
        database.run("grant usage on schema pipeline to nosy")
        with psycopg.connect(database.url(owner), autocommit=True) as session:
            session.execute("select cron.schedule(%s, '0 0 1 1 *', 'select 1')", (mine,))
        database.run("select cron.schedule('content_pipeline_other', '0 0 1 1 *', 'select 1')")
        with psycopg.connect(database.url(), autocommit=True) as session:
            names = "select job_name from pipeline.manage_cron_jobs()"
            assert session.execute(names).fetchall() == [(mine,)]
            toggle = "select success from pipeline.toggle_cron_job(%s, false)"
            assert session.execute(toggle, (mine,)).fetchall() == [(True,)]
            assert session.execute(toggle, ("content_pipeline_other",)).fetchall() == [(False,)]
            for call in ("trigger_sweeper()", "recover_edge_functions()", "initialize_scheduler()"):
                session.execute(f"select pipeline.{call}".encode())
        with psycopg.connect(database.url(nosy), autocommit=True) as session:
            for (call,) in database.rows(_CALLS):
                with pytest.raises(errors.InsufficientPrivilege):
                    session.execute(f"select {call}".encode())
            for table, verb in itertools.product(TABLES, ("select from", "delete from")):
                with pytest.raises(errors.InsufficientPrivilege):
                    session.execute(f"{verb} pipeline.{table}".encode())


_CALLS = (
    "select format('%I.%I(%s)', 'pipeline', proname, (select string_agg('null', ', ') "
    "from generate_series(1, pronargs))) from pg_proc "
    "where pronamespace = 'pipeline'::regnamespace and proname <> 'next_cron_run'"
)


def test_who_may_not_change_a_job_is_told(database: Database) -> None:
    owner = database.new_role("worker", "USAGE ON SCHEMA cron")
    with as_made(database, owner=owner):
        with psycopg.connect(database.url(owner), autocommit=True) as session:
            session.execute("select cron.schedule('content_pipeline_x', '0 0 1 1 *', 'select 1')")
        query = "select success, message from pipeline.toggle_cron_job('content_pipeline_x', false)"
        ((success, message),) = database.rows(query)
        assert not success
        assert message == (
            "Job not changed: content_pipeline_x (permission denied for function alter_job)"
        )


def test_no_search_path_bends_it(database: Database) -> None:
    """Temporary objects and schemas of a caller's own stand before nothing of ours."""
    with as_made(database), pg_net.standing_in(database):
        with psycopg.connect(database.url(), autocommit=True) as session:
            session.execute("create temp table job_runs (id int); create temp table job (id int)")
            session.execute(
                "create function pg_temp.format(text, variadic text[]) returns text "
                "language sql as 'select $1'"
            )
            session.execute("set search_path = pg_temp, pipeline, pg_catalog")
            ((said,),) = session.execute("select pipeline.trigger_sweeper()").fetchall()
            assert said["error"].startswith("setting app.sweeper_url is not set")
            session.execute("select * from pipeline.get_scheduler_health()")
        assert database.rows("select count(*) from pipeline.job_runs") == [(1,)]
