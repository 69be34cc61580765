"""A database, a plan that was saved there, and what an apply of it says once it is stale."""

from __future__ import annotations

import re

from tests.integration.steps import SECRET, SECRET_CORE, document, given, job, plan, untouched
from tests.runner import Result
from tests.servers import Database

HOST = "abc.example"
BEFORE = {"nightly": job(), "nightly_old": job(), "nightly_same": job()}


def scheduler(path: str = "/y", /, **jobs: object) -> str:
    return document(
        scope={"jobs": ["nightly*"], "settings": ["app.*"]},
        jobs={"nightly_same": job(), **jobs},
        urls={"a": "https://${HOST}" + path},
        secrets={"key": {"from": "env:KEY"}},
    )


AFTER = scheduler(nightly=job("9 9 * * *"), nightly_new=job())


def prepared(database: Database) -> Database:
    """A database at BEFORE, and a plan from there to AFTER in the file `plan`."""
    database.environment |= {"HOST": HOST, "KEY": SECRET}
    given(database, BEFORE, {"app.a_url": f"https://{HOST}/x", "app.key": SECRET})
    database.write(AFTER)
    save(database)
    return database


def save(database: Database, *options: str) -> None:
    done = database.cpctl("plan", "--out", "plan", *options)
    assert done.code == 0, done


def applied(database: Database, *options: str) -> Result:
    return database.cpctl("apply", "plan", "--auto-approve", *options)


def stale(database: Database, *options: str, **environment: str) -> list[str]:
    """What changed since, a line each; nothing was written, and no secret is shown."""
    with untouched(database):
        done = database.cpctl("apply", "plan", "--auto-approve", *options, environment=environment)
    assert done.code == 5, done
    assert "Nothing was written." in done.err
    assert "Remedy: " in done.err
    assert SECRET_CORE not in done.out + done.err
    return re.findall(r"^  (.*)$", done.err, re.MULTILINE)


def fingerprint(database: Database) -> object:
    """What programs see of it."""
    return plan(database)["base_fingerprint"]
