"""A secret that moves between stores: set there, removed here, and no job is ever without it."""

from __future__ import annotations

import re

import pytest

from tests.integration.keeping import did, held, put, ready, rows, secrets
from tests.integration.remembering import applied
from tests.integration.steps import (
    SECRET,
    SECRET_CORE,
    apply,
    converge,
    document,
    in_sync,
    job,
    plan,
    untouched,
    verbs,
)
from tests.servers import Database

SCOPE = {"secrets": ["*_key", "*_url"], "settings": ["app.*"]}
SETTING = {"system": "alter system", "database": "alter database"}
URL = "https://a.example/hook"


def file(store: str, **more: object) -> str:
    known = {"scope": SCOPE, "jobs": {"mine": job()}, **more}
    return secrets("a_key", store=store, **known)


@pytest.fixture(autouse=True)
def with_vault(database: Database) -> None:
    ready(database, "vault")
    database.environment["A_KEY"] = SECRET


def order(entries: list[str]) -> list[str]:
    """The changing statements, one word each, as the server ran them."""
    return [next(iter(verbs([entry]))) for entry in entries]


@pytest.mark.parametrize(("here", "there"), [("vault", "table"), ("table", "vault")])
@pytest.mark.parametrize("scope", [{"scope": SCOPE}, {}], ids=["by scope", "by ledger"])
def test_between_vault_and_the_table_it_is_one_change(
    database: Database, here: str, there: str, scope: dict[str, object]
) -> None:
    jobs = {"jobs": {"mine": job()}}
    applied(database, secrets("a_key", store=here, **scope, **jobs))
    database.write(secrets("a_key", store=there, **scope, **jobs))
    found = plan(database)
    assert found["summary"]["update"] == 1
    assert (found["summary"]["create"], found["summary"]["delete"]) == (0, 0)
    assert found["summary"]["statements"] == 2
    assert f'~ store = "{here}" -> "{there}"' in database.cpctl("plan").out
    entries = converge(
        database,
        secrets("a_key", store=there, **scope, **jobs),
        expected={**did(there, create=1), **did(here, delete=1)},
    )
    assert order(entries) == [*did(there, create=1), *did(here, delete=1)]
    assert (held(database, there), held(database, here)) == ({"a_key": SECRET}, {})


@pytest.mark.parametrize("setting", ["system", "database"])
@pytest.mark.parametrize("store", ["vault", "table"])
def test_from_a_setting_and_back(database: Database, setting: str, store: str) -> None:
    """Two entries, one apply; what is left is removed after what is new is there."""
    apply(database, file(setting), expected={f"{SETTING[setting]} set": 1, "schedule": 1})
    gone = f"{SETTING[setting]} reset"
    entries = converge(database, file(store), expected={**did(store, create=1), gone: 1})
    assert order(entries) == [*did(store, create=1), gone]
    assert held(database, store) == {"a_key": SECRET}
    assert not database.live("app.a_key")
    made = f"{SETTING[setting]} set"
    entries = converge(database, file(setting), expected={made: 1, **did(store, delete=1)})
    assert sorted(order(entries)) == sorted([made, *did(store, delete=1)])
    assert held(database, store) == {}
    assert database.live("app.a_key") == SECRET


@pytest.mark.parametrize("setting", ["system", "database"])
def test_from_a_setting_it_is_planned_as_two_entries(database: Database, setting: str) -> None:
    applied(database, file(setting))
    database.write(file("vault"))
    shown = database.cpctl("plan").out
    assert "# secret.a_key will be created" in shown
    assert "# setting.app.a_key will be deleted" in shown
    assert "Plan: 1 to create, 0 to update, 1 to delete (2 statements)." in shown


def test_to_says_it_for_one_entry(database: Database) -> None:
    database.environment |= {name: name.lower() for name in ("V", "T", "D", "S")}
    entries = {
        f"{store}_key": {"from": f"env:{store[0].upper()}", "to": store}
        for store in ("vault", "table", "database", "system")
    }
    urls = {"hook": {"url": URL, "to": "vault"}, "other": URL}
    text = document(store="table", scope=SCOPE, secrets=entries, urls=urls)
    expected = {
        **did("vault", create=2),
        **did("table", create=2),
        "alter database set": 1,
        "alter system set": 1,
    }
    converge(database, text, expected=expected)
    assert held(database, "vault") == {"vault_key": "v", "hook_url": URL}
    assert held(database, "table") == {"table_key": "t", "other_url": URL}
    assert database.live("app.database_key") == "d"
    assert database.file_settings()["app.system_key"] == "s"
    assert "app.system_key" not in str(database.rows("select setconfig from pg_db_role_setting"))


def test_what_stands_in_both_is_removed_from_the_other_one(database: Database) -> None:
    applied(database, file("table"))
    put(database, "vault", "a_key", "by hand")
    converge(database, file("table"), expected=did("vault", delete=1))
    assert held(database, "table") == {"a_key": SECRET}
    put(database, "vault", "a_key", "by hand")
    converge(database, file("vault"), expected={**did("vault", update=1), **did("table", delete=1)})
    assert (held(database, "vault"), held(database, "table")) == ({"a_key": SECRET}, {})


def test_what_somebody_has_in_the_other_store_is_left_alone(database: Database) -> None:
    """Neither the scope nor the ledger says that it was this file's."""
    put(database, "vault", "a_key", "theirs", "their words")
    before = rows(database, "vault")
    plain = {"scope": {"settings": ["app.*"]}, "jobs": {"mine": job()}, "ledger": False}
    text = secrets("a_key", store="table", **plain)
    converge(database, text, expected={**did("table", create=1), "schedule": 1})
    assert rows(database, "vault") == before
    database.environment["A_KEY"] = "rotated"
    converge(database, text, expected=did("table", update=1))
    assert rows(database, "vault") == before


COLLISIONS = {
    "one store": {"store": "vault", "urls": {"a": URL}, "secrets": {"a_url": {"from": "env:X"}}},
    "two stores": {
        "urls": {"a": {"url": URL, "to": "vault"}},
        "secrets": {"a_url": {"from": "env:X", "to": "table"}},
    },
}


@pytest.mark.parametrize("sections", COLLISIONS.values(), ids=COLLISIONS)
def test_two_entries_of_one_name_are_an_error(
    database: Database, sections: dict[str, object]
) -> None:
    database.write(document(**sections))
    with untouched(database):
        done = database.cpctl("validate")
        planned = database.cpctl("plan")
    assert (done.code, planned.code) == (1, 1), (done, planned)
    assert re.search(r"scheduler\.yaml:\d+:\d+: .*a_url", done.err + done.out), done
    assert "Remedy: " in done.err + done.out


def test_names_in_vault_keep_their_case(database: Database) -> None:
    database.environment |= {"KEY": "upper", "OTHER": "lower"}
    entries = {"Key": {"from": "env:KEY"}, "key": {"from": "env:OTHER"}}
    text = document(store="vault", secrets=entries)
    converge(database, text, expected=did("vault", create=2))
    assert held(database, "vault") == {"Key": "upper", "key": "lower"}


def test_a_failing_move_leaves_it_where_it_was(database: Database) -> None:
    applied(database, file("table"))
    database.run("alter table vault.secrets add constraint never check (name <> 'a_key')")
    database.write(file("vault"))
    done = database.cpctl("apply", "--auto-approve", "--debug")
    assert done.code == 1, done
    assert SECRET_CORE not in done.out + done.err
    assert (held(database, "table"), held(database, "vault")) == ({"a_key": SECRET}, {})
    database.write(file("table"))
    in_sync(database)
