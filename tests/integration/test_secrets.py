"""A secret reaches the server, and nothing else: no output, no file, no error."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.integration.steps import (
    GUIDE,
    SECRET,
    SECRET_CORE,
    converge,
    document,
    follow_guide,
    given,
    plan,
    undone,
)
from tests.runner import Result
from tests.servers import Database

HAND = "h4nd-made"
FORMATS = ("text", "json", "markdown", "sql")


def clean(*results: Result) -> None:
    for result in results:
        assert SECRET_CORE not in result.out
        assert SECRET_CORE not in result.err
        assert HAND not in result.out
        assert HAND not in result.err


def looks(database: Database, command: str, *forms: str) -> None:
    for form in forms:
        clean(database.cpctl(command, "--format", form, "--debug"))


def test_no_output_shows_a_secret_before_or_after_it_is_set(database: Database) -> None:
    follow_guide(database)
    looks(database, "plan", *FORMATS)
    clean(database.cpctl("validate", "--print"))
    done = database.cpctl("apply", "--auto-approve", "--debug")
    assert done.code == 0, done
    clean(done)
    looks(database, "plan", "json")
    looks(database, "diff", "text", "json")
    assert database.live("app.service_role_key") == SECRET


def test_no_output_shows_the_secret_that_is_replaced(database: Database) -> None:
    follow_guide(database)
    given(database, settings={"app.service_role_key": HAND})
    looks(database, "plan", *FORMATS)
    looks(database, "diff", "text", "json", "markdown")
    found = plan(database, "--out", "plan")
    clean(Result(0, (database.folder / "plan").read_text("utf-8"), ""))
    (change,) = [c for c in found["changes"] if c["address"] == "setting.app.service_role_key"]
    assert (change["action"], change["sensitive"]) == ("update", ["value"])
    assert (change["before"]["value"], change["after"]["value"]) == (None, None)
    done = database.cpctl("apply", "--auto-approve", "--format", "json")
    assert done.code == 0, done
    clean(done)
    assert database.live("app.service_role_key") == SECRET


def test_the_plan_says_where_the_secret_comes_from(database: Database) -> None:
    follow_guide(database)
    shown = database.cpctl("plan").out
    assert "+ value = (sensitive)" in shown
    assert "env:SUPABASE_SERVICE_ROLE_KEY" in shown
    assert "SECRET_IN_LOG" in shown


def test_an_env_file_fills_what_the_environment_lacks(database: Database) -> None:
    follow_guide(database)
    del database.environment["SUPABASE_SERVICE_ROLE_KEY"]
    lines = f"# a comment\nSUPABASE_SERVICE_ROLE_KEY={SECRET_CORE}-of-file\nSUPABASE_URL=ignored\n"
    database.write(lines, ".env")
    done = database.cpctl("apply", "--auto-approve")
    assert done.code == 1, done  # .env is never read by itself
    assert "SUPABASE_SERVICE_ROLE_KEY" in done.err
    done = database.cpctl("apply", "--auto-approve", "--env-file", ".env")
    assert done.code == 0, done
    clean(done)
    assert database.live("app.service_role_key") == f"{SECRET_CORE}-of-file"
    assert database.live("app.sweeper_url") == "https://abc.supabase.co/functions/v1/sweeper"


def test_a_secret_from_a_file_is_its_content_without_the_last_newline(database: Database) -> None:
    database.write(SECRET + "\n", "key.txt").chmod(0o600)
    text = document(secrets={"key": {"from": "file:key.txt"}})
    converge(database, text, expected={"alter system set": 1})
    assert database.file_settings()["app.key"] == SECRET
    clean(database.cpctl("plan"))


def test_an_empty_secret_counts_as_missing(database: Database) -> None:
    follow_guide(database)
    database.environment["SUPABASE_SERVICE_ROLE_KEY"] = ""
    with undone(database):
        done = database.cpctl("apply", "--auto-approve")
    assert done.code == 1, done
    assert "SUPABASE_SERVICE_ROLE_KEY" in done.err
    found = plan(database)
    assert found["complete"] is False


@pytest.fixture
def unwritable(database: Database) -> Iterator[None]:
    """Every ALTER SYSTEM fails, at the moment when it writes its file."""
    obstacle = database.cluster.data_directory / "postgresql.auto.conf.tmp"
    obstacle.mkdir()
    yield
    obstacle.rmdir()


@pytest.mark.usefixtures("unwritable")
@pytest.mark.parametrize("options", [("--debug",), ("--format", "json")])
def test_a_failing_apply_shows_no_secret(database: Database, options: tuple[str, ...]) -> None:
    database.environment["KEY"] = SECRET
    database.write(document(secrets={"key": {"from": "env:KEY"}}))
    with undone(database):
        done = database.cpctl("apply", "--auto-approve", *options)
    assert done.code == 1, done
    clean(done)
    said = done.out + done.err
    assert "app.key" in said
    if "json" in options:
        assert json.loads(done.out)["errors"]


@pytest.mark.parametrize("store", ["system", "database"])
def test_a_secret_that_cannot_be_stored_is_not_quoted(database: Database, store: str) -> None:
    database.environment["KEY"] = f"{SECRET_CORE}\nsecond line"
    database.write(document(store=store, secrets={"key": {"from": "env:KEY"}}))
    clean(database.cpctl("plan", "--debug"))
    with undone(database):
        done = database.cpctl("apply", "--auto-approve", "--debug")
    clean(done)
    assert done.code == 1, done
    assert "newline" in done.out + done.err


def test_a_missing_right_shows_no_secret(database: Database) -> None:
    database.new_role("plain", "USAGE ON SCHEMA cron")
    follow_guide(database)
    database.write(GUIDE.replace("scope:", "defaults: {username: plain}\nscope:", 1))
    clean(database.cpctl("plan", "--format", "json", "--debug", user="plain"))
    done = database.cpctl("apply", "--auto-approve", "--debug", user="plain")
    assert done.code == 3, done
    clean(done)


def test_a_url_with_a_password_in_the_connection_is_not_shown(database: Database) -> None:
    database.write(document(jobs={}))
    url = database.url().replace("postgres@", f"postgres:{SECRET_CORE}@")
    wrong = url.replace("/postgres?", "/nowhere?")
    for target, code in ((url, 0), (wrong, 1), (url.replace("port=", "port=1"), 1)):
        done = database.cpctl("plan", "--debug", environment={"CPCTL_DATABASE_URL": target})
        assert done.code == code, done
        clean(done)
