"""A plan that no longer holds says what changed in the database since, and writes nothing."""

from __future__ import annotations

import pytest

from tests.integration.saved import (
    AFTER,
    applied,
    fingerprint,
    save,
    stale,
)
from tests.integration.steps import given, job
from tests.servers import Database


def jobid(database: Database, name: str) -> int:
    return int(database.jobs()[name, "postgres"]["jobid"])


FIELDS = {
    "schedule": ("schedule := '8 8 * * *'", '"0 3 * * *"', '"8 8 * * *"'),
    "command": ("command := 'SELECT 2;'", '"SELECT 1;"', '"SELECT 2;"'),
    "active": ("active := false", "true", "false"),
    "database": ("database := 'elsewhere'", '"postgres"', '"elsewhere"'),
}


@pytest.mark.parametrize("name", ["nightly", "nightly_same"])
def test_each_field_of_a_job_counts(saved: Database, name: str) -> None:
    """Of a job that the plan changes, and of one that it leaves alone."""
    base = fingerprint(saved)
    saved.run("create database elsewhere")
    saved.run("create temp table before as select * from cron.job")
    for field, (change, was, now) in FIELDS.items():
        saved.run(f"select cron.alter_job({jobid(saved, name)}, {change})")
        assert stale(saved) == [f"job.{name}: {field} was {was}, is now {now}"]
        assert fingerprint(saved) != base
        saved.run("delete from cron.job")
        saved.run("insert into cron.job select * from before")
    assert applied(saved).code == 0  # the control


@pytest.mark.parametrize("name", ["nightly", "nightly_old", "nightly_same"])
def test_the_same_job_under_another_jobid_is_not_the_same(saved: Database, name: str) -> None:
    before, base = saved.jobs()[name, "postgres"], fingerprint(saved)
    old = before.pop("jobid")
    saved.run("select cron.unschedule(%s::bigint)", old)
    given(saved, {name: job()})
    after = saved.jobs()[name, "postgres"]
    new = after.pop("jobid")
    assert (before, old != new) == (after, True)
    assert fingerprint(saved) != base
    assert stale(saved) == [
        f"job.{name}: unscheduled and scheduled again since (jobid {old}, now {new})"
    ]


def test_a_job_that_changes_hands_is_gone(saved: Database) -> None:
    saved.new_role("anna", "USAGE ON SCHEMA cron")
    number = jobid(saved, "nightly_same")
    saved.run("select cron.alter_job(%s, username := 'anna')", number)
    assert stale(saved) == ["job.nightly_same: removed since"]


def test_jobs_that_come_and_go_are_named(saved: Database) -> None:
    saved.run("select cron.unschedule('nightly_old')")
    given(saved, {"nightly_new": job(), "nightly_other": job()})
    assert stale(saved) == [
        "job.nightly_new: created since",
        "job.nightly_old: removed since",
        "job.nightly_other: created since",
    ]


FLIPPED = "(sensitive) equal to its source, is now (sensitive) not equal to its source"


def test_each_part_of_a_setting_counts(saved: Database) -> None:
    given(saved, settings={"app.a_url": "https://by.hand", "app.key": "by hand", "app.b": "b"})
    assert stale(saved) == [
        'setting.app.a_url: value was "https://abc.example/x", is now "https://by.hand"',
        "setting.app.b: created since",
        f"setting.app.key: value was {FLIPPED}",
    ]


def test_the_store_of_a_setting_counts(saved: Database) -> None:
    saved.write(f"store: database\n{AFTER}")
    save(saved)
    saved.run("alter database postgres set app.a_url = 'https://abc.example/x'")
    (line,) = stale(saved)
    assert line == 'setting.app.a_url: store was "system", is now "system and database"'


def test_a_secret_that_was_right_and_is_wrong_in_its_source(saved: Database) -> None:
    assert stale(saved, KEY="rotated") == [f"setting.app.key: value was {FLIPPED}"]
