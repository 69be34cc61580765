"""The runtime of edge functions by `cpctl`: made, used, refused, taken out again."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests.edge_server import EdgeServer
from tests.integration.pipeline import (
    FILES,
    KEY,
    OURS,
    OVERLAY,
    TRANSPORTS,
    apply,
    cpctl,
    drifted,
    pipeline,
)
from tests.integration.steps import untouched
from tests.servers import Database

TABLES = 6


@pytest.fixture
def edge(database: Database) -> Iterator[EdgeServer]:
    with pipeline(database) as server:
        yield server


def run(database: Database, call: str, user: str = "postgres") -> Any:
    with psycopg.connect(database.url(user), autocommit=True) as session:
        row = session.execute(f"select {call}".encode()).fetchone()
    assert row is not None
    return row[0]


def overlaid(database: Database, text: str) -> None:
    overlay = (database.folder / OVERLAY).read_text(encoding="utf-8")
    database.write(overlay.replace("runtime:\n", f"{text}runtime:\n", 1), OVERLAY)


def succeeded(database: Database, edge: EdgeServer, user: str = "postgres") -> None:
    """One call by hand reaches the other side with the key, and is recorded."""
    run(database, "public.trigger_sweeper()", user)
    status = ""
    for _ in range(100):
        status = run(database, "status from public.job_runs order by id desc limit 1")
        if status != "running":
            break
        run(database, "public.recover_edge_functions()", user)
    assert status == "succeeded"
    assert (edge.seen[-1].path, edge.seen[-1].bearer) == ("/functions/v1/sweeper", f"Bearer {KEY}")


def test_from_nothing_to_a_call(database: Database, edge: EdgeServer) -> None:
    if database.version == "17":
        database.run("drop extension http")
    planned = json.loads(cpctl(database, "plan", "--format", "json").out)
    kinds = [change["address"].partition(".")[0] for change in planned["changes"]]
    assert kinds.count("table") == TABLES
    assert kinds.count("extension") == (database.version == "17")
    apply(database)
    succeeded(database, edge)
    assert run(database, "array_agg(distinct status) from public.initialize_scheduler()") == ["ok"]


@pytest.mark.parametrize("transport", ["http", "pg_net"])
def test_without_its_extension_it_is_refused_before_anything_is_written(
    database: Database, transport: str
) -> None:
    """No test server can make pg_net; 15 has no http either."""
    if (database.version, transport) == ("17", "http"):
        transport = "pg_net"
    with pipeline(database):
        overlay = (database.folder / OVERLAY).read_text(encoding="utf-8")
        was = f"transport: {TRANSPORTS[database.version]}"
        database.write(overlay.replace(was, f"transport: {transport}"), OVERLAY)
        database.run("set allow_system_table_mods = on")
        database.run("delete from pg_extension where extname = 'pg_net'")
        with untouched(database):
            shown = cpctl(database, "plan", "--detailed-exitcode", code=3).out
            refused = cpctl(database, "apply", "--auto-approve", code=3).err
    for said in (shown, refused):
        assert f"extension.{transport}" in said
        assert {"http": "postgresql-15-http", "pg_net": "pg_net"}[transport] in said
        assert f"Refused: extension.{transport} is not available on this server." in said
    assert "Nothing was written." in refused


def test_the_script_makes_it_too(database: Database, edge: EdgeServer) -> None:
    script = cpctl(database, "plan", "--format", "sql")
    known = {"PATH": os.environ["PATH"], "SUPABASE_SERVICE_ROLE_KEY": KEY}
    done = subprocess.run(
        database.cluster.psql("-v", "ON_ERROR_STOP=1", "-q"),
        input=script.out, capture_output=True, text=True, check=False, env=known,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    cpctl(database, "plan", "--detailed-exitcode")
    succeeded(database, edge)


def test_it_belongs_to_the_owner_of_the_jobs(database: Database, edge: EdgeServer) -> None:
    """A plain role's, with a table of secrets, applied by a superuser and read by another role."""
    database.new_role("worker", "USAGE ON SCHEMA cron", "CREATE ON SCHEMA public")
    database.run("grant execute on all functions in schema cron to worker")
    database.new_role("watcher")
    overlaid(database, "store: table\ndefaults: {username: worker}\nscope: {settings: null}\n")
    overlay = (database.folder / OVERLAY).read_text(encoding="utf-8")
    database.write(overlay.replace("runtime:\n", "runtime:\n  readers: [watcher]\n", 1), OVERLAY)
    apply(database)
    succeeded(database, edge, "worker")
    said = "success from public.toggle_cron_job('content_pipeline_main', false)"
    assert run(database, said, "worker") is True
    assert run(database, "count(*) from public.get_scheduler_health()", "watcher") == 6
    assert run(database, "count(*) from public.job_runs", "watcher") == 1
    for call in ("public.trigger_sweeper()", "public.recover_edge_functions()"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            run(database, call, "watcher")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        run(database, "1 from public.job_runs for update", "watcher")


def test_taking_it_out_leaves_nothing(database: Database, edge: EdgeServer) -> None:
    if database.version == "17":
        database.run("drop extension http")
    before = database.rows(OURS)
    apply(database)
    succeeded(database, edge)
    database.write("version: 1\nname: content-pipeline\njobs:\n"
                   '  other: {schedule: "0 3 1 1 *", command: SELECT 1}\n')  # fmt: skip
    refused = database.cpctl("apply", "--auto-approve", "--allow", "FILES_CHANGED")
    assert refused.code == 3, refused
    assert "DROPS_DATA" in refused.out + refused.err
    assert len(database.rows(OURS)) > TABLES
    allowed = "FILES_CHANGED,DROPS_DATA"
    done = database.cpctl("apply", "--auto-approve", "--allow", allowed)
    assert done.code == 0, done
    assert database.rows(OURS) == before
    assert not database.rows("select from pg_extension where extname = 'http'")
    assert {name for name, _ in database.jobs()} == {"other"}
    again = database.cpctl("plan", "--detailed-exitcode")
    assert again.code == 0, again


@pytest.mark.usefixtures("edge")
def test_a_functions_change_in_the_file_changes_little(database: Database) -> None:
    apply(database)
    overlay = (database.folder / OVERLAY).read_text(encoding="utf-8")
    database.write(overlay.replace("timeout: 60s", "timeout: 50s"), OVERLAY)
    planned = json.loads(cpctl(database, "plan", "--format", "json").out)
    assert [change["address"] for change in planned["changes"]] == [
        "function.public.edge_functions()"
    ]
    database.write(overlay.replace("  sweeper: {}\n", ""), OVERLAY)
    planned = json.loads(cpctl(database, "plan", "--format", "json").out)
    gone = {c["address"] for c in planned["changes"] if c["action"] == "delete"}
    assert gone == {"function.public.trigger_sweeper()", "function.public.target_sweeper()"}


@pytest.mark.usefixtures("edge")
def test_a_saved_plan_and_a_rollback(database: Database) -> None:
    cpctl(database, "plan", "--out", "plan.json")
    assert KEY not in (database.folder / "plan.json").read_text(encoding="utf-8")
    done = database.cpctl("apply", "plan.json", "--auto-approve")
    assert done.code == 0, done
    cpctl(database, "plan", "--detailed-exitcode")
    assert drifted(database) == {}
    back = database.cpctl("rollback", *FILES, "--auto-approve")
    assert back.code == 0, back
    assert not database.rows(OURS)
    assert database.jobs() == {}


@pytest.mark.usefixtures("edge")
def test_a_rollback_leaves_what_its_applies_did_not_change(database: Database) -> None:
    if database.version == "17":
        database.run("drop extension http")
    apply(database)
    before = database.rows(OURS)
    overlay = (database.folder / OVERLAY).read_text(encoding="utf-8")
    database.write(overlay.replace("timeout: 60s", "timeout: 50s"), OVERLAY)
    apply(database)
    back = cpctl(database, "rollback", "--auto-approve")
    assert "Rollback complete: 0 created, 1 updated, 0 deleted" in back.out
    assert "stays" not in back.out
    assert database.rows(OURS) == before
    database.write(overlay, OVERLAY)
    assert drifted(database) == {}
