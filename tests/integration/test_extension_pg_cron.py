"""pg_cron itself, made by the file's first apply together with its jobs."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import psycopg
import pytest

from ground import Cluster
from tests.integration.extending import applied, declared, drift
from tests.integration.running import until
from tests.integration.steps import document, in_sync, job, plan
from tests.servers import Database

FILE: dict[str, object] = {"extensions": {"pg_cron": {}}}


@pytest.fixture
def without(database: Database) -> Iterator[Database]:
    """A database that has no pg_cron, of a server that was started with it."""
    database.run("drop extension pg_cron cascade")
    yield database
    database.run("create extension if not exists pg_cron")


def test_pg_cron_and_its_jobs_are_made_in_one_apply(without: Database) -> None:
    fast = {"15": "0 3 29 2 *"}.get(without.version, "1 second")
    text = document(jobs={"a": job(fast), "b": job("*/5 * * * *", active=False)}, **FILE)
    done = applied(without, text)
    assert "extension.pg_cron    created" in done.out
    assert "job.a                created    jobid 1" in done.out
    assert {name: one["active"] for (name, _), one in without.jobs().items()} == {
        "a": True,
        "b": False,
    }
    if without.version != "15":
        runs = "select from cron.job_run_details where status = 'succeeded' limit 1"
        until(lambda: without.rows(runs), "a run")


def test_the_plan_is_that_of_an_empty_cron_job(without: Database) -> None:
    without.write(declared({"pg_cron": {}}))
    found = plan(without)
    assert [one["address"] for one in found["changes"]] == ["extension.pg_cron", "job.a"]
    assert found["refusals"] == []
    versions = {"15": "1.4", "17": "1.6"}
    assert found["target"]["pg_cron_version"] == versions[without.version]
    assert without.rows("select from pg_extension where extname = 'pg_cron'") == []


def test_jobs_of_another_owner(without: Database) -> None:
    without.new_role("worker")
    applied(without, declared({"pg_cron": {}}, defaults={"username": "worker"}))
    assert list(without.jobs()) == [("a", "worker")]


def test_the_version_that_the_file_says(without: Database) -> None:
    applied(without, declared({"pg_cron": {"version": "1.4"}}))
    found = "select extversion from pg_extension where extname = 'pg_cron'"
    assert without.rows(found) == [("1.4",)]
    without.run("drop extension pg_cron")


def test_a_failure_leaves_neither(without: Database) -> None:
    """A job in a database that is not there."""
    without.write(document(jobs={"a": job(command="SELECT 1", database="nowhere")}, **FILE))
    done = without.cpctl("apply", "--auto-approve")
    assert (done.code, "the apply was undone" in done.err) == (1, True), done
    assert without.rows("select from pg_extension where extname = 'pg_cron'") == []


def test_it_is_never_dropped(without: Database) -> None:
    applied(without, declared({"pg_cron": {}}))
    without.write(document(jobs={"a": job("0 3 29 2 *")}))
    done = in_sync(without)
    assert "extension.pg_cron is not in scheduler.yaml any more, and stays" in done.out
    assert "would remove every job" in done.out
    without.write(declared({"pg_cron": {}}))
    done = without.cpctl("rollback", "--auto-approve")
    assert done.code == 0, done
    assert "extension.pg_cron stays: to drop it would remove every job." in done.out
    assert without.jobs() == {}


def test_dropped_by_hand_it_is_missing_and_comes_back_with_the_jobs(without: Database) -> None:
    text = declared({"pg_cron": {}})
    applied(without, text)
    without.run("drop extension pg_cron cascade")
    assert {a: one["class"] for a, one in drift(without).items()} == {
        "extension.pg_cron": "missing",
        "job.a": "missing",
    }
    applied(without, text)
    assert list(without.jobs()) == [("a", "postgres")]


def test_the_script_for_psql_does_the_same(without: Database) -> None:
    without.write(declared({"pg_cron": {}}))
    script = without.cpctl("plan", "--format", "sql").out
    psql = without.cluster.psql()
    done = subprocess.run(psql, input=script, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done
    in_sync(without)


def test_without_the_section_the_way_is_pointed_out(without: Database) -> None:
    without.write(document(jobs={"a": job()}))
    done = without.cpctl("plan")
    assert done.code == 1
    assert "the extension pg_cron is not there" in done.err
    assert "or in the file: extensions: {pg_cron: {}}" in done.err


def test_in_another_database_the_right_one_is_named(database: Database) -> None:
    database.run("create database other")
    database.write(declared({"pg_cron": {}}))
    done = database.cpctl(
        "apply", "--auto-approve", "--database-url", database.url(database="other")
    )
    assert done.code == 1
    assert "pg_cron lives in another database, postgres" in done.err
    assert "connect to the database postgres" in done.err


def test_a_plain_role_is_told_what_a_superuser_runs(without: Database) -> None:
    without.new_role("deploy", "CREATE ON DATABASE postgres")
    without.write(declared({"pg_cron": {}}, defaults={"username": "deploy"}))
    done = without.cpctl("apply", "--auto-approve", user="deploy")
    assert done.code == 3, done
    assert "Remedy: CREATE EXTENSION pg_cron" in done.err
    assert "Nothing was written." in done.err
    assert without.rows("select from pg_extension where extname = 'pg_cron'") == []


def test_where_it_is_not_preloaded_the_way_out_is_told(database: Database) -> None:
    """A server that was started with another library, and then with both."""
    settings = {"shared_preload_libraries": "auto_explain"}
    with Cluster(database.version, "unloaded", settings) as unloaded:
        database.environment["CPCTL_DATABASE_URL"] = unloaded.url()
        database.write(declared({"pg_cron": {}}))
        done = database.cpctl("apply", "--auto-approve")
        way = (
            "ALTER SYSTEM SET shared_preload_libraries = 'auto_explain', 'pg_cron'; restart the "
            "server"
        )
        assert done.code == 1
        assert "was not started with its library. Nothing was written." in done.err
        assert way in done.err
        assert f"postgresql-{unloaded.version}-cron" in done.err
        with psycopg.connect(unloaded.url(), autocommit=True) as admin:
            admin.execute("alter system set shared_preload_libraries = 'auto_explain', 'pg_cron'")
        unloaded.restart()
        done = database.cpctl("apply", "--auto-approve")
        assert done.code == 0, done
        in_sync(database)
