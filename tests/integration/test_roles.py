"""Plain roles, members and owners: what they may do works, the rest is refused with its GRANT."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.steps import (
    apply,
    converge,
    document,
    given,
    job,
    paste_grants,
    refused,
    refused_apply,
)
from tests.servers import Database

USAGE = "USAGE ON SCHEMA cron"
ALTER_JOB = "GRANT EXECUTE ON FUNCTION cron.alter_job(bigint,text,text,text,text,boolean) TO plain;"


def owned(owner: str, **jobs: object) -> str:
    return document(defaults={"username": owner}, scope={"jobs": ["mine*"]}, jobs=jobs)


def test_a_plain_role_manages_its_own_jobs_without_alter_job(database: Database) -> None:
    database.new_role("plain", USAGE)
    both = owned("plain", mine=job(), mine2=job())
    apply(database, both, user="plain", expected={"schedule": 2})
    before = database.jobs()
    changed = owned("plain", mine=job("9 9 * * *", "SELECT 'it''s';"), mine2=job())
    apply(database, changed, user="plain", expected={"schedule": 1})
    assert database.jobs() == {
        **before,
        ("mine", "plain"): {
            **before["mine", "plain"],
            "schedule": "9 9 * * *",
            "command": "SELECT 'it''s';",
        },
    }
    converge(database, owned("plain", mine2=job()), user="plain", expected={"unschedule": 1})
    assert database.jobs() == {("mine2", "plain"): before["mine2", "plain"]}


def test_a_plain_role_leaves_its_paused_job_paused(database: Database) -> None:
    database.new_role("plain", USAGE)
    given(database, {"mine": job(active=False)}, owner="plain")
    text = owned("plain", mine=job("9 9 * * *"))
    converge(database, text, user="plain", expected={"schedule": 1})
    found = database.jobs()["mine", "plain"]
    assert (found["schedule"], found["active"]) == ("9 9 * * *", False)


def test_a_pause_needs_alter_job_and_the_printed_grant_suffices(database: Database) -> None:
    database.new_role("plain", USAGE)
    given(database, {"mine": job()}, owner="plain")
    paused = owned("plain", mine=job(active=False))
    database.write(paused)
    said = refused_apply(database, user="plain")
    assert ALTER_JOB in said
    paste_grants(database, said)
    converge(database, paused, user="plain", expected={"alter_job": 1})
    assert database.jobs()["mine", "plain"]["active"] is False


@pytest.mark.parametrize(
    "more", [{"active": False}, {"database": "other"}], ids=["paused", "elsewhere"]
)
def test_schedule_in_database_is_needed_and_the_printed_grant_suffices(
    database: Database, more: dict[str, Any]
) -> None:
    database.run("create database other")
    database.new_role("plain", USAGE)
    text = owned("plain", mine=job(**more))
    database.write(text)
    said = refused_apply(database, user="plain")
    assert "GRANT EXECUTE ON FUNCTION cron.schedule_in_database(" in said
    paste_grants(database, said)
    converge(database, text, user="plain", expected={"schedule_in_database": 1})
    found = database.jobs()["mine", "plain"]
    assert {key: found[key] for key in more} == more


def test_a_job_in_another_database_is_never_moved_home_by_a_plain_role(
    database: Database,
) -> None:
    database.run("create database other")
    database.new_role("plain", USAGE)
    given(database, {"mine": job(database="other")}, owner="plain")
    text = owned("plain", mine=job("9 9 * * *", database="other"))
    database.write(text)
    done = database.cpctl("apply", "--auto-approve", user="plain")
    found = database.jobs()["mine", "plain"]
    assert found["database"] == "other"
    if done.code == 3:
        assert found["schedule"] == "0 3 * * *"
        assert ALTER_JOB in done.out + done.err
        paste_grants(database, done.out + done.err)
        converge(database, text, user="plain", expected={"alter_job": 1})
        found = database.jobs()["mine", "plain"]
    assert (found["schedule"], found["database"]) == ("9 9 * * *", "other")


def test_a_role_without_usage_on_cron_is_told_the_grant(database: Database) -> None:
    database.new_role("plain")
    text = owned("plain", mine=job())
    database.write(text)
    done = refused(database, "apply", "--auto-approve", user="plain")
    assert "GRANT USAGE ON SCHEMA cron TO plain;" in done.out + done.err
    paste_grants(database, done.out + done.err)
    converge(database, text, user="plain", expected={"schedule": 1})


def test_settings_of_a_plain_role_need_grants_and_the_printed_ones_suffice(
    database: Database,
) -> None:
    database.new_role("plain", USAGE)
    text = document(
        defaults={"username": "plain"},
        jobs={"mine": job()},
        settings={"app.one": "1", "app.two": "2"},
    )
    database.write(text)
    shown = database.cpctl("plan", "--detailed-exitcode", user="plain")
    done = refused(database, "apply", "--auto-approve", user="plain")
    assert shown.code == 3
    assert "RELOAD_APPLIES_OTHERS" not in shown.out  # nobody has edited anything
    said = done.out + done.err
    for _ in range(3):  # reading pg_file_settings may have to be granted before the rest is known
        if done.code == 3:
            assert paste_grants(database, done.out + done.err), done
            database_said = database.cpctl("apply", "--auto-approve", user="plain")
            said += database_said.out + database_said.err
            done = database_said
    assert done.code == 0, said
    assert "GRANT ALTER SYSTEM ON PARAMETER app.one TO plain;" in said
    assert database.file_settings()["app.one"] == "1"
    assert database.live("app.two") == "2"
    converge(database, text, user="plain", expected={})


def test_a_superuser_acts_for_an_owner_that_has_no_rights_at_all(database: Database) -> None:
    database.new_role("worker")
    both = owned("worker", mine=job(), mine2=job())
    apply(database, both, expected={"schedule_in_database": 2})
    before = database.jobs()
    assert set(before) == {("mine", "worker"), ("mine2", "worker")}
    changed = owned("worker", mine=job("9 9 * * *", active=False), mine2=job())
    apply(database, changed, expected={"alter_job": 1})
    assert database.jobs() == {
        **before,
        ("mine", "worker"): {**before["mine", "worker"], "schedule": "9 9 * * *", "active": False},
    }
    converge(database, owned("worker", mine2=job()), expected={"unschedule": 1})
    assert set(database.jobs()) == {("mine2", "worker")}


@pytest.mark.parametrize("options", ["LOGIN", "LOGIN NOINHERIT"])
def test_a_member_acts_for_the_owner(database: Database, options: str) -> None:
    database.new_role("worker", USAGE)
    database.new_role("deploy", USAGE, "worker", options=options)
    both = owned("worker", mine=job(), mine2=job())
    apply(database, both, user="deploy", expected={"schedule": 2})
    before = database.jobs()
    assert set(before) == {("mine", "worker"), ("mine2", "worker")}
    changed = owned("worker", mine=job("9 9 * * *"), mine2=job())
    apply(database, changed, user="deploy", expected={"schedule": 1})
    before["mine", "worker"]["schedule"] = "9 9 * * *"
    assert database.jobs() == before
    assert database.cpctl("diff", user="deploy").code == 0
    less = owned("worker", mine=job("9 9 * * *"))
    converge(database, less, user="deploy", expected={"unschedule": 1})


def test_somebody_else_is_refused_with_the_grant_and_the_grant_suffices(
    database: Database,
) -> None:
    database.new_role("worker", USAGE)
    database.new_role("deploy", USAGE)
    text = owned("worker", mine=job())
    database.write(text)
    refused(database, "plan", "--detailed-exitcode", user="deploy")
    refused(database, "diff", user="deploy")
    done = refused(database, "apply", "--auto-approve", user="deploy")
    assert "GRANT worker TO deploy;" in done.out + done.err
    paste_grants(database, done.out + done.err)
    converge(database, text, user="deploy", expected={"schedule": 1})
    assert set(database.jobs()) == {("mine", "worker")}


def test_a_member_that_may_not_set_the_role_is_told_a_grant_that_suffices(
    database: Database,
) -> None:
    database.new_role("worker", USAGE)
    database.new_role("deploy", USAGE)
    if database.version == "17":  # 15 knows no such membership
        database.run("grant worker to deploy with inherit true, set false")
    text = owned("worker", mine=job())
    database.write(text)
    done = refused(database, "apply", "--auto-approve", user="deploy")
    paste_grants(database, done.out + done.err)
    converge(database, text, user="deploy", expected={"schedule": 1})


def test_seeing_a_foreign_job_is_not_being_allowed_to_change_it(database: Database) -> None:
    database.new_role("worker", USAGE)
    database.new_role("seer", USAGE, options="LOGIN BYPASSRLS")
    given(database, {"mine": job(), "mine2": job()}, owner="worker")
    for jobs in ({"mine": job("9 9 * * *"), "mine2": job()}, {"mine": job()}):
        database.write(owned("worker", **jobs))
        assert "GRANT worker TO seer;" in refused_apply(database, user="seer")


def test_an_owner_that_does_not_exist_is_refused(database: Database) -> None:
    database.write(owned("nobody_here", mine=job()))
    done = refused(database, "apply", "--auto-approve")
    assert "nobody_here" in done.out + done.err
    refused(database, "plan", "--detailed-exitcode")
    assert database.jobs() == {}
