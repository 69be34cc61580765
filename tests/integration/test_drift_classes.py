"""Whose difference it is: histories of applies, of edits of the file, and of edits by hand."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.integration.remembering import alter, applied, by_hand, found, said, unset
from tests.integration.steps import document, given, job
from tests.servers import Database

History = Callable[[Database], None]
SCOPE = {"jobs": ["a_*"], "settings": ["app.*"]}
BASE = document(scope=SCOPE, jobs={"a_one": job(), "a_two": job()}, settings={"app.x": "1"})


def based(*after: History, **edit: object) -> History:
    """The base is applied, then this happens, then the file is edited."""

    def history(database: Database) -> None:
        applied(database, BASE)
        for happens in after:
            happens(database)
        if edit:
            database.write(file(**edit))

    return history


def file(**sections: object) -> str:
    known = {"scope": SCOPE, "jobs": {"a_one": job(), "a_two": job()}, "settings": {"app.x": "1"}}
    return document(**{**known, **sections})


def schedule(text: str) -> dict[str, object]:
    return {"jobs": {"a_one": job(text), "a_two": job()}}


def live(arguments: str) -> History:
    return lambda database: alter(database, "a_one", arguments)


def gone(database: Database) -> None:
    database.run("select cron.unschedule('a_one')")


def remade(database: Database) -> None:
    gone(database)
    by_hand(database, "a_one", "SELECT 1;")


def set_x(value: str) -> History:
    return lambda database: given(database, settings={"app.x": value})


def other_file(database: Database) -> None:
    """An apply of another file, which has the higher number."""
    before = (database.folder / "scheduler.yaml").read_text("utf-8")
    applied(database, document(name="other", scope={"jobs": ["b_*"]}, jobs={"b_one": job()}))
    database.write(before)


def moved(database: Database) -> None:
    """The setting is moved to the other store by hand."""
    unset(database, "app.x")
    database.run("alter database postgres set app.x = '1'")


def rolled_back(database: Database) -> None:
    applied(database, file(**schedule("0 4 * * *")))
    assert database.cpctl("rollback", "--auto-approve").code == 0


def again(**edit: object) -> History:
    return lambda database: void(applied(database, file(**edit)))


def void(_: object) -> None:
    return None


BY_HAND = "Changed in the database since apply 1; the file did not change"
EDITED = "The file changed since apply 1, not applied yet"
LACKS = "The file lacks it since apply 1, not applied yet"

HISTORIES: dict[str, tuple[History, dict[str, str], str]] = {
    "changed live": (based(live("schedule := '* * * * *'")), {"job.a_one": "drifted"}, BY_HAND),
    "nobody else applied": (
        based(live("schedule := '* * * * *'")),
        {"job.a_one": "drifted"},
        "# the ledger has no apply after 1: not by cpctl",
    ),
    "another file applied since": (
        based(other_file, live("schedule := '* * * * *'")),
        {"job.a_one": "drifted"},
        "# later applies are not of test, or never committed: see cpctl history",
    ),
    "file edited": (based(**schedule("0 4 * * *")), {"job.a_one": "pending"}, EDITED),
    "both": (
        based(live("schedule := '* * * * *'"), **schedule("0 4 * * *")),
        {"job.a_one": "both"},
        "Changed in the database, and in the file, since apply 1",
    ),
    "two fields, each by one side": (
        based(live("command := 'SELECT 2;'"), **schedule("0 4 * * *")),
        {"job.a_one": "both"},
        "Changed in the database, and in the file, since apply 1",
    ),
    "unscheduled live": (
        based(gone),
        {"job.a_one": "missing"},
        "Was there after apply 1",
    ),
    "unscheduled live, then edited": (
        based(gone, **schedule("0 4 * * *")),
        {"job.a_one": "missing"},
        "Was there after apply 1",
    ),
    "a new job in the file": (
        based(jobs={"a_one": job(), "a_two": job(), "a_new": job()}),
        {"job.a_new": "pending"},
        "The file declares it since apply 1, not applied yet",
    ),
    "a job left the file": (based(jobs={"a_two": job()}), {"job.a_one": "pending"}, LACKS),
    "a job left the file and was changed live": (
        based(live("schedule := '* * * * *'"), jobs={"a_two": job()}),
        {"job.a_one": "pending"},
        LACKS,
    ),
    "made by hand in scope": (
        based(lambda database: by_hand(database, "a_three")),
        {"job.a_three": "extra"},
        "scope.jobs has a_*",
    ),
    "made again by hand": (
        based(remade),
        {"job.a_one": "drifted"},
        BY_HAND,
    ),
    "applied, removed, made by hand": (
        based(
            again(jobs={"a_two": job()}),
            lambda database: by_hand(database, "a_one"),
            jobs={"a_two": job()},
        ),
        {"job.a_one": "extra"},
        "scope.jobs has a_*",
    ),
    "adopted by the file, never applied": (
        based(
            lambda database: by_hand(database, "a_three", "SELECT 3;"),
            jobs={"a_one": job(), "a_two": job(), "a_three": job()},
        ),
        {"job.a_three": "pending"},
        EDITED,
    ),
    "paused by hand": (based(live("active := false")), {}, "Paused by hand: job.a_one"),
    "an apply in between": (
        based(again(**schedule("0 4 * * *")), live("schedule := '0 3 * * *'")),
        {"job.a_one": "drifted"},
        "Changed in the database since apply 2",
    ),
    "the file went back": (
        based(again(**schedule("0 4 * * *")), **schedule("0 3 * * *")),
        {"job.a_one": "pending"},
        "The file changed since apply 2",
    ),
    "live and the file agree by now": (
        based(live("schedule := '0 4 * * *'"), **schedule("0 4 * * *")),
        {},
        "No drift",
    ),
    "rolled back": (
        based(rolled_back),
        {"job.a_one": "pending"},
        "Rolled back by apply 3; the file was not applied since",
    ),
    "a setting changed live": (based(set_x("2")), {"setting.app.x": "drifted"}, BY_HAND),
    "a setting changed in the file": (
        based(settings={"app.x": "2"}),
        {"setting.app.x": "pending"},
        EDITED,
    ),
    "a setting changed on both sides": (
        based(set_x("2"), settings={"app.x": "3"}),
        {"setting.app.x": "both"},
        "and in the file, since apply 1",
    ),
    "a setting removed live": (
        based(lambda database: unset(database, "app.x")),
        {"setting.app.x": "missing"},
        "Was there after apply 1",
    ),
    "a setting that left the file": (based(settings={}), {"setting.app.x": "pending"}, LACKS),
    "a setting made by hand": (
        based(lambda database: given(database, settings={"app.y": "1"})),
        {"setting.app.y": "extra"},
        "scope.settings has app.*",
    ),
    "a setting in the other store, too": (
        based(lambda database: database.run("alter database postgres set app.x = '1'")),
        {"setting.app.x": "drifted"},
        BY_HAND,
    ),
    "a setting whose store the file moves": (
        based(store="database"),
        {"setting.app.x": "pending"},
        EDITED,
    ),
    "a real setting changed live": (
        based(
            again(settings={"app.x": "1", "work_mem": "8MB"}),
            lambda database: given_real(database, "16MB"),
        ),
        {"setting.work_mem": "drifted"},
        "Changed in the database since apply 2",
    ),
    "a real setting changed in the file": (
        based(
            again(settings={"app.x": "1", "work_mem": "8MB"}),
            settings={"app.x": "1", "work_mem": "32MB"},
        ),
        {"setting.work_mem": "pending"},
        "The file changed since apply 2",
    ),
}


def given_real(database: Database, value: str) -> None:
    database.run(f"alter system set work_mem = '{value}'")
    database.run("select pg_reload_conf()")


@pytest.mark.parametrize("history", HISTORIES)
def test_a_difference_has_the_class_of_who_moved(database: Database, history: str) -> None:
    make, classes, words = HISTORIES[history]
    make(database)
    code = 2 if classes else 0
    shown = said(database.cpctl("diff"), code)
    assert words in shown
    for address, kind in classes.items():
        assert f"# {address}: {kind}. " in shown
    drift = found(database.cpctl("diff", "--format", "json"), code)
    assert {each["address"]: each["class"] for each in drift["resources"]} == classes
    assert {k: n for k, n in drift["summary"].items() if n and k in set(classes.values())} == {
        kind: list(classes.values()).count(kind) for kind in classes.values()
    }
    assert drift["last_apply"] is not None
