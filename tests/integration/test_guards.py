"""What an apply refuses to do, until it is allowed by name."""

from __future__ import annotations

import pytest

from tests.integration.steps import converge, document, job, refused, refused_apply
from tests.servers import Database

SCOPE = {"jobs": ["nightly*"]}


def several(count: int) -> str:
    return document(scope=SCOPE, jobs={f"nightly_{number:02}": job() for number in range(count)})


@pytest.mark.parametrize("jobs", [{"jobs": {}}, {}], ids=["no-jobs", "no-key"])
def test_a_file_without_jobs_deletes_only_when_allowed(
    database: Database, jobs: dict[str, object]
) -> None:
    converge(database, several(2), expected={"schedule": 2})
    empty = document(scope=SCOPE, **jobs)
    database.write(empty)
    assert "EMPTY_FILE" in refused_apply(database)
    refused(database, "apply", "--auto-approve", "--allow", "MANY_DELETES")
    converge(database, empty, "--allow", "EMPTY_FILE", expected={"unschedule": 2})
    assert database.jobs() == {}


def test_a_file_without_jobs_is_fine_where_nothing_is_to_be_deleted(database: Database) -> None:
    converge(database, document(scope=SCOPE, jobs={}), expected={})
    converge(
        database, document(scope=SCOPE, settings={"app.a": "1"}), expected={"alter system set": 1}
    )


@pytest.mark.parametrize(("before", "after"), [(10, 6), (11, 7), (20, 13)])
def test_many_deletes_need_to_be_allowed(database: Database, before: int, after: int) -> None:
    converge(database, several(before), expected={"schedule": before})
    database.write(several(after))
    assert "MANY_DELETES" in refused_apply(database)
    refused(database, "apply", "--auto-approve", "--allow", "EMPTY_FILE")
    converge(
        database, several(after), "--allow", "MANY_DELETES", expected={"unschedule": before - after}
    )


@pytest.mark.parametrize(("before", "after"), [(10, 7), (9, 1)])
def test_fewer_deletes_need_no_permission(database: Database, before: int, after: int) -> None:
    converge(database, several(before), expected={"schedule": before})
    converge(database, several(after), expected={"unschedule": before - after})


def test_both_guards_can_be_lifted_at_once(database: Database) -> None:
    converge(database, several(10), expected={"schedule": 10})
    allow = ("--allow", "EMPTY_FILE", "--allow", "MANY_DELETES")
    converge(database, document(scope=SCOPE, jobs={}), *allow, expected={"unschedule": 10})


def test_a_guard_that_nobody_knows_is_an_error(database: Database) -> None:
    database.write(several(1))
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
def test_the_wrong_database_is_refused_by_every_command(database: Database, key: str) -> None:
    database.write(document(expect={key: EVERYWHERE[key]}, jobs={"nightly": job()}))
    for command in ("plan", "apply", "diff"):
        arguments = (command, "--auto-approve") if command == "apply" else (command,)
        done = refused(database, *arguments)
        said = done.out + done.err
        assert "scheduler.yaml is not for this database. Nothing was written." in said
        assert f"expect.{key}" in said
        assert EVERYWHERE[key] in said
        assert "scheduler.yaml:3" in said


def test_no_flag_lifts_an_expectation(database: Database) -> None:
    database.write(document(expect={"database": "production"}, jobs={"nightly": job()}))
    everything = "EMPTY_FILE,MANY_DELETES"
    refused(database, "apply", "--auto-approve", "--allow", everything)


def test_the_right_database_passes_every_expectation(database: Database) -> None:
    ((identifier,),) = database.rows("select system_identifier from pg_control_system()")
    expect = {
        "host": f"{database.cluster.socket_directory.parent}/*",
        "database": "postgres",
        "system_identifier": str(identifier),
        "timezone": "GMT",
    }
    converge(database, document(expect=expect, jobs={"nightly": job()}), expected={"schedule": 1})
