"""A changed job is one alter_job with only what changed; its jobid and history stay."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.integration.steps import apply, converge, document, given, in_sync, job, untouched
from tests.servers import Database

NIGHTLY = ("nightly", "postgres")
FIELDS = {"schedule", "command", "database", "active", "username"}


def fields_in(entry: str) -> set[str]:
    """The arguments that an alter_job names, beside the jobid."""
    statement = entry.split("alter_job", 1)[1]
    return {name for name in FIELDS if re.search(rf"\b{name}\s*(:=|=>)", statement)}


def nightly(**more: object) -> str:
    return document(jobs={"nightly": {**job(), **more}})


@pytest.mark.parametrize(
    ("field", "before", "after"),
    [
        ("schedule", "0 3 * * *", "30 4 * * *"),
        ("command", "SELECT 1;", "SELECT 'two''s', $$3$$, E'\\\\';"),
        ("database", "postgres", "other"),
        ("database", "other", "postgres"),
        ("active", True, False),
        ("active", False, True),
    ],
)
def test_a_changed_field_is_one_alter_job_of_that_field(
    database: Database, field: str, before: object, after: object
) -> None:
    database.run("create database other")
    given(database, {"nightly": {**job(), field: before}})
    old = database.jobs()[NIGHTLY]
    assert old[field] == before
    database.run(
        "insert into cron.job_run_details (jobid, runid, command, status) "
        "values (%s, 4711, 'SELECT 0;', 'succeeded')",
        old["jobid"],
    )
    (entry,) = converge(database, nightly(**{field: after}), expected={"alter_job": 1})
    assert fields_in(entry) == {field}
    assert database.jobs() == {NIGHTLY: {**old, field: after}}
    history = "select jobid, status from cron.job_run_details where runid = 4711"
    assert database.rows(history) == [(old["jobid"], "succeeded")]


def test_all_changed_fields_go_into_one_statement_and_back(database: Database) -> None:
    database.run("create database other")
    converge(database, nightly(active=True), expected={"schedule": 1})
    old = database.jobs()[NIGHTLY]
    changed = {
        "schedule": "1 1 * * *",
        "command": "SELECT 2;",
        "database": "other",
        "active": False,
    }
    (entry,) = apply(database, nightly(**changed), expected={"alter_job": 1})
    assert fields_in(entry) == changed.keys()
    assert database.jobs() == {NIGHTLY: {"jobid": old["jobid"], **changed}}
    converge(database, nightly(active=True), expected={"alter_job": 1})
    assert database.jobs() == {NIGHTLY: old}


def test_a_job_is_created_paused_by_one_statement(database: Database) -> None:
    converge(database, nightly(active=False), expected={"schedule_in_database": 1})
    assert database.jobs()[NIGHTLY]["active"] is False


def test_the_plan_hides_what_does_not_change(database: Database) -> None:
    given(database, {"nightly": job()})
    database.write(nightly(schedule="30 4 * * *"))
    shown = database.cpctl("plan").out
    assert "# job.nightly will be updated in-place" in shown
    assert '  ~ schedule = "0 3 * * *" -> "30 4 * * *"' in shown
    assert "SELECT 1;" not in shown
    assert "Plan: 0 to create, 1 to update, 0 to delete (1 statement" in shown


@pytest.fixture
def paused(database: Database) -> dict[str, Any]:
    """A job that is there as declared, and was then paused in psql."""
    given(database, {"nightly": job(active=False)})
    return database.jobs()[NIGHTLY]


def test_a_job_paused_by_hand_and_not_declared_stays_paused_and_is_noted(
    database: Database, paused: dict[str, Any]
) -> None:
    database.write(nightly())
    noted = in_sync(database)
    (note,) = [line for line in noted.out.splitlines() if line.startswith("Note:")]
    assert "job.nightly is paused outside cpctl" in note

    changed = nightly(schedule="30 4 * * *")
    (entry,) = converge(database, changed, expected={"alter_job": 1})
    assert fields_in(entry) == {"schedule"}
    assert database.jobs() == {NIGHTLY: {**paused, "schedule": "30 4 * * *"}}


def test_a_declared_true_resumes_what_was_paused_by_hand(
    database: Database, paused: dict[str, Any]
) -> None:
    (entry,) = converge(database, nightly(active=True), expected={"alter_job": 1})
    assert fields_in(entry) == {"active"}
    assert database.jobs() == {NIGHTLY: {**paused, "active": True}}


def test_a_declared_false_pauses_what_was_resumed_by_hand(
    database: Database, paused: dict[str, Any]
) -> None:
    apply(database, nightly(active=False), expected={})
    database.run("select cron.alter_job(%s, active := true)", paused["jobid"])
    converge(database, nightly(active=False), expected={"alter_job": 1})
    assert database.jobs() == {NIGHTLY: paused}


def test_a_description_is_never_compared(database: Database) -> None:
    given(database, {"nightly": job()})
    converge(database, nightly(description='At night, it\'s "quiet"'), expected={})


def test_outer_blank_space_of_a_command_is_not_a_change(database: Database) -> None:
    stored = ["SELECT 1;\n", "\n  SELECT 1;", "\t SELECT 1; \n\n"]
    given(database, {f"j{n}": job(command=text) for n, text in enumerate(stored)})
    database.write(document(jobs={f"j{n}": job() for n in range(3)}))
    with untouched(database):
        in_sync(database)
        assert database.cpctl("apply", "--auto-approve").code == 0
        assert database.cpctl("diff").code == 0


def test_inner_blank_space_of_a_command_is_a_change(database: Database) -> None:
    database.run("select cron.schedule('nightly', '0 3 * * *', 'SELECT  1;')")
    converge(database, nightly(), expected={"alter_job": 1})


@pytest.mark.parametrize("existing", [[], ["SELECT 0"]], ids=["created", "updated"])
def test_what_is_written_is_exactly_the_text_of_the_file(
    database: Database, existing: list[str]
) -> None:
    for command in existing:
        database.run("select cron.schedule('nightly', '0 3 * * *', %s)", command)
    text = (
        "version: 1\nname: test\njobs:\n  nightly:\n    schedule: '0 3 * * *'\n"
        "    command: |\n"
        "      -- it's ${NOT_A_VARIABLE} and $1 # kept\n"
        "      DO $$ BEGIN\n"
        "          PERFORM E'\\n\\\\', 'grün';\n"
        "      END $$;\n"
    )
    converge(database, text, expected={"alter_job": 1} if existing else {"schedule": 1})
    assert database.jobs()[NIGHTLY]["command"] == (
        "-- it's ${NOT_A_VARIABLE} and $1 # kept\n"
        "DO $$ BEGIN\n"
        "    PERFORM E'\\n\\\\', 'grün';\n"
        "END $$;\n"
    )


def test_a_command_file_is_written_byte_by_byte(database: Database) -> None:
    sql = "\n  SELECT 'a''b', \"c\"\t, '\\';\r\n-- ${X} grün\n\n"
    (database.folder / "sql").mkdir()
    (database.folder / "sql" / "x.sql").write_bytes(sql.encode())
    text = document(jobs={"nightly": {"schedule": "0 3 * * *", "command_file": "sql/x.sql"}})
    converge(database, text, expected={"schedule": 1})
    assert database.jobs()[NIGHTLY]["command"] == sql


def test_a_megabyte_of_sql_arrives_whole(database: Database) -> None:
    sql = "SELECT '" + "grün'' " * 150_000 + "';"
    converge(database, nightly(command=sql), expected={"schedule": 1})
    assert database.jobs()[NIGHTLY]["command"] == sql
