"""A secret is its bytes: nothing is stripped, cast or escaped on the way, into any store."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from ground import Cluster, pooler
from tests.integration.keeping import did, held, put, ready, secrets
from tests.integration.steps import converge, document, in_sync, job, untouched
from tests.integration.test_sql_format import psql, script
from tests.runner import Runner
from tests.servers import Database

ODD = {
    "zeros": "007",
    "exponent": "1e5",
    "truth": "true",
    "nothing": "null",
    "date": "2026-11-25",
    "hex": "0x1F",
    "blanks": "  two before, two behind  ",
    "blank": " ",
    "quotes": "it's \"so\" ''twice'' `back`",
    "backslashes": r"\ \\ \n \t \N \. \x41 \u0041 \r end\ ".strip() + "\\",
    "tabs": "\ta\tb\t",
    "returns": "a\rb\r",
    "dollars": "$1 $$ $x$ ${HOME} $HOME %s %(x)s :x :'x'",
    "null_mark": "\\N",
    "end_of_data": "\\.",
    "unicode": "\u00fc\u20ac\U0001f511 e\u0301\u202e",
    "controls": "\x01\x07\x1b[31m\x7f",
    "comment": "-- # /* ; */",
    "bom": "\ufeffx",
}
LINES = {
    "newlines": "first\nsecond\n",
    "crlf": "first\r\nsecond\r\n",
    "end_of_data_line": "first\n\\.\nlast",
    "key_file": "-----BEGIN KEY-----\nAAAA\n-----END KEY-----\n",
    "only": "\n",
}
SETTINGS = {
    "system": ("alter system set", "setting"),
    "database": ("alter database set", "setting"),
}


def given(database: Database, values: dict[str, str]) -> None:
    database.environment |= {name.upper(): value for name, value in values.items()}


@pytest.mark.parametrize("store", ["vault", "table"])
def test_vault_and_the_table_keep_every_byte(database: Database, store: str) -> None:
    ready(database, store)
    known = {**ODD, **LINES}
    given(database, known)
    converge(database, secrets(*known, store=store), expected=did(store, create=len(known)))
    assert held(database, store) == known


@pytest.mark.parametrize("store", SETTINGS)
def test_settings_keep_every_byte(database: Database, store: str) -> None:
    given(database, ODD)
    converge(database, secrets(*ODD, store=store), expected={SETTINGS[store][0]: len(ODD)})
    with psycopg.connect(database.url()) as fresh:
        for name, value in ODD.items():
            found = fresh.execute("select current_setting(%s)", (f"app.{name}",)).fetchone()
            assert found == (value,), name


@pytest.mark.parametrize("store", SETTINGS)
@pytest.mark.parametrize("name", LINES)
def test_settings_refuse_a_newline_and_name_a_store_that_takes_it(
    database: Database, store: str, name: str
) -> None:
    given(database, LINES)
    database.write(secrets(name, store=store))
    with untouched(database):
        done = database.cpctl("apply", "--auto-approve")
    assert done.code == 1, done
    assert "newline" in done.err
    assert "Remedy: " in done.err


@pytest.mark.parametrize("store", ["vault", "table"])
def test_files_and_commands_lose_one_newline_and_nothing_else(
    database: Database, store: str
) -> None:
    ready(database, store)
    known = {**ODD, **LINES}
    for name, value in known.items():
        path = database.folder / name
        path.write_bytes(value.encode() + b"\n")
        path.chmod(0o600)
    entries = {
        **{f"f_{name}": {"from": f"file:{name}"} for name in known},
        **{f"c_{name}": {"from": f"command:cat {name}"} for name in ("crlf", "blanks", "only")},
    }
    text = document(store=store, secrets=entries)
    converge(database, text, expected=did(store, create=len(entries)))
    expected = {name: known[name.partition("_")[2]] for name in entries}
    assert held(database, store) == expected


@pytest.mark.parametrize("store", ["vault", "table"])
def test_a_script_for_psql_keeps_them_too(database: Database, store: str) -> None:
    """Made and rotated; who may read the values finds nothing to do."""
    ready(database, store)
    known = {**ODD, **LINES}
    del known["only"]  # a shell says whether there is one, and takes this for none
    given(database, known)
    database.write(secrets(*known, store=store, jobs={"mine": job()}))
    with untouched(database):
        text = script(database)
    for value in ("1e5,", "BEGIN KEY", "twice", "second"):
        assert value not in text
    done = psql(database, text, **database.environment)
    assert done.returncode == 0, done
    assert held(database, store) == known
    in_sync(database)
    database.environment["BLANKS"] = "rotated"
    done = psql(database, script(database), **database.environment)
    assert done.returncode == 0, done
    assert held(database, store) == {**known, "blanks": "rotated"}
    in_sync(database)


def test_a_script_takes_over_and_removes(database: Database) -> None:
    ready(database, "vault")
    put(database, "vault", "a_key", "by hand", "their words")
    put(database, "vault", "b_key", "in scope")
    given(database, {"a_key": "mine"})
    scope = {"secrets": ["*_key"]}
    database.write(secrets("a_key", store="vault", scope=scope, jobs={"mine": job()}))
    done = psql(database, script(database), **database.environment)
    assert done.returncode == 0, done
    assert held(database, "vault") == {"a_key": "mine"}
    assert database.rows("select description from vault.secrets") == [("their words",)]


@pytest.mark.parametrize("store", ["vault", "table"])
def test_behind_a_pooler(database: Database, store: str) -> None:
    """Each transaction has another connection, perhaps; the temporary table goes with each."""
    ready(database, store)
    given(database, {**ODD, **LINES})
    with pooler(database.cluster, 3) as url:
        database.environment["CPCTL_DATABASE_URL"] = url
        names = [*ODD, *LINES]
        file = secrets(*names, store=store)
        converge(database, file, expected=did(store, create=len(names)))
        for value in ("second", "third", "fourth"):
            database.environment["ZEROS"] = value
            converge(database, file, expected=did(store, update=1))
        assert held(database, store) == {**ODD, **LINES, "zeros": "fourth"}


@pytest.mark.parametrize("store", ["vault", "table"])
def test_a_latin1_database_takes_what_it_can_hold(
    latin: Cluster, tmp_path: Path, runner: Runner, store: str
) -> None:
    with psycopg.connect(latin.url("latin"), autocommit=True) as admin:
        admin.execute("drop schema if exists cpctl, vault cascade")
        admin.execute("select cron.unschedule(jobid) from cron.job")
        here = Database(latin, admin, tmp_path, runner=runner)
        ready(here, store)
        here.environment["CPCTL_DATABASE_URL"] = latin.url("latin")
        here.environment["A_KEY"] = "d\u00e9j\u00e0 vu"
        here.write(secrets("a_key", store=store))
        done = here.cpctl("apply", "--auto-approve")
        assert done.code == 0, done
        in_sync(here)
        assert held(here, store) == {"a_key": "d\u00e9j\u00e0 vu"}
        since = here.log_position()
        here.environment["A_KEY"] = "s3cr3t \u20ac"
        done = here.cpctl("apply", "--auto-approve", "--debug")
        assert done.code == 1, done
        assert "secret.a_key could not be written; the apply was undone" in done.err
        assert "22P05" in done.err
        assert "the database's encoding lacks a sign of it" in done.err
        for said in (done.out, done.err, here.log_text(since)):
            assert "s3cr3t" not in said
        assert held(here, store) == {"a_key": "d\u00e9j\u00e0 vu"}
