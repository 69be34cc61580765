"""PostgreSQL's own settings: compared by meaning, written by the text of the file."""

from __future__ import annotations

from tests.integration.steps import (
    apply,
    converge,
    document,
    given,
    in_sync,
    job,
    reload_and_wait,
    untouched,
)
from tests.servers import Database

JOBS = {"nightly": job()}

SPELLINGS = {
    "work_mem": [
        ("'4096kB'", "4MB"),
        ("'4MB'", "4096"),
        ("'1GB'", "1024MB"),
        ("'1.5MB'", "1536kB"),
    ],
    "statement_timeout": [("'1min'", "60s"), ("60000", "1min")],
    "log_checkpoints": [("on", "yes"), ("off", "FALSE"), ("true", "1")],
    "log_min_error_statement": [("warning", "WARNING")],
    "cron.log_min_messages": [("warning", "Warning")],
    "random_page_cost": [("3", "3.0"), ("2.5", "25e-1")],
    "log_rotation_size": [("'1GB'", "1048576kB")],
    "vacuum_cost_delay": [("'2ms'", "2000us")],
    "application_name": [("'x y'", "x y")],
}


def test_another_spelling_of_the_same_value_is_no_difference(database: Database) -> None:
    for number in range(4):
        pairs = {name: found[number] for name, found in SPELLINGS.items() if number < len(found)}
        for name, (stored, _) in pairs.items():
            database.run(f"alter system set {name} = {stored}")
        reload_and_wait(database)
        database.write(document(settings={name: written for name, (_, written) in pairs.items()}))
        with untouched(database):
            in_sync(database)


def test_a_value_that_is_there_by_default_needs_no_statement(database: Database) -> None:
    settings = {
        "work_mem": "4096kB",
        "log_checkpoints": "yes",
        "random_page_cost": "4.0",
        "cron.log_min_messages": "warning",
        "max_connections": "200",
        "TimeZone": "GMT",
    }
    converge(database, document(settings=settings), expected={})


def test_a_changed_value_is_one_statement_and_live(database: Database) -> None:
    first = {"work_mem": "8MB", "log_checkpoints": "no", "random_page_cost": "1.25"}
    apply(database, document(settings=first), expected={"alter system set": 3})
    assert database.live("work_mem") == "8MB"
    assert database.live("log_checkpoints") == "off"
    assert database.live("random_page_cost") == "1.25"
    second = {**first, "work_mem": "16384kB"}
    converge(database, document(settings=second), expected={"alter system set": 1})
    assert database.live("work_mem") == "16MB"


def test_null_asks_for_a_reset(database: Database) -> None:
    given(database, JOBS, settings={"work_mem": "8MB"})
    asks = document(settings={"work_mem": None}, jobs=JOBS)
    converge(database, asks, expected={"alter system reset": 1})
    assert database.live("work_mem") == "4MB"
    converge(database, asks, expected={})


def test_a_real_setting_that_leaves_the_file_is_no_longer_managed(database: Database) -> None:
    given(database, settings={"work_mem": "8MB", "app.a": "1"})
    text = document(scope={"settings": ["app.*"]}, settings={"app.a": "1"})
    converge(database, text, expected={})
    assert database.file_settings()["work_mem"] == "8MB"


def test_a_list_setting_takes_a_list(database: Database) -> None:
    path = ["app", "My Schema", 'o"dd', "public"]
    converge(database, document(settings={"search_path": path}), expected={"alter system set": 1})
    assert database.live("search_path") == 'app, "My Schema", "o""dd", public'
    one = document(settings={"search_path": ["public"]})
    converge(database, one, expected={"alter system set": 1})
    assert database.live("search_path") == "public"


def test_a_comma_in_the_string_of_a_list_setting_is_an_error(database: Database) -> None:
    database.write(document(settings={"app.a": "1", "search_path": "app, public"}))
    with untouched(database):
        done = database.cpctl("apply", "--auto-approve")
    assert done.code in (1, 3), done
    assert "search_path" in done.out + done.err


def test_what_the_server_rewrites_is_no_perpetual_difference(database: Database) -> None:
    settings = {"timezone": "utc", "DateStyle": ["iso", "dmy"], "log_min_messages": "Notice"}
    converge(database, document(settings=settings), expected={"alter system set": 3})
    assert database.live("timezone") == "UTC"
    assert database.live("DateStyle") == "ISO, DMY"
    assert database.live("log_min_messages") == "notice"


def test_log_run_is_applied_with_a_note_that_a_restart_is_due(database: Database) -> None:
    assert database.live("cron.log_run") == "on"
    apply(database, document(settings={"cron.log_run": "true"}), expected={})

    database.write(document(settings={"cron.log_run": "false"}))
    applied = database.cpctl("apply", "--auto-approve")
    assert applied.code == 0, applied
    assert "restart" in applied.out
    assert database.file_settings()["cron.log_run"] in ("false", "off")
    second = in_sync(database)
    assert "restart" in second.out
    assert database.cpctl("diff").code == 0

    converge(
        database, document(settings={"cron.log_run": "true"}), expected={"alter system set": 1}
    )
    assert database.file_settings()["cron.log_run"] in ("true", "on")


def test_a_value_of_the_wrong_type_writes_nothing(database: Database) -> None:
    jobs = {"nightly": job()}
    database.write(document(settings={"app.a": "new", "work_mem": "lots"}, jobs=jobs))
    with untouched(database):
        done = database.cpctl("apply", "--auto-approve")
    assert done.code in (1, 3), done
    assert "work_mem" in done.out + done.err
