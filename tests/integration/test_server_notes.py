"""What a plan says of the server itself, on real ones."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from cpctl.core.guc import hidden
from ground import Cluster
from tests.integration.steps import document, job, refused
from tests.servers import Database

NET = document(jobs={"mine": job(command="SELECT net.http_post('https://example.org/');")})
HTTP = document(jobs={"mine": job(command="SELECT http((m, u, ARRAY[http_header('a', 'b')], c));")})
WORDS = ("not encrypted", "was not tested with", "its SQL is still", "is not here")


@pytest.mark.parametrize("tcp", [False, True], ids=["socket", "loopback"])
def test_nothing_is_said_of_the_servers_that_were_tested(database: Database, tcp: bool) -> None:  # noqa: FBT001
    database.write(document(jobs={"mine": job()}))
    url = {"CPCTL_DATABASE_URL": database.cluster.tcp_url()} if tcp else {}
    for command in ("plan", "diff"):
        done = database.cpctl(command, environment=url)
        assert [word for word in WORDS if word in done.out] == [], done


@pytest.mark.parametrize(("text", "name"), [(NET, "pg_net"), (HTTP, "http")])
def test_a_job_that_calls_what_is_not_there(database: Database, text: str, name: str) -> None:
    database.run("drop extension if exists http")
    database.write(text)
    done = database.cpctl("plan")
    assert f"the extension {name}, which has it, is not here" in done.out
    assert f"CREATE EXTENSION {name};" in done.out
    if name == "http" and database.version == "17":
        database.run("create extension http")
        assert "is not here" not in database.cpctl("plan").out
        database.run("drop extension http")


@pytest.fixture
def behind() -> Iterator[Cluster]:
    """A server whose package was updated, and whose extension was not."""
    with Cluster("17", "behind") as cluster:
        yield cluster


def test_an_extension_that_was_not_updated_is_told(behind: Cluster, tmp_path: Path) -> None:
    with psycopg.connect(behind.url(), autocommit=True) as admin:
        admin.execute("drop extension pg_cron")
        admin.execute("create extension pg_cron version '1.4-1'")
        (tmp_path / "scheduler.yaml").write_text(document(jobs={"mine": job()}), "utf-8")
        command = [sys.executable, "-m", "cpctl", "plan", "--database-url", behind.url()]
        said = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
        assert "pg_cron's library is 1.6, and its SQL is still that of 1.4." in said.stdout
        admin.execute("alter extension pg_cron update")
        said = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
        assert "its SQL is still" not in said.stdout


@pytest.mark.parametrize("name", ["cron.log_run", "log_directory", "shared_preload_libraries"])
def test_a_setting_that_a_role_may_not_see_is_refused_with_the_grant(
    database: Database, name: str
) -> None:
    database.new_role("plain", "USAGE ON SCHEMA cron")
    value = ["pg_cron"] if name.startswith("shared") else "on"
    text = document(defaults={"username": "plain"}, jobs={"mine": job()}, settings={name: value})
    database.write(text)
    for command in (("plan",), ("diff",), ("apply", "--auto-approve")):
        done = refused(database, *command, user="plain")
        assert f"plain may not read setting.{name}: hidden is not absent" in done.err
        assert "GRANT pg_read_all_settings TO plain;" in done.err
    database.run("grant pg_read_all_settings to plain")
    assert database.cpctl("plan", user="plain").code == 0


def test_the_settings_that_plain_roles_do_not_see_are_those_that_cpctl_knows(
    database: Database,
) -> None:
    query = "select lower(name) from pg_settings"
    everything = {name for (name,) in database.rows(query)}
    database.new_role("plain")
    database.run("set role plain")
    seen = {name for (name,) in database.rows(query)}
    database.run("reset role")
    assert everything - seen
    assert {name for name in everything if hidden(name)} == everything - seen
