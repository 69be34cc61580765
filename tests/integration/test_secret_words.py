"""What a reader is told of a rotated key: since when, who reads it and when next; never the key."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from tests.integration.keeping import STORES, ready, rows, secrets, store_table
from tests.integration.remembering import applied
from tests.integration.steps import SECRET, SECRET_CORE, document, job, plan
from tests.servers import Database

ROTATED = f"{SECRET_CORE}, rotated"
COMMANDS = tuple(f"calls_{n}" for n in range(1, 7))
BODY = {
    "vault": "(select decrypted_secret from vault.decrypted_secrets where name = 'role_key')",
    "table": "cpctl.secret('role_key')",
}
SOURCE = "env:ROLE_KEY"


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, database: Database) -> str:
    """Six functions that name the secret in quotes, and their six jobs; it was set on 2 Nov."""
    name: str = request.param
    ready(database, name)
    database.environment["ROLE_KEY"] = SECRET
    for function in COMMANDS:
        database.run(f"drop function if exists public.{function}")
        body = f"begin perform {BODY[name]}; end".replace("$", "$$")
        database.run(
            f"create function public.{function}() returns void language plpgsql as $f${body}$f$"
        )
    jobs = {function: job(command=f"SELECT {function}();") for function in COMMANDS}
    jobs["calls_1"] = job("*/5 * * * *", "SELECT calls_1();")
    applied(database, secrets("role_key", store=name, jobs=jobs))
    database.run(f"update {store_table(name)} set updated_at = '2026-11-02 12:00+00'")
    database.environment["ROLE_KEY"] = ROTATED
    return name


@pytest.fixture(autouse=True)
def without_functions(database: Database) -> None:
    for function in COMMANDS:
        database.run(f"drop function if exists public.{function}")


def test_a_rotation_word_for_word(database: Database, store: str) -> None:
    shown = database.cpctl("plan")
    assert shown.code == 0, shown
    found = re.search(
        r"# secret\.role_key will be updated in-place[^\n]*\n"
        r"  ~ value = \(sensitive, changed; last set Mon 2 Nov\) -> \(sensitive\)"
        rf" +# {SOURCE} -> {store}:role_key\n"
        r"    # read by 6 functions and their 6 jobs at each run: the next one"
        r" \((?P<at>\d\d:\d\d) GMT\) uses the new value; rollback cannot bring the old one back\n",
        shown.out,
    )
    assert found, shown.out
    minute = int(found["at"].partition(":")[2])
    assert minute % 5 == 0
    now = datetime.now(UTC)
    assert (minute - now.minute) % 60 <= 5


def test_no_form_shows_either_value(database: Database, store: str) -> None:
    for form in ("text", "json", "markdown", "sql"):
        done = database.cpctl("plan", "--format", form, "--debug")
        assert done.code == 0, done
        assert SECRET_CORE not in done.out + done.err, form
    found = plan(database)
    (change,) = found["changes"]
    assert change["address"] == "secret.role_key"
    assert change["sensitive"] == ["value"]
    assert (change["before"]["value"], change["after"]["value"]) == (None, None)
    assert re.search(r"secret\.role_key", database.cpctl("plan", "--format", "markdown").out)
    for form in ("text", "json", "markdown"):
        done = database.cpctl("diff", "--format", form, "--debug")
        assert done.code == 2, done
        assert SECRET_CORE not in done.out + done.err, form
    done = database.cpctl("apply", "--auto-approve", "--format", "json")
    assert done.code == 0, done
    assert SECRET_CORE not in done.out + done.err
    assert rows(database, store).keys() == {"role_key"}


def test_a_removed_secret_that_is_read_is_a_hazard(database: Database, store: str) -> None:
    jobs = {function: job(command=f"SELECT {function}();") for function in COMMANDS}
    database.write(document(store=store, jobs=jobs))
    shown = database.cpctl("plan")
    assert "# secret.role_key will be deleted" in shown.out, shown
    assert "SECRET_IN_USE" in shown.out
    assert "calls_1" in shown.out
    assert SECRET_CORE not in shown.out


def test_a_rollback_says_beforehand_that_it_stays(database: Database, store: str) -> None:
    jobs = {function: job(command=f"SELECT {function}();") for function in COMMANDS}
    applied(database, secrets("role_key", store=store, jobs=jobs))
    done = database.cpctl("rollback", "--auto-approve")
    assert done.code == 0, done
    assert "secret.role_key cannot come back" in done.out
    assert SECRET_CORE not in done.out + done.err
