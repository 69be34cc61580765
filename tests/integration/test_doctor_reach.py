"""What the doctor finds at the URLs, in the stores, in another database, and with few rights."""

from __future__ import annotations

import json
from collections.abc import Iterator

import psycopg
import pytest

from tests import vault
from tests.edge_server import EdgeServer, answer
from tests.integration.doctoring import Fault, codes, examined, told
from tests.integration.pipeline import apply, pipeline
from tests.integration.steps import document, job
from tests.servers import Database

FILE = ("-f", "scheduler.yaml")
REF, OTHER = "abcdefghijklmnopqrst", "zyxwvutsrqponmlkjihg"


@pytest.fixture
def edge(database: Database) -> Iterator[EdgeServer]:
    with pipeline(database) as edge:
        apply(database)
        edge.seen.clear()
        yield edge


def test_urls_are_asked_without_the_key_and_only_with_probe(
    database: Database, edge: EdgeServer
) -> None:
    path = "/functions/v1/cleanup"
    assert examined(database) == []
    assert [it for it in edge.seen if it.method == "OPTIONS"] == []
    well = edge.behaviours[path]
    for status, expected in ((500, "D502"), (404, "D502"), (302, "D502"), (401, ""), (405, "")):
        edge.behaviours[path] = answer(status, {})
        found = examined(database, "--probe")
        assert codes(found) == expected, status
        assert [one["address"] for one in found] == ["setting.app.cleanup_url"] * bool(expected)
        assert examined(database) == []
    edge.behaviours[path] = well
    assert examined(database, "--probe") == []
    asked = [it for it in edge.seen if it.method == "OPTIONS"]
    assert {it.path.rpartition("/")[2] for it in asked} == {
        "cleanup", "content-automation", "health", "metrics", "monitor", "sweeper",
    }  # fmt: skip
    assert {(it.bearer, it.body) for it in asked} == {(None, None)}


def urls(database: Database, host: str) -> None:
    text = document(
        jobs={"mine": job()},
        urls={"it": f"https://{host}/f"},
        defaults={"username": "postgres"},
    )
    database.write(text)
    assert database.cpctl("apply", "--auto-approve").code == 0


def test_a_host_that_does_not_exist(database: Database) -> None:
    urls(database, "127.0.0.1:1")
    assert examined(database, files=FILE) == []
    found = examined(database, "--probe", files=FILE)
    assert codes(found) == "D502"
    assert "does not answer from here" in found[0]["what"]
    urls(database, "no-such-host.invalid")
    (unresolved,) = examined(database, files=FILE)
    assert unresolved["code"] == "D501"
    assert "no-such-host.invalid, which cannot be resolved" in unresolved["what"]
    assert unresolved["place"] == "scheduler.yaml:4"


def test_the_project_of_another_environment(database: Database) -> None:
    """Behind Supabase's pooler the role names the project."""
    database.run(f'create role "postgres.{REF}" superuser login')
    urls(database, f"{OTHER}.supabase.co")
    found = examined(database, files=FILE, user=f"postgres.{REF}")
    assert "D503" in codes(found)
    said = next(one for one in found if one["code"] == "D503")
    assert said["what"].endswith(
        f"calls the Supabase project {OTHER}, and the database is of {REF}"
    )
    urls(database, f"{REF}.supabase.co")
    assert "D503" not in codes(examined(database, files=FILE, user=f"postgres.{REF}"))


