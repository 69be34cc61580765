"""A changed command is dated between two runs; a secret's drift is told by its reference."""

from __future__ import annotations

import pytest

from tests.integration.remembering import alter, applied, found, has_ledger, said
from tests.integration.running import SOON, due, until
from tests.integration.steps import document, given, job
from tests.servers import Database

OLD, NEW = "SELECT 'old';", "SELECT 'new';"
RUN = (
    "insert into cron.job_run_details (jobid, runid, command, status, start_time, end_time) "
    "select jobid, %s, %s, 'succeeded', %s::timestamptz, %s::timestamptz "
    "from cron.job where jobname = 'a_one'"
)


def run_at(database: Database, runid: int, command: str, time: str) -> None:
    at = f"2026-11-20 {time}+00"
    database.run(RUN, runid, command, at, at)
    database.run(
        "select setval(pg_get_serial_sequence('cron.job_run_details', 'runid'), %s)", runid
    )


def changed_by_hand(database: Database) -> None:
    applied(database, document(jobs={"a_one": job(command=OLD)}))
    alter(database, "a_one", f"command := $${NEW}$$")


def test_a_changed_command_is_dated_between_two_runs(database: Database) -> None:
    changed_by_hand(database)
    run_at(database, 1, OLD, "01:05")
    run_at(database, 2, OLD, "01:10")
    run_at(database, 3, NEW, "01:15")
    run_at(database, 4, NEW, "01:20")
    shown = said(database.cpctl("diff"), 2)
    assert (
        "01:10 GMT (last run of the old command) and Fri 20 Nov 01:15 GMT (first of the new)"
        in (shown)
    )
    assert "01:05" not in shown
    assert "01:20" not in shown


def test_until_the_new_command_has_run_the_end_is_open(database: Database) -> None:
    changed_by_hand(database)
    run_at(database, 1, OLD, "01:10")
    assert "01:10 GMT (last run of the old command) and now" in said(database.cpctl("diff"), 2)


def test_a_run_of_neither_command_dates_nothing(database: Database) -> None:
    changed_by_hand(database)
    run_at(database, 1, "SELECT 'another';", "01:10")
    shown = said(database.cpctl("diff"), 2)
    assert "job.a_one: drifted" in shown
    assert "last run of the old command" not in shown


def test_a_job_that_really_ran_is_dated(brisk: Database) -> None:
    applied(brisk, document(jobs={"a_one": job(SOON[brisk.version], OLD)}))
    due(brisk)
    runs = "select count(*) from cron.job_run_details where status = 'succeeded' and command = %s"
    until(lambda: brisk.rows(runs, OLD) != [(0,)], "a run of the old command")
    alter(brisk, "a_one", f"command := $${NEW}$$")
    assert "(last run of the old command) and " in said(brisk.cpctl("diff"), 2)


SOURCES = {"from": "env:FIRST"}, {"from": "env:SECOND"}


@pytest.fixture
def secret(database: Database) -> str:
    database.environment |= {"FIRST": "s3cret one", "SECOND": "s3cret two"}
    applied(database, document(secrets={"key": SOURCES[0]}, jobs={"a_one": job()}))
    return "setting.app.key"


def classes(database: Database) -> dict[str, str]:
    done = database.cpctl("diff", "--format", "json")
    assert "s3cret" not in done.out + done.err
    assert "s3cret" not in database.cpctl("diff").out
    return {each["address"]: each["class"] for each in found(done, done.code)["resources"]}


def test_a_secret_changed_in_the_database_is_drifted(database: Database, secret: str) -> None:
    given(database, settings={"app.key": "s3cret three"})
    assert classes(database) == {secret: "drifted"}


def test_a_new_reference_is_pending(database: Database, secret: str) -> None:
    database.write(document(secrets={"key": SOURCES[1]}, jobs={"a_one": job()}))
    assert classes(database) == {secret: "pending"}


def test_a_new_value_at_the_source_is_told_as_the_difference_it_is(
    database: Database, secret: str
) -> None:
    """The ledger holds no value: whether the source or the database moved nobody can tell."""
    database.environment["FIRST"] = "s3cret four"
    assert classes(database) == {secret: "drifted"}


def test_a_secret_that_became_plain_is_pending_and_never_shown(
    database: Database, secret: str
) -> None:
    database.write(document(settings={"app.key": "plain"}, jobs={"a_one": job()}))
    assert classes(database) == {secret: "pending"}
    assert "s3cret" not in said(database.cpctl("plan"), 0)
    assert "s3cret" not in said(database.cpctl("plan", "--format", "sql"), 0)


def test_without_a_ledger_the_old_words_remain(database: Database) -> None:
    text = document(ledger=False, scope={"jobs": ["a_*"]}, jobs={"a_one": job(), "a_two": job()})
    database.write(text)
    assert database.cpctl("apply", "--auto-approve").code == 0
    assert not has_ledger(database)
    alter(database, "a_one", "schedule := '* * * * *'")
    database.run("select cron.unschedule('a_two')")
    shown = said(database.cpctl("diff"), 2)
    assert "job.a_one: drifted. schedule differs from the file" in shown
    assert "job.a_two: missing. The file declares it, the database lacks it" in shown
    assert "apply" not in shown.partition("To take")[0]
