"""Drift: what differs, and nothing else; found by a role that may only read."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.integration.steps import (
    GUIDE_SCHEDULES,
    GUIDE_SETTINGS,
    SECRET,
    SECRET_CORE,
    document,
    follow_guide,
    given,
    job,
    paste_grants,
    untouched,
)
from tests.runner import Result
from tests.servers import Database

MAIN = ("content_pipeline_main", "postgres")


@pytest.fixture(autouse=True)
def applied(database: Database) -> None:
    """The guide's scheduler, as an apply leaves it."""
    follow_guide(database)
    jobs = {name: job(*fields) for name, fields in GUIDE_SCHEDULES.items()}
    given(database, jobs, GUIDE_SETTINGS)


def diff(database: Database, *arguments: str, user: str = "postgres") -> Result:
    with untouched(database):
        return database.cpctl("diff", *arguments, user=user)


def diff_json(database: Database, code: int = 2) -> dict[str, Any]:
    done = diff(database, "--format", "json")
    assert done.code == code, done
    return dict(json.loads(done.out))


def alter(database: Database, name: str, arguments: str) -> None:
    database.run(
        f"select cron.alter_job(jobid, {arguments}) from cron.job where jobname = '{name}'"
    )


def test_a_quiet_night_is_one_line(database: Database) -> None:
    done = diff(database)
    assert done.code == 0
    assert "No drift. 13 resources match scheduler.yaml." in done.out
    assert done.out.startswith("content-pipeline <- postgres@")
    assert done.err == ""
    assert diff_json(database, code=0)["resources"] == []


def test_a_changed_field_is_shown_with_both_sides(database: Database) -> None:
    alter(database, "content_pipeline_main", "schedule := '* * * * *'")
    done = diff(database)
    assert done.code == 2
    assert "job.content_pipeline_main: drifted" in done.out
    assert re.search(r'^ +file +"\*/5 \* \* \* \*"', done.out, re.MULTILINE)
    assert re.search(r'^ +database +"\* \* \* \* \*"', done.out, re.MULTILINE)
    assert "trigger_content_automation" not in done.out
    assert len(re.findall(r"^# (?:job|setting)\.", done.out, re.MULTILINE)) == 1
    assert "1 drifted" in done.out

    found = diff_json(database)
    (resource,) = found["resources"]
    assert (resource["address"], resource["class"]) == ("job.content_pipeline_main", "drifted")
    assert resource["fields"] == [
        {"name": "schedule", "file": "*/5 * * * *", "database": "* * * * *"}
    ]
    assert found["summary"]["matching"] == 12
    assert database.jobs()[MAIN]["schedule"] == "* * * * *"


def test_a_missing_job_is_drift(database: Database) -> None:
    database.run("select cron.unschedule('content_pipeline_metrics')")
    done = diff(database)
    assert done.code == 2
    assert "# job.content_pipeline_metrics: missing" in done.out
    assert "1 missing" in done.out
    assert [found["class"] for found in diff_json(database)["resources"]] == ["missing"]


def test_an_extra_job_in_scope_is_drift(database: Database) -> None:
    database.run("select cron.schedule('content_pipeline_extra', '0 0 * * *', 'SELECT 1')")
    done = diff(database)
    assert done.code == 2
    assert "# job.content_pipeline_extra: extra" in done.out
    assert "1 extra" in done.out
    assert [found["class"] for found in diff_json(database)["resources"]] == ["extra"]


def test_paused_by_hand_and_unmanaged_alone_are_no_drift(database: Database) -> None:
    alter(database, "content_pipeline_health", "active := false")
    database.run("select cron.schedule('something_else', '0 0 * * *', 'SELECT 1')")
    database.run("select cron.schedule('0 0 * * *', 'SELECT 1')")
    done = diff(database)
    assert done.code == 0
    assert "Paused by hand: job.content_pipeline_health" in done.out
    assert "Unmanaged: 2 jobs" in done.out
    found = diff_json(database, code=0)
    assert found["paused"] == ["job.content_pipeline_health"]
    assert len(found["unmanaged"]) == 2
    verbose = diff(database, "--verbose")
    assert "something_else" in verbose.out


