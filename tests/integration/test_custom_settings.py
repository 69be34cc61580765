"""Settings with names of one's own: every value arrives as written, on 15 too."""

from __future__ import annotations

import time
import uuid

import psycopg
import pytest

from tests.integration.steps import (
    apply,
    converge,
    document,
    given,
    in_sync,
    job,
    plan,
    untouched,
)
from tests.servers import Database

SCOPE = {"settings": ["app.*"]}
KEPT = {"kept": job()}
VALUES = {
    "app.quotes": "it's \"quoted\", ''twice'' '",
    "app.backslashes": "C:\\temp\\new \\' \\\\ end\\",
    "app.dollars": "$1 $$ $NAME $x$ $",
    "app.braces": "${HOME} ${X:-y} {a}",
    "app.unicode": "Grüße 東京 🚀 \u00a0",
    "app.tabs": "\ta\tb\t",
    "app.blanks": "  leading and trailing  ",
    "app.one_blank": " ",
    "app.carriage_return": "a\rb",
    "app.hash": "# not = a 'comment",
    "app.percent": "%s %% {0} %(name)s",
    "app.statement": "x'; DROP TABLE t; --",
    "app.psql": ":x :'x' \\gset",
    "app.numeric": "010",
    "app.decimal": "1.10",
    "app.boolean": "on",
    "app.clock": "12:30:45",
    "app.null_text": "null",
    "app.empty": "",
    "app.select": "a keyword for a name",
    "app._under_score9": "x",
    "app.huge": "grün' \\ " * 12_000,
}


@pytest.fixture(autouse=True)
def kept(database: Database) -> None:
    """A job that every file declares: a file without jobs never deletes anything."""
    given(database, KEPT)


def as_written(values: dict[str, str]) -> dict[str, str]:
    """In the file a literal `${` is written `$${`."""
    return {name: value.replace("${", "$${") for name, value in values.items()}


def seen(database: Database) -> dict[str, str | None]:
    """What a new session sees of the names under test."""
    with psycopg.connect(database.url()) as session:
        return {
            name: session.execute("select current_setting(%s, true)", (name,)).fetchall()[0][0]
            for name in VALUES
        }


def test_every_value_is_set_changed_and_removed_as_written(database: Database) -> None:
    text = document(scope=SCOPE, settings=as_written(VALUES), jobs=KEPT)
    converge(database, text, expected={"alter system set": len(VALUES)})
    found = database.file_settings()
    assert {name: found.get(name) for name in VALUES} == VALUES
    assert seen(database) == VALUES

    changed = {name: value + "'2" for name, value in VALUES.items()}
    text = document(scope=SCOPE, settings=as_written(changed), jobs=KEPT)
    apply(database, text, expected={"alter system set": len(VALUES)})
    assert seen(database) == changed

    allowed = ("--allow", "MANY_DELETES")
    text = document(scope=SCOPE, settings={}, jobs=KEPT)
    converge(database, text, *allowed, expected={"alter system reset": len(VALUES)})
    assert not VALUES.keys() & database.file_settings().keys()


def test_plain_scalars_are_the_text_of_the_file(database: Database) -> None:
    database.environment["HOST"] = "db.internal"
    text = (
        "version: 1\nname: test\nsettings:\n"
        "  app.a: 010\n  app.b: 1.10\n  app.c: on\n  app.d: 12:30:45\n  app.e: True\n"
        "  app.f: 2024-01-01\n  app.g: 'it''s'\n  app.h: https://${HOST}/$x/$$/$${y}\n"
        "  app.i: ${UNSET:-fall back}\n  app.j: ${UNSET:-}\n"
    )
    converge(database, text, expected={"alter system set": 10})
    found = database.file_settings()
    assert [found[f"app.{letter}"] for letter in "abcdefghij"] == [
        "010",
        "1.10",
        "on",
        "12:30:45",
        "True",
        "2024-01-01",
        "it's",
        "https://db.internal/$x/$$/${y}",
        "fall back",
        "",
    ]


def test_only_the_changed_setting_is_written(database: Database) -> None:
    given(database, settings={"app.a": "1", "app.b": "2"})
    text = document(settings={"app.a": "1", "app.b": "two"}, jobs=KEPT)
    (entry,) = converge(database, text, expected={"alter system set": 1})
    assert "two" in entry
    assert database.live("app.a") == "1"
    assert database.live("app.b") == "two"


def test_a_value_with_a_newline_is_refused_and_nothing_is_written(database: Database) -> None:
    database.write(document(settings={"app.a": "1", "app.b": "x\ny"}, jobs=KEPT))
    for command in (("validate",), ("apply", "--auto-approve")):
        with untouched(database):
            done = database.cpctl(*command)
        assert done.code == 1, done
        assert "scheduler.yaml:3:" in done.out + done.err
        assert "newline" in done.out + done.err


