"""What is said of a secret in the table: who reads it, and whose a difference is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.steps import document, job
from tests.servers import Database

READS = {"mine": job(command="SELECT cpctl.secret('key')"), "yours": job(command="SELECT caller()")}
CALLER = "create function caller() returns text language sql as $$ select cpctl.secret('key') $$"


def _file(**more: Any) -> str:
    scope = {"jobs": ["mine*", "yours*"], "secrets": ["key*", "*_url"]}
    return document(store="table", scope=scope, defaults={"username": "worker"}, jobs=READS, **more)


@pytest.fixture
def applied(database: Database) -> Iterator[Database]:
    """By a role that may act for the owner of the jobs, from which row security hides them."""
    database.environment["KEY"] = "s3cr3t"
    database.new_role("worker", "USAGE ON SCHEMA cron", "CREATE ON SCHEMA public")
    database.new_role("deploy", "USAGE ON SCHEMA cron", "CREATE ON DATABASE postgres")
    database.run("grant worker to deploy")
    database.write(_file(secrets={"key": {"from": "env:KEY"}}))
    done = database.cpctl("apply", "--auto-approve", user="deploy")
    assert done.code == 0, done
    database.run(CALLER)
    yield database
    database.run("drop function caller()")


@pytest.mark.parametrize("user", ["deploy", "postgres"])
def test_a_secret_that_goes_is_read_by_jobs_of_another_owner(applied: Database, user: str) -> None:
    applied.write(_file())
    planned = applied.cpctl("plan", user=user)
    assert "! SECRET_IN_USE: still read by public.caller, mine, yours" in planned.out, planned


def test_a_rotation_tells_the_jobs_of_another_owner(applied: Database) -> None:
    applied.environment["KEY"] = "an0ther"
    planned = applied.cpctl("plan", user="deploy")
    assert "# read by 1 function and its 2 jobs at each run" in planned.out, planned


def test_a_source_that_was_rotated_is_no_change_by_hand(applied: Database) -> None:
    applied.environment["KEY"] = "an0ther"
    found = applied.cpctl("diff", user="deploy")
    assert found.code == 2, found
    assert "drifted. Source and database differ since apply 1; the file did not" in found.out
    assert "by cpctl" not in found.out
    assert "Changed in the database" not in found.out
