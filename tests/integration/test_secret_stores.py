"""Secrets in Vault and in the table: made, rotated, left alone, removed; each in one statement."""

from __future__ import annotations

import pytest
from psycopg.errors import DataError

from tests.integration.keeping import (
    STORES,
    change,
    did,
    held,
    kept,
    put,
    ready,
    rows,
    secrets,
    store_table,
)
from tests.integration.steps import (
    SECRET,
    SECRET_CORE,
    apply,
    converge,
    document,
    in_sync,
    job,
    silent,
    undone,
    untouched,
)
from tests.servers import Database

SCOPE = {"secrets": ["*_key", "*_url"]}
URL = "https://a.example/hook"


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, database: Database) -> str:
    found: str = request.param
    ready(database, found)
    return found


def test_made_and_rotated_in_place_and_removed(database: Database, store: str) -> None:
    text = kept(database, store, {"a_key": SECRET, "b_key": "second"}, scope=SCOPE)
    assert held(database, store) == {"a_key": SECRET, "b_key": "second"}
    before = rows(database, store)
    database.environment["A_KEY"] = "rotated"
    converge(database, text, expected=did(store, update=1))
    after = rows(database, store)
    assert held(database, store) == {"a_key": "rotated", "b_key": "second"}
    assert after["b_key"] == before["b_key"]
    assert after["a_key"].get("id") == before["a_key"].get("id")
    assert after["a_key"]["updated_at"] > before["a_key"]["updated_at"]
    left = secrets("b_key", store=store, scope=SCOPE, jobs={"mine": job()})
    converge(database, left, expected={**did(store, delete=1), "schedule": 1})
    assert held(database, store) == {"b_key": "second"}
    assert rows(database, store)["b_key"] == before["b_key"]


def test_an_apply_in_sync_writes_nothing(database: Database, store: str) -> None:
    text = kept(database, store, {"a_key": SECRET})
    with untouched(database):
        apply(database, text, expected={})
        assert database.cpctl("diff").code == 0


def test_a_url_is_shown_and_changes_in_place(database: Database, store: str) -> None:
    file = document(store=store, urls={"hook": URL})
    converge(database, file, expected=did(store, create=1))
    assert held(database, store) == {"hook_url": URL}
    before = rows(database, store)["hook_url"]
    database.write(file.replace('hook"}', 'hook2"}'))
    shown = database.cpctl("plan")
    assert f'~ value = "{URL}" -> "{URL}2"' in shown.out, shown
    converge(database, file.replace('hook"}', 'hook2"}'), expected=did(store, update=1))
    assert held(database, store) == {"hook_url": f"{URL}2"}
    assert rows(database, store)["hook_url"].get("id") == before.get("id")


def test_what_nobody_declared_is_left_as_it_is(database: Database, store: str) -> None:
    """Neither in the scope nor in the file: every byte of its row stays."""
    kept(database, store, {"a_key": SECRET}, scope=SCOPE)
    put(database, store, "foreign", "theirs", "their words")
    before = rows(database, store)["foreign"]
    database.environment["A_KEY"] = "rotated"
    after = secrets("a_key", store=store, scope=SCOPE)
    converge(database, after, expected=did(store, update=1))
    with silent(database):
        for command in ("plan", "diff"):
            assert "foreign" not in database.cpctl(command, "--debug").out
    gone = document(store=store, scope=SCOPE, jobs={"mine": job()})
    converge(database, gone, expected={**did(store, delete=1), "schedule": 1})
    assert rows(database, store) == {"foreign": before}


def test_values_of_other_names_are_never_asked_for(database: Database) -> None:
    """A row that nobody can decrypt would fail each query that tried."""
    ready(database, "vault")
    kept(database, "vault", {"a_key": SECRET}, scope=SCOPE)
    for name in ("foreign", "old_key", None):
        put(database, "vault", name, "theirs")
    database.run("update vault.secrets set secret = '!' where name is distinct from 'a_key'")
    with pytest.raises(DataError, match="base64"):
        database.rows("select decrypted_secret from vault.decrypted_secrets")
    database.environment["A_KEY"] = "rotated"
    file = secrets("a_key", store="vault", scope=SCOPE, jobs={"mine": job()})
    # old_key is in scope: it goes, unread.
    converge(database, file, expected={**did("vault", update=1, delete=1), "schedule": 1})
    assert database.cpctl("diff").code == 0
    names = database.rows("select name from vault.secrets order by name")
    assert names == [("a_key",), ("foreign",), (None,)]