def test_secrets_of_vault_and_of_the_table(database: Database) -> None:
    vault.install(database.admin, "postgres")
    database.run("create role clerk login")
    database.environment["KEY"] = "invented-value-of-a-test"
    read = "SELECT decrypted_secret FROM vault.decrypted_secrets WHERE name = 'kept'"
    text = document(
        jobs={"t": job(command="SELECT cpctl.secret('table_kept')"), "v": job(command=read)},
        secrets={
            "kept": {"from": "env:KEY", "to": "vault"},
            "table_kept": {"from": "env:KEY", "to": "table"},
        },
    )
    database.write(text)
    assert database.cpctl("apply", "--auto-approve").code == 0
    job_id = "(select jobid from cron.job where jobname = '{}')"
    table, vaulted = job_id.format("t"), job_id.format("v")
    clerk = "select cron.alter_job({}, username := '{}')"
    renamed = "update vault.secrets set name = '{}' where name = '{}'"
    moved = "update cpctl.secrets set name = '{}' where name = '{}'"
    faults = [
        Fault("D304 D306", [renamed.format("x", "kept")], [renamed.format("kept", "x")],
              ["job.v reads the secret kept, which is not in Vault"]),
        Fault("D304 D306", [moved.format("x", "table_kept")], [moved.format("table_kept", "x")],
              ["job.t reads the secret table_kept, which is not in cpctl.secrets"]),
        Fault("D201 D305", [clerk.format(vaulted, "clerk")], [clerk.format(vaulted, "postgres")],
              ["job.clerk/v reads Vault, and clerk may not"]),
        Fault("D201 D302", [clerk.format(table, "clerk")], [clerk.format(table, "postgres")],
              ["calls cpctl.secret(), which clerk may not execute"]),
    ]  # fmt: skip
    told(database, faults, files=FILE)


def test_a_job_of_another_database(database: Database) -> None:
    database.run("create database other")
    command = "SELECT work()"
    database.write(document(jobs={"mine": job(command=command, database="other")}))
    assert database.cpctl("apply", "--auto-approve").code == 0
    (found,) = examined(database, files=FILE)
    assert found["code"] == "D301"
    assert "create work() in the database other" in found["remedy"]
    with psycopg.connect(database.url(database="other"), autocommit=True) as other:
        other.execute("create function work() returns int language sql return 1")
        assert examined(database, files=FILE) == []
        other.execute("create schema aside")
        other.execute("alter function work() set schema aside")
    (found,) = examined(database, files=FILE)
    assert "which is in the schema aside, and postgres does not look there" in found["what"]
    assert found["remedy"] == "command: SELECT aside.work()"
    database.run("alter role postgres in database other set search_path = aside")
    assert examined(database, files=FILE) == []


def test_what_a_plain_role_may_not_see_is_said_and_is_no_fault(database: Database) -> None:
    database.new_role("plain", "USAGE ON SCHEMA cron")
    database.write(document(jobs={"mine": job()}, defaults={"username": "plain"}))
    assert database.cpctl("apply", "--auto-approve", user="plain").code == 0
    done = database.cpctl("doctor", "--format", "json", user="plain")
    assert done.code == 0, done
    found = json.loads(done.out)
    results = {one["code"]: one["result"] for one in found["checks"]}
    unknown = {code for code, result in results.items() if result == "unknown"}
    assert unknown == {"D103", "D112"}
    assert found["summary"]["unknown"] == 2
    said = database.cpctl("doctor", user="plain").out
    assert ", not a superuser)\n" in said
    assert "GRANT pg_read_all_stats TO plain;" in said
    assert said.endswith(", 2 not seen.\n")
    database.run("grant pg_read_all_stats, pg_read_all_settings to plain")
    assert "skip" not in database.cpctl("doctor", user="plain").out
    database.new_role("clerk", "USAGE ON SCHEMA cron")
    database.write(document(jobs={"mine": job()}, defaults={"username": "clerk"}))
    said = database.cpctl("doctor", user="plain").out
    assert "skip  D201  row security hides the jobs of clerk: GRANT clerk TO plain;" in said
    database.run("revoke usage on schema cron from plain")
    done = database.cpctl("doctor", user="plain")
    assert done.code == 0
    assert (
        "skip  D301  plain may not read cron.job: GRANT USAGE ON SCHEMA cron TO plain;" in done.out
    )
    assert "skip  D401  plain may not read cron.job_run_details" in done.out
