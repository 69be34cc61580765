"""What the memory of earlier applies forbids, and what a scope that is left out may remove."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.remembering import applied, by_hand, said
from tests.integration.steps import document, given, in_sync, job, refused
from tests.servers import Database


def names(database: Database) -> set[str | None]:
    return {name for name, _ in database.jobs()}


def file(name: str, *jobs: str, **sections: object) -> str:
    return document(name=name, jobs={each: job() for each in jobs}, **sections)


def refusal(database: Database, text: str, *words: str) -> None:
    database.write(text)
    shown = said(database.cpctl("plan", "--detailed-exitcode"), 3)
    done = said(refused(database, "apply", "--auto-approve"), 3)
    for word in words:
        assert word in shown
        assert word in done


SHARED = ({"jobs": ["a_*", "shared_*"]}, {"jobs": ["b_*", "shared_*"]})


def test_two_files_with_overlapping_scopes_are_refused(database: Database) -> None:
    applied(database, file("first", "a_one", scope=SHARED[0]))
    text = file("second", "b_one", scope=SHARED[1])
    refusal(database, text, "the scope of first takes in jobs like shared_", "that of second")
    applied(database, text, "--allow", "SCOPE_OVERLAP")
    assert names(database) == {"a_one", "b_one"}


def test_overlapping_scopes_of_settings_are_refused(database: Database) -> None:
    settings = ({"settings": ["app.a_*", "app.s_*"]}, {"settings": ["app.b_*", "APP.S_x"]})
    first = document(name="first", scope=settings[0], settings={"app.a_one": "1"})
    applied(database, first)
    second = document(name="second", scope=settings[1], settings={"app.b_one": "1"})
    refusal(database, second, "settings like app.s_x")


DISJOINT = [
    ({"jobs": ["a_*"]}, {"jobs": ["b_*"]}),
    ({"jobs": ["a_*"]}, {"settings": ["app.*"]}),
    ({"jobs": ["a_*", "!a_shared_*"]}, {"jobs": ["a_shared_*"]}),
    ({"jobs": ["a_*"]}, {"jobs": ["A_*"]}),
    (None, {"jobs": ["b_*"]}),
]


@pytest.mark.parametrize(("one", "other"), DISJOINT)
def test_disjoint_scopes_are_not(database: Database, one: object, other: object) -> None:
    stated = {"scope": one} if one else {}
    applied(database, file("first", "a_one", **stated))
    sections = {"settings": {"app.x": "1"}} if other == {"settings": ["app.*"]} else {}
    jobs = {"jobs": ["b_one"], "A_": ["A_one"], "a_shared": ["a_shared_one"]}
    pattern = str(other)
    made = next((n for key, n in jobs.items() if key in pattern and key != "jobs"), ["b_one"])
    applied(database, file("second", *made, scope=other, **sections))
    in_sync(database)


def test_a_file_of_which_nothing_is_left_is_in_nobodys_way(database: Database) -> None:
    applied(database, file("first", "a_one", scope=SHARED[0]))
    database.run("select cron.unschedule('a_one')")
    applied(database, file("second", "b_one", scope=SHARED[1]))


def test_an_emptied_file_is_in_nobodys_way(database: Database) -> None:
    settings = {"settings": ["app.*"]}
    applied(database, document(name="first", scope=settings, settings={"app.x": "1"}))
    applied(database, document(name="first", scope=settings), "--allow", "EMPTY_FILE")
    applied(database, document(name="second", scope=settings, settings={"app.y": "1"}))


def test_a_job_with_a_newline_in_its_name_counts_as_left(database: Database) -> None:
    jobs = {"odd": job(name="a_two\nlines")}
    applied(database, document(name="first", scope=SHARED[0], jobs=jobs))
    refusal(database, file("second", "b_one", scope=SHARED[1]), "the scope of first")


def test_files_of_different_owners_do_not_meet(database: Database) -> None:
    database.new_role("anna", "USAGE ON SCHEMA cron")
    applied(database, file("first", "a_one", scope=SHARED[0]))
    applied(database, file("second", "a_two", scope=SHARED[0], defaults={"username": "anna"}))


def test_whose_the_jobs_are_decides_if_anything_is_left(database: Database) -> None:
    """Each file calls its own owner's jobs by their names alone."""
    database.new_role("anna", "USAGE ON SCHEMA cron")
    jobs = {"a_one": job(username="anna")}
    applied(database, document(name="first", scope=SHARED[0], jobs=jobs))
    second = file("second", "b_one", scope=SHARED[1], defaults={"username": "anna"})
    refusal(database, second, "the scope of first")


BASE = file("test", "a_one", "a_two", scope={"jobs": ["a_*"]})
OVERLAY = (
    "jobs:\n  a_one: {schedule: '0 4 * * *'}\n  a_three: {schedule: '0 5 * * *', command: x}\n"
)


@pytest.fixture
def overlaid(database: Database) -> None:
    database.write(BASE)
    database.write(OVERLAY, "environments/production.yaml")
    assert database.cpctl("apply", "--auto-approve", *BOTH).code == 0


