"""What an apply refuses to do, until it is allowed by name."""

from __future__ import annotations

import pytest

from tests.integration.steps import converge, document, given, job, refused, refused_apply
from tests.servers import Database

SCOPE = {"jobs": ["nightly*"]}


def several(count: int) -> dict[str, dict[str, object]]:
    return {f"nightly_{number:02}": job() for number in range(count)}


def test_a_file_without_jobs_deletes_only_when_allowed(database: Database) -> None:
    given(database, several(2))
    empty = document(scope=SCOPE, jobs={})
    database.write(empty)
    assert "EMPTY_FILE" in refused_apply(database)
    refused(database, "apply", "--auto-approve", "--allow", "MANY_DELETES")
    converge(database, empty, "--allow", "EMPTY_FILE", expected={"unschedule": 2})
    assert database.jobs() == {}


def test_a_file_without_the_key_jobs_deletes_nothing_either(database: Database) -> None:
    given(database, several(2))
    database.write(document(scope=SCOPE))
    assert "EMPTY_FILE" in refused(database, "apply", "--auto-approve").out


def test_a_file_without_jobs_is_fine_where_nothing_is_to_be_deleted(database: Database) -> None:
    text = document(scope=SCOPE, jobs={}, settings={"app.a": "1"})
    converge(database, text, expected={"alter system set": 1})


def test_many_deletes_need_to_be_allowed(database: Database) -> None:
    given(database, several(10))
    text = document(scope=SCOPE, jobs=several(6))
    database.write(text)
    assert "MANY_DELETES" in refused_apply(database)
    refused(database, "apply", "--auto-approve", "--allow", "EMPTY_FILE")
    converge(database, text, "--allow", "MANY_DELETES", expected={"unschedule": 4})


@pytest.mark.parametrize(
    ("before", "after", "code"), [(11, 7, 3), (20, 13, 3), (10, 7, 0), (9, 1, 0)]
)
def test_many_are_more_than_thirty_percent_of_ten_or_more(
    database: Database, before: int, after: int, code: int
) -> None:
    given(database, several(before))
    database.write(document(scope=SCOPE, jobs=several(after)))
    done = database.cpctl("apply", "--auto-approve")
    assert done.code == code
    assert ("MANY_DELETES" in done.out + done.err) == bool(code)
    assert len(database.jobs()) == (before if code else after)


@pytest.mark.parametrize(
    ("limit", "before", "after", "code"),
    [("50%", 12, 6, 0), ("50%", 12, 5, 3), ("100%", 12, 1, 0), (2, 4, 2, 0), (2, 4, 1, 3)],
)
def test_the_file_may_say_how_many_deletes_are_many(
    database: Database, limit: object, before: int, after: int, code: int
) -> None:
    given(database, several(before))
    database.write(document(scope=SCOPE, limits={"deletes": limit}, jobs=several(after)))
    shown = database.cpctl("plan", "--detailed-exitcode")
    assert (shown.code, "MANY_DELETES" in shown.out) == (code or 2, bool(code))
    done = database.cpctl("apply", "--auto-approve")
    assert done.code == code
    assert len(database.jobs()) == (before if code else after)


def test_a_file_may_limit_updates_too(database: Database) -> None:
    given(database, several(3))
    changed = {name: job("1 1 * * *") for name in several(3)}
    database.write(document(limits={"updates": "10%"}, jobs=changed))
    assert "MANY_UPDATES" not in database.cpctl("plan").out
    text = document(limits={"updates": 2}, jobs=changed)
    database.write(text)
    assert "this would update 3 of 3 jobs (the limit is 2)" in refused_apply(database)
    refused(database, "apply", "--auto-approve", "--allow", "MANY_DELETES")
    converge(database, text, "--allow", "MANY_UPDATES", expected={"alter_job": 3})
    given(database, several(10))
    database.write(document(limits={"updates": "90%"}, jobs=several(10)))
    assert "MANY_UPDATES" not in database.cpctl("plan").out


def test_both_guards_can_be_lifted_at_once(database: Database) -> None:
    given(database, several(10))
    allow = ("--allow", "EMPTY_FILE", "--allow", "MANY_DELETES")
    converge(database, document(scope=SCOPE, jobs={}), *allow, expected={"unschedule": 10})


def test_a_guard_that_nobody_knows_is_an_error(database: Database) -> None:
    database.write(document(jobs=several(1)))
    done = database.cpctl("apply", "--auto-approve", "--allow", "EMPTY_FIEL")
    assert done.code == 1
    assert "EMPTY_FIEL" in done.out + done.err
    assert database.jobs() == {}


EVERYWHERE = {
    "host": "db.internal*",
    "database": "production",
    "system_identifier": "1234567890123456789",
    "supabase": "abcdefghijklmnopqrst",
    "timezone": "Europe/Berlin",
}


@pytest.mark.parametrize("key", EVERYWHERE)
def test_the_wrong_database_is_refused(database: Database, key: str) -> None:
    database.write(document(expect={key: EVERYWHERE[key]}, jobs={"nightly": job()}))
    done = refused(database, "plan")
    said = done.out + done.err
    assert "scheduler.yaml is not for this database. Nothing was written." in said
    assert f"expect.{key}" in said
    assert EVERYWHERE[key] in said
    assert "scheduler.yaml:3" in said


@pytest.mark.parametrize("command", [("plan",), ("diff",), ("apply", "--auto-approve")])
def test_every_command_refuses_the_wrong_database(
    database: Database, command: tuple[str, ...]
) -> None:
    database.write(document(expect={"database": "production"}, jobs={"nightly": job()}))
    done = refused(database, *command)
    assert "is not for this database" in done.out + done.err


def test_no_flag_lifts_an_expectation(database: Database) -> None:
    database.write(document(expect={"database": "production"}, jobs={"nightly": job()}))
    everything = "EMPTY_FILE,MANY_DELETES"
    done = refused(database, "apply", "--auto-approve", "--allow", everything)
    assert "is not for this database" in done.out + done.err


def test_the_right_database_passes_every_expectation(database: Database) -> None:
    ((identifier,),) = database.rows("select system_identifier from pg_control_system()")
    expect = {
        "host": f"{database.cluster.socket_directory.parent}/*",
        "database": "postgres",
        "system_identifier": str(identifier),
        "timezone": "GMT",
    }
    converge(database, document(expect=expect, jobs={"nightly": job()}), expected={"schedule": 1})
