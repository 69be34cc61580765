"""What the file does not own survives every apply, and nothing gets a twin."""

from __future__ import annotations

import pytest

from tests.integration.steps import (
    apply,
    converge,
    document,
    given,
    job,
    plan,
    refused,
    refused_apply,
)
from tests.servers import Database

USAGE = "USAGE ON SCHEMA cron"
SCOPE = {"jobs": ["nightly*"]}
PAIR = {"nightly": job(), "nightly_too": job("1 3 * * *")}
ONE = {"nightly": job()}


def others(database: Database) -> list[tuple[object, ...]]:
    return database.rows(
        "select * from cron.job where username <> 'postgres' or jobname is null "
        "or jobname not like 'nightly%' order by jobid"
    )


@pytest.fixture
def neighbours(database: Database) -> list[tuple[object, ...]]:
    """Our two jobs, and beside them all that must survive."""
    given(database, {**PAIR, "weekly": job()})
    database.new_role("anna", USAGE)
    given(database, {"nightly": job(), "nightly_of_anna": job()}, owner="anna")
    database.run("select cron.schedule('1 1 * * *', 'SELECT 0')")
    database.run("select cron.schedule('', '2 2 * * *', 'SELECT 0')")
    found = others(database)
    assert len(found) == 5
    return found


@pytest.mark.parametrize(
    ("jobs", "expected"),
    [
        ({"nightly": job("5 5 * * *", "SELECT 5;"), "nightly_too": job()}, {"alter_job": 2}),
        ({"nightly_too": job("1 3 * * *")}, {"unschedule": 1}),
        ({**PAIR, "nightly_3": job()}, {"schedule": 1}),
    ],
    ids=["change", "removal", "creation"],
)
def test_foreign_unnamed_and_out_of_scope_jobs_survive(
    database: Database,
    neighbours: list[tuple[object, ...]],
    jobs: dict[str, object],
    expected: dict[str, int],
) -> None:
    converge(database, document(scope=SCOPE, jobs=jobs), expected=expected)
    assert others(database) == neighbours
    assert {name for name, owner in database.jobs() if owner == "postgres" and name} == {
        "weekly",
        *jobs,
    }


def test_an_empty_file_removes_ours_alone(
    database: Database, neighbours: list[tuple[object, ...]]
) -> None:
    text = document(scope=SCOPE, jobs={})
    converge(database, text, "--allow", "EMPTY_FILE", expected={"unschedule": 2})
    assert others(database) == neighbours


def test_unmanaged_jobs_are_counted_and_never_planned(
    database: Database, neighbours: list[tuple[object, ...]]
) -> None:
    database.write(document(scope=SCOPE, jobs=PAIR))
    found = plan(database)
    assert found["changes"] == []
    assert found["summary"]["unmanaged"] == len(found["unmanaged"]) == len(neighbours)


def test_removing_a_job_plans_exactly_one_unschedule_of_its_jobid(database: Database) -> None:
    given(database, PAIR)
    kept = database.jobs()[("nightly", "postgres")]
    jobid = database.jobs()[("nightly_too", "postgres")]["jobid"]
    database.write(document(scope=SCOPE, jobs=ONE))
    found = plan(database)
    (change,) = found["changes"]
    assert (change["address"], change["action"]) == ("job.nightly_too", "delete")
    assert change["hazards"] == ["DELETES_JOB"]
    (statement,) = found["statements"]
    assert "cron.unschedule(" in statement["sql"]
    assert str(jobid) in statement["sql"]
    assert "nightly_too" not in statement["sql"]

    shown = database.cpctl("plan").out
    assert "# job.nightly_too will be deleted" in shown
    assert "(because it is not in scheduler.yaml, and scope.jobs has nightly*)" in shown
    converge(database, document(scope=SCOPE, jobs=ONE), expected={"unschedule": 1})
    assert database.jobs() == {("nightly", "postgres"): kept}


