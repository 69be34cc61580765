"""What the file leaves to the database stays there, for plan, diff and apply alike."""

from __future__ import annotations

import json

import pytest

from tests.integration.steps import converge, document, given, in_sync, job, plan, refused
from tests.servers import Database

NIGHTLY = ("nightly", "postgres")
THERE = {
    "schedule": "9 9 * * *",
    "command": "SELECT 'by hand';",
    "database": "other",
    "active": False,
}


def nightly(*ignored: str, **more: object) -> str:
    return document(jobs={"nightly": {**job(), **more, "ignore_changes": [*ignored]}})


@pytest.mark.parametrize("field", THERE)
def test_an_ignored_field_is_no_difference(database: Database, field: str) -> None:
    database.run("create database other")
    given(database, {"nightly": {**job(), field: THERE[field]}})
    before = database.jobs()
    database.write(nightly(field, active=True))
    in_sync(database)
    assert database.cpctl("diff").code == 0
    converge(database, nightly(field, active=True), expected={})
    assert database.jobs() == before


def test_other_fields_change_and_the_ignored_ones_stay(database: Database) -> None:
    database.run("create database other")
    given(database, {"nightly": {**THERE}})
    jobid = database.jobs()[NIGHTLY]["jobid"]
    text = nightly("schedule", "database", "active", active=True, command="SELECT 2;")
    (entry,) = converge(database, text, expected={"alter_job": 1})
    assert "schedule" not in entry
    assert database.jobs()[NIGHTLY] == {**THERE, "jobid": jobid, "command": "SELECT 2;"}
    drift = json.loads(database.cpctl("diff", "--format", "json").out)
    assert drift["resources"] == []


def test_a_new_job_gets_what_the_file_says(database: Database) -> None:
    text = nightly("schedule", "command", "active", active=False)
    converge(database, text, expected={"schedule_in_database": 1})
    found = database.jobs()[NIGHTLY]
    assert (found["schedule"], found["active"]) == ("0 3 * * *", False)


def test_a_pause_by_hand_is_noted_although_the_file_ignores_it(database: Database) -> None:
    given(database, {"nightly": job(active=False)})
    database.write(nightly("active", active=True))
    assert "Note: job.nightly is paused outside cpctl." in in_sync(database).out


def test_nothing_ignored_hides_a_delete(database: Database) -> None:
    everything = [*THERE]
    jobs = {"nightly_a": job(ignore_changes=everything), "nightly_b": job()}
    scope = {"jobs": ["nightly_*"]}
    converge(database, document(scope=scope, jobs=jobs), expected={"schedule": 2})
    del jobs["nightly_a"]
    converge(database, document(scope=scope, jobs=jobs), expected={"unschedule": 1})


def test_nothing_ignored_hides_a_rename_or_what_goes_with_it(database: Database) -> None:
    given(database, {"rpt": job("9 9 * * *")})
    before = database.jobs()["rpt", "postgres"]
    text = nightly("schedule", was="rpt")
    converge(database, text, expected={"update cron.job set": 1})
    assert database.jobs() == {NIGHTLY: before}


def test_nothing_ignored_hides_a_second_job_of_the_name(database: Database) -> None:
    database.new_role("other")
    given(database, {"nightly": job()}, owner="other")
    database.write(nightly(*THERE))
    assert "exists and belongs to other" in refused(database, "apply", "--auto-approve").out


def test_a_name_that_the_scope_excludes_is_left_alone_by_all(database: Database) -> None:
    given(database, {"nightly_a": job(), "nightly_by_hand": job("1 1 * * *")})
    scope = {"jobs": ["nightly_*", "!nightly_by*"], "settings": ["app.*", "!app.keep*"]}
    given(database, settings={"app.gone": "1", "app.KEEP_it": "2"})
    text = document(scope=scope, jobs={"nightly_b": job()})
    database.write(text)
    made = plan(database)
    changed = {change["address"]: change["action"] for change in made["changes"]}
    assert changed == {
        "job.nightly_a": "delete",
        "job.nightly_b": "create",
        "setting.app.gone": "delete",
    }
    assert made["unmanaged"] == ["job.nightly_by_hand"]
    drift = json.loads(database.cpctl("diff", "--format", "json").out)
    assert {found["address"] for found in drift["resources"]} == changed.keys()
    expected = {"schedule": 1, "unschedule": 1, "alter system reset": 1}
    converge(database, text, expected=expected)
    assert {name for name, _ in database.jobs()} == {"nightly_b", "nightly_by_hand"}
    assert {name.lower() for name in database.file_settings()} >= {"app.keep_it"}