def test_a_setting_that_leaves_the_file_stays_without_a_scope(database: Database) -> None:
    given(database, settings={"app.a": "1", "app.b": "2"})
    apply(database, document(settings={"app.a": "1"}, jobs=KEPT), expected={})
    text = document(scope=SCOPE, settings={"app.a": "1"}, jobs=KEPT)
    converge(database, text, expected={"alter system reset": 1})
    assert "app.b" not in database.file_settings()


def test_after_a_reset_the_empty_value_counts_as_absent(database: Database) -> None:
    given(database, settings={"app.a": "1", "app.b": "2"})
    less = document(scope=SCOPE, settings={"app.b": "2"}, jobs=KEPT)
    converge(database, less, expected={"alter system reset": 1})
    assert database.live("app.a") == ""

    empty = document(scope=SCOPE, settings={"app.b": "2", "app.a": ""}, jobs=KEPT)
    database.write(empty)
    (change,) = plan(database)["changes"]
    assert (change["address"], change["action"]) == ("setting.app.a", "create")
    converge(database, empty, expected={"alter system set": 1})
    assert database.file_settings()["app.a"] == ""


def test_names_are_compared_without_regard_to_case(database: Database) -> None:
    first = document(settings={"App.Some_Name": "1"}, jobs=KEPT)
    apply(database, first, expected={"alter system set": 1})
    same = document(scope={"settings": ["APP.*"]}, settings={"app.some_name": "1"}, jobs=KEPT)
    apply(database, same, expected={})
    changed = document(scope=SCOPE, settings={"APP.SOME_NAME": "2"}, jobs=KEPT)
    converge(database, changed, expected={"alter system set": 1})
    assert [name.lower() for name in database.file_settings()].count("app.some_name") == 1
    assert database.live("app.some_name") == "2"


def test_what_was_pasted_by_hand_is_adopted(database: Database) -> None:
    by_hand = dict.fromkeys(("app.same", "app.differs", "app.undeclared"), "by hand")
    given(database, settings=by_hand)
    settings = {"app.same": "by hand", "app.differs": "by file"}
    text = document(settings=settings, jobs=KEPT)
    apply(database, text, expected={"alter system set": 1})
    assert database.file_settings()["app.undeclared"] == "by hand"
    with_scope = document(scope=SCOPE, settings=settings, jobs=KEPT)
    converge(database, with_scope, expected={"alter system reset": 1})


def test_the_guides_statement_works_where_pasting_it_fails(database: Database) -> None:
    name = f"app.never_seen_{uuid.uuid4().hex}"
    if database.version == "15":
        with (
            psycopg.connect(database.url(), autocommit=True) as session,
            pytest.raises(psycopg.errors.UndefinedObject, match="unrecognized configuration"),
        ):
            session.execute(f"alter system set {name} = 'x'".encode())
    converge(database, document(settings={name: "x"}, jobs=KEPT), expected={"alter system set": 1})
    assert database.live(name) == "x"


def test_a_new_run_of_a_job_sees_the_new_value(database: Database) -> None:
    database.run("drop table if exists public.seen")
    database.run("create table public.seen (value text, at timestamptz default clock_timestamp())")
    command = "INSERT INTO public.seen VALUES (current_setting('app.seen', true))"
    try:
        if database.version == "15":  # which has no schedule finer than a minute
            for value in ("old", "new"):
                converge(
                    database,
                    document(settings={"app.seen": value}, jobs=KEPT),
                    expected={"alter system set": 1},
                )
                run_in_a_new_session(database, command)
        else:
            jobs = {**KEPT, "every_second": job("1 second", command)}
            for value in ("old", "new"):
                text = document(settings={"app.seen": value}, jobs=jobs)
                database.write(text)
                assert database.cpctl("apply", "--auto-approve").code == 0
                wait_for(database, value)
            in_sync(database)
        values = [value for (value,) in database.rows("select value from public.seen order by at")]
        assert values == sorted(
            values, reverse=True
        )  # old, then new, and nothing before or between
        assert set(values) == {"old", "new"}
    finally:
        database.run("select cron.unschedule(jobid) from cron.job")
        database.run("drop table public.seen")


def run_in_a_new_session(database: Database, command: str) -> None:
    with psycopg.connect(database.url(), autocommit=True) as session:
        session.execute(command.encode())


def wait_for(database: Database, value: str) -> None:
    deadline = time.monotonic() + 15
    while (value,) not in database.rows("select value from public.seen"):
        assert time.monotonic() < deadline, f"no run saw {value}"
        time.sleep(0.1)
