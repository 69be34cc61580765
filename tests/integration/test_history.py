"""What the ledger tells, and what it says where it cannot: history, history show, rollback."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.integration.remembering import applied, by_hand, found, outcomes, said
from tests.integration.steps import document, job, refused, untouched
from tests.servers import Database

SCHEMA = Path(__file__).parents[2] / "schemas" / "history.schema.json"
FIRST = document(jobs={"a_one": job(), "a_two": job()}, settings={"work_mem": "8MB"})
SECOND = document(jobs={"a_one": job("0 4 * * *")}, settings={"work_mem": "16MB"})


@pytest.fixture
def two(database: Database) -> None:
    database.environment |= {"LOGNAME": "robin", "CI_PIPELINE_ID": "8812"}
    database.environment |= {"CI_COMMIT_SHA": "3f2a91cbeef", "CI_PIPELINE_URL": "https://ci/8812"}
    applied(database, FIRST)
    applied(database, SECOND)


def valid(database: Database, *command: str) -> list[dict[str, Any]]:
    shown = found(database.cpctl("history", *command, "--format", "json"))
    Draft202012Validator(json.loads(SCHEMA.read_text("utf-8"))).validate(shown)
    return list(shown["applies"])


@pytest.mark.usefixtures("two")
def test_history_has_a_line_for_each_the_newest_first(database: Database) -> None:
    with untouched(database):
        lines = said(database.cpctl("history"), 0).splitlines()
    assert lines[0].startswith("postgres@")
    newer, older = lines[2:]
    assert newer.split()[0] == "2"
    assert "applied" in newer
    assert "~2 -1" in newer
    assert "+2 ~1" in older
    assert newer.endswith("postgres (CI run 8812, 3f2a91c)")
    assert said(database.cpctl("history", "--limit", "1"), 0).splitlines()[2:] == [newer]


@pytest.mark.usefixtures("two")
def test_its_json_is_as_its_schema_says(database: Database) -> None:
    newer, older = valid(database)
    assert (newer["apply"], older["apply"]) == ("2", "1")
    assert newer["outcome"] == "applied"
    assert (newer["role"], newer["os_user"]) == ("postgres", "robin")
    assert (newer["job"], newer["url"]) == ("CI run 8812", "https://ci/8812")
    assert newer["commit"] == "3f2a91cbeef"
    assert newer["files"] == ["scheduler.yaml"]
    assert (newer["created"], newer["updated"], newer["deleted"]) == (0, 2, 1)
    assert newer["left_behind"] == []
    assert "changes" not in newer


@pytest.mark.usefixtures("two")
def test_one_apply_shows_each_field_that_it_changed(database: Database) -> None:
    shown = said(database.cpctl("history", "show", "2"), 0)
    assert "apply 2 of test: applied" in shown
    assert 'schedule = "0 3 * * *" -> "0 4 * * *"' in shown
    assert "- job.a_two" in shown
    assert 'value = "8MB" -> "16MB"' in shown
    for fact in ("robin", "https://ci/8812", "3f2a91cbeef", "scheduler.yaml"):
        assert fact in shown
    (one,) = valid(database, "show", "2")
    changes = {each["address"]: each for each in one["changes"]}
    assert changes["job.a_two"]["after"] is None
    assert changes["job.a_one"]["before"]["schedule"] == "0 3 * * *"
    assert changes["job.a_one"]["after"]["schedule"] == "0 4 * * *"


SYSTEMS = {
    "GITHUB": (
        {
            "GITHUB_RUN_ID": "7",
            "GITHUB_SHA": "abc",
            "GITHUB_SERVER_URL": "https://g",
            "GITHUB_REPOSITORY": "o/r",
        },
        "https://g/o/r/actions/runs/7",
    ),
    "GITLAB": ({"CI_PIPELINE_ID": "7", "CI_COMMIT_SHA": "abc", "CI_PIPELINE_URL": "u"}, "u"),
    "BUILDKITE": (
        {"BUILDKITE_BUILD_NUMBER": "7", "BUILDKITE_COMMIT": "abc", "BUILDKITE_BUILD_URL": "u"},
        "u",
    ),
    "CIRCLE": ({"CIRCLE_BUILD_NUM": "7", "CIRCLE_SHA1": "abc", "CIRCLE_BUILD_URL": "u"}, "u"),
    "JENKINS": ({"BUILD_NUMBER": "7", "GIT_COMMIT": "abc", "BUILD_URL": "u"}, "u"),
}


@pytest.mark.parametrize("system", SYSTEMS)
def test_the_run_of_a_ci_system_is_in_the_history(database: Database, system: str) -> None:
    environment, url = SYSTEMS[system]
    database.environment |= environment
    applied(database, FIRST)
    (one,) = valid(database)
    assert (one["job"], one["commit"], one["url"]) == ("CI run 7", "abc", url)


def test_where_there_is_no_ledger_each_says_so(database: Database) -> None:
    database.write(FIRST)
    assert "there is no ledger here" in (text := said(database.cpctl("history"), 1))
    assert "the first cpctl apply makes it" in text
    assert "there is no ledger here" in said(database.cpctl("history", "show", "1"), 1)
    assert "no ledger here that could be read" in said(database.cpctl("rollback"), 1)
    errors = found(database.cpctl("history", "--format", "json"), 1)["errors"]
    assert errors[0]["exit_code"] == 1


@pytest.mark.usefixtures("two")
def test_what_the_ledger_does_not_have_is_said(database: Database) -> None:
    for command in (("history", "show", "99"), ("rollback", "99")):
        text = said(database.cpctl(*command), 1)
        assert "the ledger has no apply 99" in text
        assert "cpctl history lists the applies" in text
    database.write(SECOND.replace('"test"', '"another"'))
    assert "apply 2 is one of test, and this file is another" in said(
        database.cpctl("rollback", "2"), 1
    )
    assert "the ledger has no apply of another" in said(database.cpctl("rollback"), 1)
    database.run("update cpctl.applies set committed = false, outcome = 'undone' where number = 2")
    database.write(SECOND)
    text = said(database.cpctl("rollback", "2"), 1)
    assert "apply 2 was not committed: there is nothing to undo" in text


def test_a_role_without_rights_is_told_which(database: Database) -> None:
    database.new_role("anna", "USAGE ON SCHEMA cron")
    applied(database, document(defaults={"username": "anna"}, jobs={"a_one": job()}))
    text = said(database.cpctl("history", user="anna"), 1)
    assert "GRANT USAGE ON SCHEMA cpctl TO anna;" in text
    assert "GRANT SELECT ON cpctl.applies, cpctl.files TO anna;" in text
    done = database.cpctl("rollback", user="anna")
    assert "no ledger here that could be read" in said(done, 1)


@pytest.mark.usefixtures("two")
def test_a_rollback_is_a_plan_that_is_shown_and_asked_for(database: Database) -> None:
    with untouched(database):
        shown = said(database.cpctl("rollback"), 1)
    assert "test as before apply 2 -> postgres@" in shown
    assert 'schedule = "0 4 * * *" -> "0 3 * * *"' in shown
    (jobid,) = database.rows("select jobid from cron.job where jobname = 'a_one'")[0]
    assert "job.a_two comes back under a new jobid; its run history stays under jobid" in shown
    assert "Plan: 1 to create, 2 to update, 0 to delete (3 statements)." in shown
    done = said(database.cpctl("rollback", "--auto-approve"), 0)
    assert "Rollback complete: 1 created, 2 updated, 0 deleted" in done
    assert "This was apply 3. To undo it: cpctl rollback 3" in done
    assert database.rows("select jobid from cron.job where jobname = 'a_one'") == [(jobid,)]
    (newest, *_) = valid(database)
    assert newest["undoes"] == "2"
    assert "rollback of 2" in said(database.cpctl("history"), 0)


@pytest.mark.usefixtures("two")
def test_a_rollback_undoes_all_later_applies_of_its_file_alone(database: Database) -> None:
    applied(database, document(name="other", scope={"jobs": ["b_*"]}, jobs={"b_one": job()}))
    database.write(SECOND)
    outcome = found(database.cpctl("rollback", "1", "--auto-approve", "--format", "json"))
    assert outcome["apply"] == "4"
    assert {name for name, _ in database.jobs()} == {"b_one"}
    assert outcomes(database)[-1] == (4, "test", "applied", True)
    assert database.file_settings().get("work_mem") is None


@pytest.mark.usefixtures("two")
def test_what_was_made_by_hand_since_is_left_alone(database: Database) -> None:
    by_hand(database, "a_three")
    assert database.cpctl("rollback", "1", "--auto-approve").code == 0
    assert {name for name, _ in database.jobs()} == {"a_three"}


def test_a_rollback_is_guarded_like_any_plan(database: Database) -> None:
    jobs = {f"a_{n:02}": job() for n in range(12)}
    applied(database, document(scope={"jobs": ["a_*"]}, jobs=jobs))
    text = said(refused(database, "rollback", "--auto-approve"), 3)
    assert "--allow MANY_DELETES" in text
    assert database.cpctl("rollback", "--auto-approve", "--allow", "MANY_DELETES").code == 0
    assert database.jobs() == {}


def test_a_file_under_a_new_name_keeps_its_memory(database: Database) -> None:
    applied(database, document(jobs={"a_one": job(), "a_two": job()}))
    renamed = {"name": "renamed", "was": "test"}
    database.write(document(**renamed, jobs={"a_one": job()}))
    assert "test as before apply 1" in said(database.cpctl("rollback"), 1).replace(
        "renamed", "test"
    )
    applied(database, document(**renamed, jobs={"a_one": job()}))
    assert set(database.jobs()) == {("a_one", "postgres")}
    assert {one["name"] for one in valid(database)} == {"renamed"}
    assert database.cpctl("rollback", "1", "--auto-approve").code == 0
    assert database.jobs() == {}


def test_old_rows_can_go_and_the_last_of_each_file_stays(database: Database) -> None:
    """As docs/ledger.md has it, but for rows of any age."""
    for hour in range(4):
        applied(database, document(jobs={"a_one": job(f"0 {hour} * * *")}))
    database.run(
        "delete from cpctl.applies a "
        "where not exists (select from cpctl.files f where f.apply = a.number)"
    )
    assert [number for number, *_ in outcomes(database)] == [4]
    assert "the ledger has no apply 2" in said(database.cpctl("rollback", "2"), 1)
    assert database.cpctl("rollback", "--auto-approve").code == 0
    assert database.jobs()["a_one", "postgres"]["schedule"] == "0 2 * * *"