def test_values_of_other_names_in_the_table_are_never_asked_for(database: Database) -> None:
    kept(database, "table", {"a_key": SECRET}, scope=SCOPE)
    put(database, "table", "foreign", "th31rs")
    since = database.log_position()
    in_sync(database)
    assert database.cpctl("diff").code == 0
    asked = [e for e in database.statements(since) if "value from cpctl.secrets" in e]
    assert len(asked) >= 2
    assert all("where name = any($1)" in entry for entry in asked)
    assert "foreign" not in database.log_text(since)


@pytest.mark.parametrize(
    "value",
    ["x" * 100_000, "\u20ac \U0001f511 e\u0301 \u202e \u00df", "\u0001\u007f\u0085\ufeff"],
    ids=["100kB", "unicode", "controls"],
)
def test_any_text_is_kept(database: Database, store: str, value: str) -> None:
    kept(database, store, {"a_key": value})
    assert held(database, store) == {"a_key": value}


@pytest.mark.parametrize("scheme", ["file", "command"])
def test_a_nul_is_refused_by_name(database: Database, store: str, scheme: str) -> None:
    database.write(f"{SECRET_CORE}\0rest", "key.txt").chmod(0o600)
    source = {"file": "file:key.txt", "command": "command:cat key.txt"}[scheme]
    database.write(document(store=store, secrets={"a_key": {"from": source}}))
    with untouched(database):
        done = database.cpctl("apply", "--auto-approve", "--debug")
    assert done.code == 1, done
    assert "NUL" in done.err
    assert "Remedy: " in done.err
    assert SECRET_CORE not in done.out + done.err


def test_an_entry_by_hand_is_taken_over(database: Database, store: str) -> None:
    """It keeps its id, and somebody's description."""
    if store == "table":
        kept(database, store, {"b_key": "x"})
    put(database, store, "a_key", "by hand", "the key of anna")
    before = rows(database, store)["a_key"]
    database.environment |= {"A_KEY": SECRET, "B_KEY": "x"}
    names = ("a_key", "b_key") if store == "table" else ("a_key",)
    converge(database, secrets(*names, store=store), expected=did(store, update=1))
    after = rows(database, store)["a_key"]
    assert held(database, store)["a_key"] == SECRET
    assert after.get("id") == before.get("id")
    if store == "vault":
        assert after["description"] == "the key of anna"
        assert after["created_at"] == before["created_at"]


def test_an_equal_entry_by_hand_is_not_written(database: Database, store: str) -> None:
    kept(database, store, {"b_key": "x"})
    put(database, store, "a_key", SECRET, "the key of anna")
    database.environment["A_KEY"] = SECRET
    with untouched(database):
        converge(database, secrets("a_key", "b_key", store=store), expected={})


def test_unnamed_entries_of_vault_stay(database: Database) -> None:
    ready(database, "vault")
    for value in ("one", "two"):
        put(database, "vault", None, value)
    most = {"secrets": ["*_*"]}
    kept(database, "vault", {"a_key": SECRET}, scope=most)
    before = database.rows("select * from vault.secrets where name is null order by id")
    gone = document(store="vault", scope=most, jobs={"mine": job()})
    converge(database, gone, expected={**did("vault", delete=1), "schedule": 1})
    assert database.rows("select * from vault.secrets order by id") == before
    assert len(before) == 2


def test_a_change_by_hand_is_healed(database: Database, store: str) -> None:
    text = kept(database, store, {"a_key": SECRET})
    change(database, store, "a_key", "by hand")
    converge(database, text, expected=did(store, update=1))
    assert held(database, store) == {"a_key": SECRET}
    database.run(f"delete from {store_table(store)}")
    converge(database, text, expected=did(store, create=1))
    assert held(database, store) == {"a_key": SECRET}


def test_a_missing_source_writes_nothing(database: Database, store: str) -> None:
    database.write(secrets("a_key", "b_key", store=store))
    database.environment["A_KEY"] = SECRET
    with undone(database), silent(database):
        done = database.cpctl("apply", "--auto-approve")
    assert done.code == 1, done
    assert "B_KEY" in done.err
