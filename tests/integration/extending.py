"""Extensions of a test's database, looked at and put away by SQL of the tests' own.

Nothing here imports cpctl.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from tests.integration.steps import document, in_sync, job
from tests.runner import Result
from tests.servers import Database

JOB = {"a": job("0 3 29 2 *")}
LISTED = """
select extname, extversion, nspname from pg_extension join pg_namespace n on n.oid = extnamespace
where extname not in ('plpgsql', 'pg_cron', 'http') order by 1
"""


def declared(extensions: Mapping[str, Mapping[str, str]], **more: object) -> str:
    """A file with these extensions and a job."""
    return document(**{"jobs": JOB, "extensions": extensions, **more})


def listed(database: Database) -> list[tuple[Any, ...]]:
    """Those that a test can have made: name, version, schema."""
    return database.rows(LISTED)


@contextmanager
def put_away(database: Database) -> Iterator[Database]:
    """What a test has made is gone afterwards, and a schema `tools` is there for it."""
    database.run("create schema tools")
    try:
        yield database
    finally:
        for name, _, _ in listed(database):
            database.run(f'drop extension if exists "{name}" cascade')
        database.run("drop schema tools cascade")


def applied(database: Database, text: str, *options: str, user: str = "postgres") -> Result:
    """Apply; a second plan is empty."""
    database.write(text)
    done = database.cpctl("apply", "--auto-approve", *options, user=user)
    assert done.code == 0, done
    in_sync(database, user=user)
    return done


def drift(database: Database) -> dict[str, Mapping[str, Any]]:
    """What `diff` finds, by address."""
    done = database.cpctl("diff", "--format", "json")
    found = json.loads(done.out)["resources"]
    assert done.code == (2 if found else 0), done
    return {one["address"]: one for one in found}
