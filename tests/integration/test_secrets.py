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
    plan,
    undone,
)
from tests.servers import Database, Result

HAND = "h4nd-made"
FORMATS = ("text", "json", "markdown", "sql")


def clean(*results: Result) -> None:
    for result in results:
        assert SECRET_CORE not in result.out
        assert SECRET_CORE not in result.err
        assert HAND not in result.out
        assert HAND not in result.err


def every_look(database: Database) -> None:
    """Every command that shows something about the secret."""
    for form in FORMATS:
        clean(database.cpctl("plan", "--format", form, "--debug"))
    clean(database.cpctl("plan", "--out", "plan", "--detailed-exitcode"))
    for name in ("plan",):
        saved = (database.folder / name).read_bytes()
        assert SECRET_CORE.encode() not in saved
        assert HAND.encode() not in saved
    for form in ("text", "json", "markdown"):
        clean(database.cpctl("diff", "--format", form, "--debug"))
    clean(database.cpctl("validate", "--print"))


def test_no_output_shows_a_secret_before_or_after_it_is_set(database: Database) -> None:
    follow_guide(database)
    every_look(database)
    done = database.cpctl("apply", "--auto-approve", "--debug")
    assert done.code == 0, done
    clean(done)
    every_look(database)
    assert database.live("app.service_role_key") == SECRET


def test_no_output_shows_the_secret_that_is_replaced(database: Database) -> None:
    follow_guide(database)
    assert database.cpctl("apply", "--auto-approve").code == 0
    database.run(f"alter system set app.service_role_key = '{HAND}'")
    database.run("select pg_reload_conf()")
    every_look(database)
    (change,) = plan(database)["changes"]
    assert change["sensitive"] == ["value"]
    assert (change["before"]["value"], change["after"]["value"]) == (None, None)
    assert "(sensitive" in database.cpctl("plan").out
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
    database.write(SECRET + "\n", "key.txt")
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
@pytest.mark.parametrize("options", [(), ("--debug",), ("--format", "json")])
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


@pytest.mark.parametrize("value", [f"{SECRET_CORE}\nsecond line", f"{SECRET_CORE}\n\n"])
@pytest.mark.parametrize("store", ["system", "database"])
def test_a_secret_that_cannot_be_stored_is_not_quoted(
    database: Database, value: str, store: str
) -> None:
    database.environment["KEY"] = value
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
    for form in FORMATS:
        clean(database.cpctl("plan", "--format", form, "--debug", user="plain"))
    clean(database.cpctl("apply", "--auto-approve", "--debug", user="plain"))


def test_a_url_with_a_password_in_the_connection_is_not_shown(database: Database) -> None:
    database.write(document(jobs={}))
    url = database.url().replace("postgres@", f"postgres:{SECRET_CORE}@")
    for target in (url, url.replace("/postgres?", "/nowhere?"), url.replace("port=", "port=1")):
        for command in (("plan", "--debug"), ("apply", "--auto-approve")):
            clean(database.cpctl(*command, environment={"CPCTL_DATABASE_URL": target}))
