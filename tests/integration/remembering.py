"""What tests of the ledger do again and again; they read its tables with SQL of their own."""

from __future__ import annotations

import json
from typing import Any

from tests.integration.steps import reload_and_wait
from tests.runner import Result
from tests.servers import Database

JOBS = {"jobs": ["a_*"]}


def applied(database: Database, text: str, *options: str, user: str = "postgres") -> int:
    """Apply a file; the number that the apply has in the ledger."""
    database.write(text)
    done = database.cpctl("apply", "--auto-approve", *options, user=user)
    assert done.code == 0, done
    return last(database)


def last(database: Database) -> int:
    (number,) = database.rows("select max(number) from cpctl.applies")[0]
    assert isinstance(number, int)
    return number


def outcomes(database: Database) -> list[tuple[Any, ...]]:
    """Each apply with its file's name and its outcome, the oldest first."""
    return database.rows("select number, name, outcome, committed from cpctl.applies order by 1")


def has_ledger(database: Database) -> bool:
    return bool(database.rows("select from pg_namespace where nspname = 'cpctl'"))


def said(done: Result, code: int) -> str:
    """All that it said; its exit code is this one."""
    assert done.code == code, done
    return done.out + done.err


def found(done: Result, code: int = 0) -> dict[str, Any]:
    """Its JSON."""
    assert done.code == code, done
    return dict(json.loads(done.out))


def alter(database: Database, name: str, arguments: str) -> None:
    """A job changed by hand."""
    database.run(
        f"select cron.alter_job(jobid, {arguments}) from cron.job where jobname = '{name}'"
    )


def by_hand(database: Database, name: str, command: str = "SELECT 'by hand'") -> None:
    database.run("select cron.schedule(%s::text, '0 5 * * *', %s)", name, command)


def unset(database: Database, name: str) -> None:
    """A setting taken away by hand."""
    database.run("select set_config(%s, '', false)", name)
    database.run(f"alter system reset {name}")
    database.run(f"reset {name}")
    reload_and_wait(database)