def test_without_a_scope_nothing_is_removed(database: Database) -> None:
    given(database, PAIR)
    apply(database, document(jobs=ONE), expected={})
    converge(database, document(scope={"settings": ["app.*"]}, jobs=ONE), expected={})
    assert len(database.jobs()) == 2


def test_what_a_scope_excludes_is_not_removed(database: Database) -> None:
    names = ("nightly_a", "nightly_b", "nightly_keep", "Nightly_c", "x_nightly")
    given(database, {name: job() for name in names})
    scope = {"jobs": ["nightly_?*", "!nightly_[k]eep"]}
    converge(
        database,
        document(scope=scope, jobs={"nightly_a": job()}),
        expected={"unschedule": 1},
    )
    assert {name for name, _ in database.jobs()} == {
        "nightly_a",
        "nightly_keep",
        "Nightly_c",
        "x_nightly",
    }


def test_a_job_that_exists_under_another_role_is_refused_with_its_remedy(
    database: Database,
) -> None:
    database.new_role("anna", USAGE)
    given(database, ONE, owner="anna")
    database.write(document(jobs={"nightly": job(), "more": job()}))
    assert database.cpctl("plan").code == 0
    said = refused_apply(database)
    assert "job.nightly exists and belongs to anna; you are postgres" in said
    assert "defaults: {username: anna}" in said
    found = plan(database)
    assert len(found["refusals"]) == 1
    assert found["applyable"] is False


def test_the_remedy_for_a_job_of_another_role_works(database: Database) -> None:
    database.new_role("anna", USAGE)
    given(database, {"nightly": job("7 7 * * *")}, owner="anna")
    jobid = database.jobs()[("nightly", "anna")]["jobid"]
    text = document(defaults={"username": "anna"}, jobs={"nightly": job()})
    converge(database, text, expected={"alter_job": 1})
    (((name, owner), found),) = database.jobs().items()
    assert (name, owner, found["jobid"], found["schedule"]) == (
        "nightly",
        "anna",
        jobid,
        "0 3 * * *",
    )


@pytest.mark.parametrize("options", ["LOGIN SUPERUSER", "LOGIN BYPASSRLS"])
def test_a_second_role_that_sees_the_jobs_makes_no_twins(database: Database, options: str) -> None:
    given(database, PAIR)
    database.write(document(scope=SCOPE, jobs=PAIR))
    database.new_role("second", USAGE, options=options)
    said = refused_apply(database, user="second")
    assert "job.nightly exists and belongs to postgres; you are second" in said
    assert len(database.jobs()) == 2


@pytest.mark.parametrize("defaults", [{}, {"username": "postgres"}], ids=["", "declared"])
def test_a_second_role_under_row_security_is_refused_everything(
    database: Database, defaults: dict[str, str]
) -> None:
    given(database, PAIR)
    database.new_role("second", USAGE)
    database.write(document(scope=SCOPE, jobs=PAIR, defaults=defaults))
    for command in (("plan",), ("diff",), ("apply", "--auto-approve")):
        done = refused(database, *command, user="second")
        assert "will be created" not in done.out
        assert "missing" not in done.out
        assert "row security" in done.out + done.err
    assert set(database.jobs()) == {("nightly", "postgres"), ("nightly_too", "postgres")}


def test_a_hidden_row_is_no_reason_to_remove_anything(database: Database) -> None:
    given(database, PAIR)
    database.new_role("second", USAGE)
    given(database, {"nightly_of_second": job()}, owner="second")
    before = database.jobs()
    text = document(scope=SCOPE, defaults={"username": "second"}, jobs={"nightly_2": job()})
    expected = {"unschedule": 1, "schedule": 1}
    converge(database, text, user="second", expected=expected)
    del before[("nightly_of_second", "second")]
    after = database.jobs()
    assert after.pop(("nightly_2", "second"))["schedule"] == "0 3 * * *"
    assert after == before