def test_a_pause_of_a_job_that_is_declared_active_is_drift(database: Database) -> None:
    text = (database.folder / "scheduler.yaml").read_text("utf-8")
    database.write(text.replace("    description: Main", "    active: true\n    description: Main"))
    assert diff(database).code == 0
    alter(database, "content_pipeline_main", "active := false")
    (resource,) = diff_json(database)["resources"]
    assert resource["fields"] == [{"name": "active", "file": True, "database": False}]


def test_a_changed_setting_is_drift(database: Database) -> None:
    database.run("alter system set app.health_url = 'https://by.hand'")
    database.run("select pg_reload_conf()")
    done = diff(database)
    assert done.code == 2
    assert "https://by.hand" in done.out
    assert "https://abc.supabase.co/functions/v1/health" in done.out


def test_a_changed_secret_is_drift_without_its_value(database: Database) -> None:
    database.run(f"alter system set app.service_role_key = 'other {SECRET_CORE}'")
    database.run("select pg_reload_conf()")
    for form in ("text", "json", "markdown"):
        done = diff(database, "--format", form)
        assert done.code == 2
        assert "app.service_role_key" in done.out.replace("\\", "")
        assert SECRET_CORE not in done.out + done.err
    (resource,) = diff_json(database)["resources"]
    assert resource["sensitive"] == ["value"]


def test_a_secret_that_is_not_at_hand_is_not_compared(database: Database) -> None:
    del database.environment["SUPABASE_SERVICE_ROLE_KEY"]
    found = diff_json(database, code=0)
    assert found["complete"] is False
    assert "not compared" in diff(database).out
    assert diff(database, "--secrets", "require").code == 1
    database.environment["SUPABASE_SERVICE_ROLE_KEY"] = SECRET
    assert diff_json(database, code=0)["complete"] is True


READER = (
    "USAGE ON SCHEMA cron",
    "SELECT ON pg_file_settings",
    "EXECUTE ON FUNCTION pg_show_all_file_settings()",
)


@pytest.fixture
def owned(database: Database) -> None:
    text = (database.folder / "scheduler.yaml").read_text("utf-8")
    database.write(text.replace("scope:", "defaults: {username: postgres}\nscope:", 1))


@pytest.mark.usefixtures("owned")
def test_a_role_that_may_only_read_finds_drift(database: Database) -> None:
    database.new_role("drift", *READER, options="LOGIN BYPASSRLS")
    done = diff(database, user="drift")
    assert done.code == 0, done
    assert "No drift. 13 resources match scheduler.yaml." in done.out
    alter(database, "content_pipeline_main", "schedule := '* * * * *'")
    done = diff(database, user="drift")
    assert done.code == 2, done
    assert "job.content_pipeline_main: drifted" in done.out


@pytest.mark.usefixtures("owned")
@pytest.mark.parametrize(
    "shadowed", [[], ["alter role drift set app.health_url = '{}'"]], ids=["", "shadowed"]
)
def test_a_reader_without_the_grants_never_takes_drift_for_none(
    database: Database, shadowed: list[str]
) -> None:
    database.new_role("drift", "USAGE ON SCHEMA cron", options="LOGIN BYPASSRLS")
    given(database, settings={"app.health_url": "https://by.hand"})
    for statement in shadowed:
        database.run(statement.format(GUIDE_SETTINGS["app.health_url"]))
    done = diff(database, user="drift")
    assert done.code in (2, 3), done
    if done.code == 3:
        assert paste_grants(database, done.out + done.err)
        done = diff(database, user="drift")
    assert done.code == 2, done
    assert "https://by.hand" in done.out


def test_a_reader_needs_no_file_settings_for_a_file_of_jobs(database: Database) -> None:
    jobs = {
        "content_pipeline_main": {
            "schedule": "*/5 * * * *",
            "command": "SELECT trigger_content_automation();",
        }
    }
    database.write(document(defaults={"username": "postgres"}, jobs=jobs))
    database.new_role("drift", "USAGE ON SCHEMA cron", options="LOGIN BYPASSRLS")
    done = diff(database, user="drift")
    assert done.code == 0, done