BOTH = ("-f", "scheduler.yaml", "-f", "environments/production.yaml")


@pytest.mark.usefixtures("overlaid")
def test_a_forgotten_overlay_is_refused(database: Database) -> None:
    text = said(refused(database, "apply", "--auto-approve"), 3)
    assert "apply 1 was made from scheduler.yaml + environments/production.yaml" in text
    assert "-f scheduler.yaml -f environments/production.yaml" in text
    assert database.cpctl("apply", "--auto-approve", "--allow", "FILES_CHANGED").code == 0
    assert names(database) == {"a_one", "a_two"}
    assert database.cpctl("apply", "--auto-approve", *BOTH).code == 0


@pytest.mark.usefixtures("overlaid")
def test_a_forgotten_overlay_that_changes_nothing_is_not(database: Database) -> None:
    text = BASE.replace('"a_one": {"schedule": "0 3 * * *"', '"a_one": {"schedule": "0 4 * * *"')
    three = '"a_three": {"schedule": "0 5 * * *", "command": "x"}'
    database.write(
        text.replace(
            '"a_two":', f'"a_new": {{"schedule": "0 1 * * *", "command": "y"}}, {three}, "a_two":'
        )
    )
    assert database.cpctl("apply", "--auto-approve").code == 0


@pytest.mark.usefixtures("overlaid")
def test_one_more_overlay_is_fine(database: Database) -> None:
    database.write("jobs:\n  a_two: {schedule: '0 6 * * *'}\n", "more.yaml")
    assert database.cpctl("apply", "--auto-approve", *BOTH, "-f", "more.yaml").code == 0


@pytest.mark.usefixtures("overlaid")
@pytest.mark.parametrize("spelled", ["./{}", "environments/../{}", "{folder}/{}", "../{name}/{}"])
def test_the_same_files_from_elsewhere_are_the_same(database: Database, spelled: str) -> None:
    folder: Path = database.folder
    database.write(OVERLAY.replace("0 4", "0 8"), "environments/production.yaml")
    paths = [spelled.format(path, folder=folder, name=folder.name) for path in BOTH[1::2]]
    done = database.cpctl("apply", "--auto-approve", "-f", paths[0], "-f", paths[1])
    assert done.code == 0, done


@pytest.mark.usefixtures("overlaid")
def test_another_overlay_in_its_place_is_refused(database: Database) -> None:
    database.write("jobs:\n  a_one: {schedule: '0 9 * * *'}\n", "environments/staging.yaml")
    files = ("-f", "scheduler.yaml", "-f", "environments/staging.yaml")
    assert "FILES_CHANGED" in said(refused(database, "apply", "--auto-approve", *files), 3)


def test_a_job_made_by_hand_is_not_deleted_unasked(database: Database) -> None:
    scope = {"jobs": ["a_*"]}
    applied(database, file("test", "a_one", "a_two", scope=scope))
    by_hand(database, "a_three")
    text = file("test", "a_one", scope=scope)
    refusal(database, text, "job.a_three would be deleted, but no apply of this file ever had it")
    applied(database, text, "--allow", "DELETES_JOB")
    assert names(database) == {"a_one"}


def test_what_an_apply_made_is_deleted_freely(database: Database) -> None:
    applied(database, file("test", "a_one", "a_two", scope={"jobs": ["a_*"]}))
    applied(database, file("test", "a_one", scope={"jobs": ["a_*"]}))
    assert names(database) == {"a_one"}


@pytest.mark.parametrize("store", ["system", "database"])
def test_without_a_scope_what_leaves_the_file_is_removed(database: Database, store: str) -> None:
    given(database, settings={"app.theirs": "1", "app.twice": "by hand"})
    database.run("alter database postgres set app.twice = 'by hand'")
    settings = {"app.x": "1", "app.y": "1", "app.twice": "ours", "work_mem": "8MB"}
    applied(
        database, document(store=store, jobs={"a_one": job(), "a_two": job()}, settings=settings)
    )
    in_sync(database)
    by_hand(database, "a_three")
    applied(database, document(store=store, jobs={"a_one": job()}, settings={"app.x": "1"}))
    in_sync(database)
    assert names(database) == {"a_one", "a_three"}
    (database_wide,) = database.rows("select setconfig from pg_db_role_setting")[0]
    system = database.file_settings()
    assert system["app.theirs"] == "1"
    assert system["work_mem"] == "8MB"
    ours, other = (dict(line.split("=") for line in database_wide), system)[
        :: -1 if store == "system" else 1
    ]
    assert ours["app.x"] == "1"
    assert "app.y" not in ours
    assert "app.twice" not in ours
    assert other["app.twice"] == "by hand"


def test_a_name_that_came_back_by_hand_goes_as_long_as_it_is_remembered(database: Database) -> None:
    applied(database, file("test", "a_one", "a_two"))
    database.run("select cron.unschedule('a_two')")
    by_hand(database, "a_two")
    applied(database, file("test", "a_one"))
    by_hand(database, "a_two")
    applied(database, file("test", "a_new"))
    assert names(database) == {"a_two", "a_new"}
