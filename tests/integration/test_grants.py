"""`cpctl grants`: with what it prints a role can, and without any one line of it it cannot."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from ground import Cluster
from tests.integration.roles import FILES, VAULT, File, give, grants, owned, renew, statements
from tests.integration.steps import document, given, in_sync, job, state, untouched
from tests.runner import Result
from tests.servers import Database

COMMANDS = {
    "apply": ("apply", "--auto-approve"),
    "plan": ("plan",),
    "diff": ("diff",),
}
READ_ALIKE = {"own-jobs", "others-jobs", "all"}
"""Files that a plan is tried with, too: it takes what a diff does."""

CASES = [
    (file, purpose)
    for file in FILES
    for purpose in COMMANDS
    if purpose != "plan" or file.at in READ_ALIKE
]


@pytest.fixture
def file(request: pytest.FixtureRequest, database: Database) -> Iterator[File]:
    """Its file written, and both roles made."""
    found: File = request.param
    database.environment["KEY"] = "s3cr3t"
    database.new_role("deploy", options=found.options)
    database.new_role("worker")
    database.write(found.text)
    if found.applied:
        give(database, [VAULT])
        first = database.cpctl("apply", "--auto-approve", environment={"KEY": "old"})
        assert first.code == 0, first
    give(database, found.given)
    yield found
    give(database, found.undo)
    database.run("alter database postgres owner to postgres")


def _without(database: Database, file: File, line: str, all_of_them: list[str]) -> None:
    renew(database, "deploy", file.options)
    if file.at != "others-jobs-used-already":
        renew(database, "worker")
    give(database, [other for other in all_of_them if other != line])


def _names(said: Result, line: str) -> bool:
    """The right, whoever should get it: what a member inherits it may be told to get by itself."""
    right = "BYPASSRLS" if "BYPASSRLS" in line else line.split(" TO ", maxsplit=1)[0]
    if right in {"ALTER DATABASE postgres OWNER", "GRANT landlord"}:
        right = "ALTER DATABASE postgres OWNER TO deploy;"
    connecting = "permission denied for database" in said.err and "CONNECT" in line
    return right in said.out + said.err or connecting


@pytest.mark.parametrize(
    ("file", "purpose"),
    CASES,
    indirect=["file"],
    ids=[f"{file.at}-{purpose}" for file, purpose in CASES],
)
def test_each_line_is_needed_and_all_together_suffice(
    database: Database, file: File, purpose: str
) -> None:
    first = grants(database, "deploy", purpose)
    assert first.code == 0, first
    lines = statements(first.out)
    assert lines or purpose != "apply"
    for line in lines:
        _without(database, file, line, lines)
        with untouched(database):
            done = database.cpctl(*COMMANDS[purpose], user="deploy")
        assert done.code == (1 if " CONNECT " in line else 3), (line, done)
        assert _names(done, line), (line, done)
    _without(database, file, "", lines)
    done = database.cpctl(*COMMANDS[purpose], user="deploy")
    assert done.code in ({0} if purpose == "apply" else {0, 2}), done
    if purpose == "apply":
        assert ("0 deleted" not in done.out) == (file.applied or file.at == "unremoved"), done
        in_sync(database, user="deploy")


def test_what_the_role_has_already_changes_nothing(database: Database) -> None:
    database.new_role("deploy")
    database.write(owned("deploy", settings={"app.one": "1"}))
    before = grants(database, "deploy").out
    give(database, statements(before))
    assert grants(database, "deploy").out == before
    assert grants(database, "deploy").out == before


def test_psql_takes_it_and_stdout_is_sql_alone(database: Database) -> None:
    database.new_role("de\"pl'oy; drop")
    database.new_role("worker")
    name = "de\"pl'oy; drop"
    database.write(owned("worker", settings={"app.select": "1"}), "od\nd; SELECT 1.yaml")
    said = database.cpctl("grants", "--for", "apply", "--role", name, "-f", "od\nd; SELECT 1.yaml")
    assert said.code == 0, said
    done = subprocess.run(
        database.cluster.psql("-v", "ON_ERROR_STOP=1", "-d", "postgres", "-q"),
        input=said.out,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    given_to = "select rolname from pg_roles r where pg_has_role(r.oid, 'worker', 'MEMBER')"
    assert (name,) in database.rows(given_to)


def test_optional_lines_can_be_run_too(database: Database) -> None:
    database.new_role("deploy")
    database.write(owned("deploy"))
    text = grants(database, "deploy").out
    optional = re.findall(r"^-- optional: (.+)$", text, re.MULTILINE)
    assert "GRANT CREATE ON DATABASE postgres TO deploy;" in optional
    give(database, [*statements(text), *optional])
    done = database.cpctl("apply", "--auto-approve", user="deploy")
    assert (done.code, "NO_LEDGER" in done.out) == (0, False)
    assert database.rows("select name, role from cpctl.applies") == [("test", "deploy")]


def test_deletes_need_a_ledger_that_others_made(database: Database) -> None:
    database.write(owned("deploy"))
    database.new_role("deploy")
    assert database.cpctl("apply", "--auto-approve").code == 0
    less = owned("deploy", jobs={"mine": job()})
    assert "GRANT SELECT, INSERT, UPDATE ON cpctl" not in "\n".join(
        statements(grants(database, "deploy").out)
    )
    database.write(less)
    lines = statements(grants(database, "deploy").out)
    ledger = [line for line in lines if "cpctl" in line]
    assert ledger == [
        "GRANT USAGE ON SCHEMA cpctl TO deploy;",
        "GRANT SELECT, INSERT, UPDATE ON cpctl.applies, cpctl.files TO deploy;",
    ]
    for line in ledger:
        renew(database, "deploy")
        give(database, [other for other in lines if other != line])
        with untouched(database):
            done = database.cpctl("apply", "--auto-approve", user="deploy")
        assert done.code == 3
        assert line in done.err
    give(database, ledger)
    assert database.cpctl("apply", "--auto-approve", user="deploy").code == 0


def test_the_time_zone_that_the_file_expects_is_not_asked_for_where_it_is_gmt(
    database: Database,
) -> None:
    database.new_role("deploy")
    database.write(owned("deploy", expect={"timezone": "G?T"}))
    assert not any("pg_read" in line for line in statements(grants(database, "deploy").out))
    database.write(owned("deploy", expect={"timezone": "Europe/*"}))
    assert grants(database, "deploy").code == 3


def test_the_time_zone_that_the_file_expects_must_be_readable(tmp_path: Path) -> None:
    with (
        Cluster("17", "zone", {"cron.timezone": "Europe/Berlin"}) as cluster,
        psycopg.connect(cluster.url(), autocommit=True) as admin,
    ):
        database = Database(cluster, admin, tmp_path)
        database.new_role("deploy")
        database.write(owned("deploy", expect={"timezone": "Europe/*"}))
        lines = statements(grants(database, "deploy").out)
        assert "GRANT pg_read_all_settings TO deploy;" in lines
        give(database, [line for line in lines if "pg_read" not in line])
        assert database.cpctl("apply", "--auto-approve", user="deploy").code == 3
        give(database, lines)
        assert database.cpctl("apply", "--auto-approve", user="deploy").code == 0


def test_a_remedy_that_names_the_command_is_true(database: Database) -> None:
    database.new_role("deploy")
    database.write(owned("deploy", settings={"app.one": "1"}))
    give(database, ["grant usage on schema cron to deploy"])
    done = database.cpctl("apply", "--auto-approve", user="deploy")
    assert done.code == 3
    remedy = "Remedy: have a superuser run: cpctl grants --for apply --role deploy | psql"
    assert remedy in done.err
    give(database, statements(grants(database, "deploy").out))
    assert database.cpctl("apply", "--auto-approve", user="deploy").code == 0


def test_overlays_are_named_in_the_remedy(database: Database) -> None:
    database.new_role("deploy", "USAGE ON SCHEMA cron")
    database.write(owned("deploy", settings={"app.one": "1"}), "a.yaml")
    database.write("settings: {app.two: '2'}\n", "b c.yaml")
    files = ("-f", "a.yaml", "-f", "b c.yaml")
    done = database.cpctl("apply", "--auto-approve", *files, user="deploy")
    assert "cpctl grants --for apply --role deploy -f a.yaml -f 'b c.yaml' | psql" in done.err


def test_a_superusers_jobs_are_warned_of(database: Database) -> None:
    database.new_role("deploy")
    database.write(owned("postgres"))
    said = grants(database, "deploy")
    assert "GRANT postgres TO deploy" in said.out
    assert "Warning: the file's jobs belong to postgres, a superuser" in said.err
    assert grants(database, "deploy", "diff").err == ""


def test_a_superuser_needs_nothing(database: Database) -> None:
    database.write(owned("worker"))
    database.new_role("worker")
    said = grants(database, "postgres")
    assert (said.code, statements(said.out)) == (0, [])
    assert "postgres is a superuser: it needs nothing." in said.out


def test_a_role_that_is_not_there_is_said(database: Database) -> None:
    database.write(owned("worker"))
    said = grants(database, "ghost")
    assert (said.code, said.out) == (1, "")
    assert "there is no role ghost here" in said.err
    assert "CREATE ROLE ghost LOGIN;" in said.err
    database.new_role("deploy")
    said = grants(database, "deploy")
    assert (said.code, said.out) == (3, "")
    assert "CREATE ROLE worker LOGIN;" in said.err


def test_who_is_no_superuser_is_told_what_only_one_can_grant(database: Database) -> None:
    database.new_role("deploy")
    database.new_role("admin", "USAGE ON SCHEMA cron", options="LOGIN BYPASSRLS CREATEROLE")
    database.write(owned("deploy", settings={"app.one": "1"}))
    said = database.cpctl("grants", "--for", "apply", "--role", "deploy", user="admin")
    assert said.code == 0, said
    assert "-- superuser: GRANT ALTER SYSTEM ON PARAMETER app.one TO deploy;" in said.out
    assert "parameter group" in said.out
    assert statements(said.out) == ["GRANT USAGE ON SCHEMA cron TO deploy;"]


def test_it_writes_nothing(database: Database) -> None:
    given(database, {"mine": job()})
    database.new_role("deploy")
    database.write(document(jobs={"mine": job("1 1 * * *")}))
    before = state(database)
    with untouched(database):
        assert grants(database, "deploy").code == 0
    assert state(database) == before
