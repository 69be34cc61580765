"""A job's command run by hand: where, as whom, what it tells, and what it leaves when it fails."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from tests.integration.remembering import applied, by_hand, found, said
from tests.integration.running import Running, until
from tests.integration.steps import document, job, untouched
from tests.servers import Database

SCHEMA = Path(__file__).parents[2] / "schemas" / "trigger.schema.json"


def scheduled(database: Database, command: str) -> None:
    applied(database, document(jobs={"a_one": job(command=command)}))


def trigger(database: Database, *words: str, code: int = 0, user: str = "postgres") -> str:
    return said(database.cpctl("trigger", *words, user=user), code)


def seen(database: Database) -> list[tuple[object, ...]]:
    return database.rows("select * from seen")


@pytest.fixture
def table(database: Database) -> None:
    database.run("drop table if exists seen")
    database.run("create table seen (what text)")


@pytest.mark.usefixtures("table")
def test_it_runs_and_says_what_it_did(database: Database) -> None:
    command = "INSERT INTO seen VALUES (current_user || session_user || current_database())"
    scheduled(database, command)
    first, *_ = trigger(database, "a_one").splitlines()
    assert first.startswith("Ran job.a_one on ")
    assert "/postgres as postgres (" in first
    assert first.endswith("s): INSERT 0 1.")
    assert seen(database) == [("postgrespostgrespostgres",)]
    assert database.rows("select count(*) from cron.job_run_details") == [(0,)]


def test_rows_are_shown_the_first_of_them(database: Database) -> None:
    scheduled(database, "SELECT n, E'\\x1b[31m' AS red, NULL FROM generate_series(1, 25) n")
    text = trigger(database, "job.a_one")
    assert "SELECT 25" in text
    assert "\n  1 | \\u001b[31m | \n" in text
    assert "  … and 5 rows more" in text


def test_its_json_is_as_its_schema_says(database: Database) -> None:
    scheduled(database, "SELECT 1 AS one; SELECT 'a' AS two, NULL AS three")
    shown = found(database.cpctl("trigger", "a_one", "--format", "json"))
    Draft202012Validator(json.loads(SCHEMA.read_text("utf-8"))).validate(shown)
    assert [(one["columns"], one["rows"]) for one in shown["results"]] == [
        (["one"], [["1"]]),
        (["two", "three"], [["a", None]]),
    ]
    assert (shown["role"], shown["database"], shown["run"]) == ("postgres", "postgres", None)


@pytest.mark.usefixtures("table")
def test_one_that_fails_is_undone_and_exit_1(database: Database) -> None:
    scheduled(database, "INSERT INTO seen VALUES ('x'); SELECT 1 / 0")
    text = trigger(database, "a_one", code=1)
    assert text.startswith("Error: job.a_one: failed after ")
    assert "division by zero (22012). What it did since its last COMMIT is undone." in text
    assert seen(database) == []


@pytest.mark.usefixtures("table")
def test_statements_of_a_transaction_are_what_they_are_in_pg_cron(database: Database) -> None:
    scheduled(database, "BEGIN; INSERT INTO seen VALUES ('kept'); COMMIT; BEGIN; TRUNCATE seen")
    assert "# it left a transaction open, which was rolled back" in trigger(database, "a_one")
    assert seen(database) == [("kept",)]
    scheduled(database, "VACUUM seen")
    assert "VACUUM" in trigger(database, "a_one")
    scheduled(database, "SELECT 1; VACUUM seen")
    assert "25001" in trigger(database, "a_one", code=1)


@pytest.mark.parametrize("copy", ["COPY seen TO STDOUT", "COPY seen FROM STDIN"])
@pytest.mark.usefixtures("table")
def test_copy_with_the_client_is_refused(database: Database, copy: str) -> None:
    scheduled(database, f"INSERT INTO seen VALUES ('x'); {copy}")
    text = trigger(database, "a_one", code=3)
    assert "COPY to or from the client is not for jobs" in text
    assert "Nothing was run." in text
    assert seen(database) == []


def test_the_time_limit_cancels_it(database: Database) -> None:
    scheduled(database, "SELECT pg_sleep(60)")
    text = trigger(database, "a_one", "--statement-timeout", "500ms", code=1)
    assert "was cancelled after 0.5 s: canceling statement due to user request (57014)" in text
    assert "a longer --statement-timeout" in text


@pytest.mark.usefixtures("table")
def test_ctrl_c_cancels_it_in_the_server(database: Database) -> None:
    scheduled(database, "INSERT INTO seen VALUES ('x'); SELECT pg_sleep(61)")
    busy = (
        "select count(*) from pg_stat_activity "
        "where query like '%pg_sleep(61)' and state = 'active'"
    )
    with Running(database, "trigger", "a_one") as running:
        until(lambda: database.rows(busy) == [(1,)], "the command")
        running.signal(signal.SIGINT)
        done = running.finish()
    assert "was cancelled by the interrupt" in said(done, 1)
    assert database.rows(busy) == [(0,)]
    assert seen(database) == []


def test_in_another_database(database: Database) -> None:
    database.run("create database other")
    jobs = {"a_one": job(command="SELECT current_database()", database="other")}
    applied(database, document(jobs=jobs))
    text = trigger(database, "a_one")
    assert "/other as postgres" in text
    assert "\n  other" in text


def test_as_another_owner_only_where_its_code_is_trusted(database: Database) -> None:
    database.new_role("bob", "USAGE ON SCHEMA cron")
    database.run("create database other")
    command = "SELECT current_user, session_user, current_database()"
    jobs = {"a_one": job(command=command, database="other")}
    database.write(document(defaults={"username": "bob"}, jobs=jobs))
    assert database.cpctl("apply", "--auto-approve").code == 0
    text = trigger(database, "a_one", code=3)
    assert "belongs to bob, and you are postgres: its code could leave bob's rights" in text
    assert "connect as bob, or if you trust that code: --as-owner" in text
    assert "\n  bob | bob | other" in trigger(database, "a_one", "--as-owner")
    assert "\n  bob | bob | other" in trigger(database, "a_one", user="bob")
    database.new_role("anna", "USAGE ON SCHEMA cron")
    denied = trigger(database, "a_one", "--as-owner", code=3, user="anna")
    assert "GRANT bob TO anna" in denied
    database.run("grant bob to anna")
    assert "\n  bob | anna | other" in trigger(database, "a_one", "--as-owner", user="anna")


def test_a_paused_job_runs_by_hand_and_stays_paused(database: Database) -> None:
    scheduled(database, "SELECT 1")
    assert database.cpctl("pause", "a_one").code == 0
    assert "SELECT 1" in trigger(database, "a_one")
    assert database.jobs()["a_one", "postgres"]["active"] is False


def test_a_job_of_nobodys_file(database: Database) -> None:
    scheduled(database, "SELECT 1")
    by_hand(database, "theirs")
    assert "by hand" in trigger(database, "theirs")
    assert "did you mean theirs?" in trigger(database, "theris", code=1)


def test_what_is_only_in_the_file_is_not_run(database: Database) -> None:
    database.write(document(jobs={"a_one": job()}))
    with untouched(database):
        text = trigger(database, "a_one", code=1)
    assert "job.a_one is declared, but the database has no such job" in text


def test_not_in_the_wrong_database(database: Database) -> None:
    scheduled(database, "SELECT 1")
    database.write(document(expect={"host": "elsewhere*"}, jobs={"a_one": job()}))
    assert "is not for this database" in trigger(database, "a_one", code=3)


def test_a_connection_that_is_ended_under_it(database: Database) -> None:
    scheduled(database, "SELECT pg_terminate_backend(pg_backend_pid())")
    text = trigger(database, "a_one", code=6)
    assert "terminating connection due to administrator command; whether the command ran" in text
