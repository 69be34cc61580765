"""Values that come from elsewhere: postgresql.conf, ALTER ROLE, ALTER DATABASE, other people."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Protocol

import pytest

from tests.integration.steps import (
    apply,
    converge,
    document,
    given,
    in_sync,
    job,
    plan,
    refused,
    reload_and_wait,
)
from tests.servers import Database


class Append(Protocol):
    def __call__(self, *lines: str, reload: bool = True) -> None: ...


@pytest.fixture
def append(database: Database) -> Iterator[Append]:
    """Adds lines to postgresql.conf, for this test alone."""
    time.sleep(0.1)  # so that no reload of the fixture is still under way
    path = database.cluster.data_directory / "postgresql.conf"
    original = path.read_bytes()

    def add(*lines: str, reload: bool = True) -> None:
        with path.open("a", encoding="utf-8") as file:
            file.writelines(line + "\n" for line in lines)
        if reload:
            reload_and_wait(database)

    yield add
    path.write_bytes(original)
    reload_and_wait(database)


def test_an_equal_value_in_postgresql_conf_needs_no_statement(
    database: Database, append: Append
) -> None:
    append("app.from_conf = 'it''s'", "work_mem = '8192kB'")
    converge(database, document(settings={"app.from_conf": "it's", "work_mem": "8MB"}), expected={})


def test_a_different_value_in_postgresql_conf_is_overridden(
    database: Database, append: Append
) -> None:
    append("app.from_conf = 'old'", "work_mem = '8MB'")
    settings = {"app.from_conf": "new", "work_mem": "9MB"}
    converge(database, document(settings=settings), expected={"alter system set": 2})
    assert database.live("app.from_conf") == "new"
    assert database.live("work_mem") == "9MB"


def test_a_name_in_scope_that_only_postgresql_conf_has_is_a_note(
    database: Database, append: Append
) -> None:
    append("app.from_conf = 'old'")
    given(database, settings={"app.mine": "1"})
    database.write(document(scope={"settings": ["app.*"]}, settings={"app.mine": "1"}))
    shown = in_sync(database)
    assert "app.from_conf" in shown.out
    assert any("app.from_conf" in note for note in plan(database)["notes"])


def test_a_null_for_a_value_of_postgresql_conf_ends_in_an_empty_plan(
    database: Database, append: Append
) -> None:
    append("work_mem = '8MB'")
    jobs = {"nightly": job()}
    given(database, jobs, settings={"work_mem": "9MB"})
    asks = document(settings={"work_mem": None}, jobs=jobs)
    converge(database, asks, expected={"alter system reset": 1})
    assert database.live("work_mem") == "8MB"


SHADOWS = ("role postgres", "database postgres", "role postgres in database postgres")


@pytest.mark.parametrize("where", SHADOWS)
def test_a_shadowed_setting_is_applied_noted_and_settled(database: Database, where: str) -> None:
    given(database, settings={"app.shadowed": "old"})
    database.run(f"alter {where} set app.shadowed = 'other'")
    database.run(f"alter {where} set work_mem = '9MB'")
    try:
        started = time.monotonic()
        text = document(settings={"app.shadowed": "file", "work_mem": "8MB"})
        apply(database, text, expected={"alter system set": 2})
        assert time.monotonic() - started < 5
        found = database.file_settings()
        assert (found["app.shadowed"], found["work_mem"]) == ("file", "8MB")
        assert database.live("app.shadowed") == "other"
        notes = [line for line in in_sync(database).out.splitlines() if line.startswith("Note:")]
        assert len(notes) == 2
        assert any("app.shadowed" in note for note in notes)
        assert any("work_mem" in note for note in notes)
    finally:
        database.run(f"alter {where} reset all")


def test_of_two_that_overrule_a_setting_the_stronger_is_named(database: Database) -> None:
    text = document(store="database", settings={"app.shadowed": "file"})
    apply(database, text, expected={"alter database set": 1})
    database.run("alter role postgres set app.shadowed = 'other'")
    try:
        assert database.live("app.shadowed") == "other"
        assert "is overruled by ALTER ROLE postgres SET" in in_sync(database).out
    finally:
        database.run("alter role postgres reset all")


def test_a_setting_that_leaves_the_database_is_not_overruled_by_it(database: Database) -> None:
    settings, scope = {"app.moved": "1"}, {"settings": ["app.*"]}
    apply(
        database,
        document(store="database", scope=scope, settings=settings),
        expected={"alter database set": 1},
    )
    database.write(document(scope=scope, settings=settings))
    moved = database.cpctl("plan")
    assert '~ store = "database" -> "system"' in moved.out, moved
    assert "overruled" not in moved.out


def test_an_edit_that_waits_for_a_reload_is_named_in_the_plan(
    database: Database, append: Append
) -> None:
    append("deadlock_timeout = '1234ms'", reload=False)
    database.write(document(settings={"app.mine": "1"}))
    shown = database.cpctl("plan")
    assert shown.code == 0, shown
    assert "RELOAD_APPLIES_OTHERS" in shown.out
    assert "deadlock_timeout" in shown.out


def test_a_value_that_no_reload_has_made_live_is_not_passed_over_in_silence(
    database: Database,
) -> None:
    given(database, settings={"app.mine": "old"})
    database.run("alter system set app.mine = 'new'")  # as an apply that was killed leaves it
    database.write(document(settings={"app.mine": "new"}))
    shown = database.cpctl("plan")
    assert database.cpctl("apply", "--auto-approve").code == 0
    assert "app.mine" in shown.out or database.live("app.mine") == "new"


def test_jobs_alone_reload_nothing(database: Database, append: Append) -> None:
    append("deadlock_timeout = '1234ms'", reload=False)
    apply(database, document(jobs={"nightly": job()}), expected={"schedule": 1})
    assert database.live("deadlock_timeout") == "1s"


@pytest.mark.parametrize("line", ["this is not = = a line", "work_mem = 'lots'"])
def test_a_broken_postgresql_conf_is_refused_before_anything_is_written(
    database: Database, append: Append, line: str
) -> None:
    append(line, reload=False)
    database.write(document(settings={"app.mine": "1"}))
    done = refused(database, "apply", "--auto-approve")
    assert "postgresql.conf" in done.out + done.err


def test_one_reload_is_enough_for_many_settings(database: Database) -> None:
    settings = {f"app.s{number}": str(number) for number in range(20)}
    since = database.log_position()
    apply(database, document(settings=settings), expected={"alter system set": 20})
    calls = [entry for entry in database.statements(since) if "pg_reload_conf()" in entry]
    assert len([entry for entry in calls if "has_function_privilege" not in entry]) == 1
