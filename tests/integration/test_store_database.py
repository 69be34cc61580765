"""`store: database` keeps urls and secrets in the database's own settings, not in the server's."""

from __future__ import annotations

import pytest

from tests.integration.steps import (
    SECRET,
    SECRET_CORE,
    apply,
    converge,
    document,
    follow_guide,
    given,
    job,
    plan,
)
from tests.servers import Database

URL = "https://abc.supabase.co/functions/v1/sweeper"
SOURCES = {"urls": {"sweeper": URL}, "secrets": {"key": {"from": "env:KEY"}}}
SCOPE = {"settings": ["app.*"]}
KEPT = {"kept": job()}


@pytest.fixture(autouse=True)
def key(database: Database) -> None:
    """The secret, and a job to keep: a file without jobs never deletes anything."""
    database.environment["KEY"] = SECRET
    given(database, KEPT)


def stored(store: str, **more: object) -> str:
    return document(**{"store": store, "scope": SCOPE, "jobs": KEPT, **SOURCES, **more})


def database_settings(database: Database) -> dict[str, str]:
    """What ALTER DATABASE postgres SET has left behind."""
    query = (
        "select unnest(setconfig) from pg_db_role_setting "
        "where setrole = 0 "
        "and setdatabase = (select oid from pg_database where datname = 'postgres')"
    )
    return dict(line.split("=", 1) for (line,) in database.rows(query))


def test_values_live_in_the_database_and_alter_system_is_not_used(database: Database) -> None:
    converge(database, stored("database"), expected={"alter database set": 2})
    wanted = {"app.sweeper_url": URL, "app.key": SECRET}
    assert database_settings(database) == wanted
    assert {name: database.live(name) for name in wanted} == wanted
    assert not wanted.keys() & database.file_settings().keys()
    assert database.cpctl("diff").code == 0


def test_no_statement_of_the_log_holds_the_secret(database: Database) -> None:
    since = database.log_position()
    apply(database, stored("database"), expected={"alter database set": 2})
    assert not [entry for entry in database.statements(since) if SECRET_CORE in entry]


def test_the_log_does_not_hold_the_secret_as_a_parameter_either(database: Database) -> None:
    since = database.log_position()
    apply(database, stored("database"), expected={"alter database set": 2})
    assert "app.sweeper_url" in database.log_text(since)
    assert SECRET_CORE not in database.log_text(since)


def test_nor_where_the_role_may_not_keep_parameters_out_of_the_log(database: Database) -> None:
    """Only a superuser may set log_parameter_max_length, so nothing secret is a parameter."""
    plain = database.new_role("plain", "USAGE ON SCHEMA cron", "SET ON PARAMETER app.key")
    database.run("grant set on parameter app.sweeper_url to plain")
    database.run("alter database postgres owner to plain")
    since = database.log_position()
    try:
        text = stored("database", defaults={"username": plain}, jobs={"mine": job()})
        apply(database, text, user=plain, expected={"alter database set": 2, "schedule": 1})
        assert database_settings(database)["app.key"] == SECRET
        # Of text, what breaks it off is logged with the line that it was at.
        assert "COPY pg_temp.cpctl_secrets FROM STDIN (FORMAT binary)" in database.log_text(since)
        assert SECRET_CORE not in database.log_text(since)
    finally:
        database.run("alter database postgres owner to postgres")


def test_a_change_and_a_removal_are_one_statement_each(database: Database) -> None:
    apply(database, stored("database"), expected={"alter database set": 2})
    changed = {"urls": {"sweeper": URL + "2"}}
    converge(database, stored("database", **changed), expected={"alter database set": 1})
    assert database.live("app.sweeper_url") == URL + "2"
    converge(database, stored("database", urls={}), expected={"alter database reset": 1})
    assert database_settings(database) == {"app.key": SECRET}


def test_moving_between_the_stores_leaves_nothing_behind(database: Database) -> None:
    wanted = {"app.sweeper_url": URL, "app.key": SECRET}
    given(database, settings=wanted)
    database.write(stored("database"))
    assert plan(database)["summary"]["statements"] == 4
    converge(
        database, stored("database"), expected={"alter database set": 2, "alter system reset": 2}
    )
    assert database_settings(database) == wanted
    assert not wanted.keys() & database.file_settings().keys()
    assert {name: database.live(name) for name in wanted} == wanted

    database.write(stored("system"))
    assert plan(database)["summary"]["statements"] == 4
    converge(
        database,
        stored("system"),
        expected={"alter system set": 2, "alter database reset": 2},
    )
    assert database_settings(database) == {}
    assert {name: database.file_settings()[name] for name in wanted} == wanted
    assert {name: database.live(name) for name in wanted} == wanted


def test_a_move_without_a_scope_removes_nothing_and_converges(database: Database) -> None:
    given(database, settings={"app.sweeper_url": URL, "app.key": SECRET})
    text = document(store="database", **SOURCES)
    converge(database, text, expected={"alter database set": 2})
    assert database.file_settings()["app.key"] == SECRET
    left = [note for note in plan(database)["notes"] if "also stands in" in note]
    assert [note.partition(" ")[0] for note in left] == [
        "setting.app.key",
        "setting.app.sweeper_url",
    ]


def test_a_move_with_a_new_value_shows_the_new_value(database: Database) -> None:
    given(database, settings={"app.sweeper_url": URL, "app.key": SECRET})
    database.environment["KEY"] = "rotated"
    text = stored("database", urls={"sweeper": URL + "2"})
    converge(database, text, expected={"alter database set": 2, "alter system reset": 2})
    assert database.live("app.key") == "rotated"
    assert database.live("app.sweeper_url") == URL + "2"


def test_real_settings_stay_with_alter_system_whatever_the_store(database: Database) -> None:
    text = stored("database", settings={"work_mem": "8MB"})
    converge(database, text, expected={"alter database set": 2, "alter system set": 1})
    assert database.file_settings()["work_mem"] == "8MB"


def test_settings_of_the_database_that_are_out_of_scope_stay(database: Database) -> None:
    database.run("alter database postgres set work_mem = '9MB'")
    database.run("alter database postgres set other.x = 'kept'")
    database.run(f"alter database postgres set app.sweeper_url = '{URL}'")
    expected = {"alter database set": 1, "alter database reset": 1}
    converge(database, stored("database", urls={}), expected=expected)
    kept = {"work_mem": "9MB", "other.x": "kept", "app.key": SECRET}
    assert database_settings(database) == kept


def test_a_database_setting_changed_by_hand_is_drift(database: Database) -> None:
    database.run("alter database postgres set app.sweeper_url = 'https://evil.example'")
    database.write(stored("database", secrets={}))
    drift = database.cpctl("diff")
    assert drift.code == 2
    assert "https://evil.example" in drift.out


def test_the_guide_works_in_the_database_store_too(database: Database) -> None:
    follow_guide(database)
    text = (database.folder / "scheduler.yaml").read_text("utf-8")
    apply(
        database,
        text.replace("urls:", "store: database\nurls:"),
        expected={"alter database set": 7, "schedule": 6},
    )
    converge(
        database,
        text,
        expected={"alter database reset": 7, "alter system set": 7},
    )
