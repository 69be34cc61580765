"""Urls reach Vault, or the table, by a migration too; a secret's value is never in one."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from tests import vault
from tests.integration.migrating import (
    CRON,
    NOWHERE,
    ROLE,
    converges,
    fails,
    migrate,
    rendered,
    stored,
    supabase,
)
from tests.integration.steps import GUIDE, SECRET, SECRET_CORE, document, job
from tests.servers import Database

URL = "https://a.example/x"


def with_vault(database: Database) -> str:
    user = supabase(database)
    vault.install(database.admin, user)
    return user


def with_table(database: Database) -> str:
    """A plain role that may make the table, as it may make the ledger."""
    return database.new_role("plain", CRON[0], "CREATE ON DATABASE postgres")


def urls(store: str, owner: str = ROLE, **more: object) -> str:
    known = {"store": store, "defaults": {"username": owner}, "jobs": {"mine_a": job()}}
    return document(**{**known, **more})


def in_vault(database: Database) -> dict[str, tuple[str, str]]:
    query = "select name, decrypted_secret, description from vault.decrypted_secrets"
    return {name: (value, description) for name, value, description in database.rows(query)}


def in_table(database: Database) -> dict[str, str]:
    return dict(database.rows("select name, value from cpctl.secrets"))


def kept(database: Database, name: str, value: str, description: str = "") -> None:
    database.run("select vault.create_secret(%s, %s, %s)", value, name, description)


def test_a_url_is_made_in_vault_and_healed_there(database: Database) -> None:
    user = with_vault(database)
    kept(database, "b_url", "https://drifted.example", "somebody's words")
    kept(database, "c_url", "https://drifted.example", "cpctl: sha256$0")
    kept(database, "foreign", "not ours")
    ids = database.rows("select name, id from vault.secrets order by 1")
    database.write(urls("vault", urls={"a": f"{URL}?it's=$cpctl$\\", "b": URL, "c": URL}))
    converges(database, user)
    found = in_vault(database)
    assert {name: value for name, (value, _) in found.items()} == {
        "a_url": f"{URL}?it's=$cpctl$\\",
        "b_url": URL,
        "c_url": URL,
        "foreign": "not ours",
    }
    assert found["b_url"][1] == "somebody's words"
    assert found["c_url"][1] not in ("", "cpctl: sha256$0")
    after = database.rows("select name, id from vault.secrets where name <> 'a_url' order by 1")
    assert after == ids


def test_an_entry_of_an_apply_is_not_written_again(database: Database) -> None:
    user = with_vault(database)
    database.write(urls("vault", urls={"a": URL}, ledger=False))
    assert database.cpctl("apply", "--auto-approve", user=user).code == 0
    before = stored(database)
    migrate(database, rendered(database), user)
    assert stored(database) == before


def test_an_entry_of_a_migration_is_an_apply_s_own(database: Database) -> None:
    """The verifier stands beside it: who may not read the value compares it all the same."""
    user = with_vault(database)
    database.write(urls("vault", urls={"a": URL}))
    migrate(database, rendered(database), user)
    database.run("revoke all on vault.decrypted_secrets from supa")
    done = database.cpctl("plan", "--detailed-exitcode", user=user)
    assert done.code == 0, done
    assert "is not compared" not in done.out


def test_what_is_surplus_in_vault_goes_if_it_is_in_scope(database: Database) -> None:
    user = with_vault(database)
    for name in ("old_url", "keep_url", "foreign"):
        kept(database, name, URL)
    database.run("select vault.create_secret('without a name')")
    scope = {"secrets": ["*_url", "!keep*"]}
    database.write(urls("vault", urls={"a": URL}, scope=scope))
    converges(database, user)
    assert set(in_vault(database)) == {"a_url", "keep_url", "foreign", None}


def test_without_vault_it_stops_before_anything(database: Database) -> None:
    user = supabase(database)
    database.write(urls("vault", urls={"a": URL}))
    said = fails(database, rendered(database), user=user)
    assert "this database has no Vault. Nothing was changed" in said
    assert "CREATE EXTENSION supabase_vault; or store: table" in said


def test_the_table_is_made_and_read_by_the_owner_alone(database: Database) -> None:
    user = with_table(database)
    database.new_role("other")
    database.write(urls("table", user, urls={"a": URL}))
    converges(database, user)
    assert in_table(database) == {"a_url": URL}
    with psycopg.connect(database.url(user)) as session:
        assert session.execute("select cpctl.secret('a_url')").fetchone() == (URL,)
    for what in (
        "has_schema_privilege('other', 'cpctl', 'USAGE')",
        "has_table_privilege('other', 'cpctl.secrets', 'SELECT')",
        "has_function_privilege('other', 'cpctl.secret(text)', 'EXECUTE')",
    ):
        assert database.rows(f"select {what}") == [(False,)]


def test_the_table_is_healed_and_what_is_surplus_goes(database: Database) -> None:
    user = with_table(database)
    scope = {"secrets": ["*_url"]}
    database.write(urls("table", user, urls={"a": URL, "b": URL}, scope=scope))
    migrate(database, rendered(database), user)
    database.run("update cpctl.secrets set value = 'drifted' where name = 'b_url'")
    database.run("insert into cpctl.secrets values ('old_url', 'x', ''), ('foreign', 'x', '')")
    converges(database, user)
    assert in_table(database) == {"a_url": URL, "b_url": URL, "foreign": "x"}


def places(database: Database, name: str) -> set[str]:
    """Where a url or a secret stands."""
    found = {"vault"} if name in in_vault(database) else set()
    if database.rows("select to_regclass('cpctl.secrets')") != [(None,)]:
        found |= {"table"} if name in in_table(database) else set()
    return found | ({"database"} if database.live(f"app.{name}") else set())


def test_a_url_moves_between_the_stores(database: Database) -> None:
    vault.install(database.admin)
    scope = {"secrets": ["*_url"], "settings": ["app.*"]}
    for store in ("vault", "table", "database", "vault", "database", "table", "vault"):
        database.write(urls(store, "postgres", urls={"a": URL}, scope=scope))
        converges(database)
        assert places(database, "a_url") == {store}


def test_the_guide_without_its_secret_and_then_an_apply_of_that_alone(database: Database) -> None:
    user = with_vault(database)
    database.environment["SUPABASE_URL"] = "https://abc.supabase.co"
    database.environment["SUPABASE_SERVICE_ROLE_KEY"] = SECRET
    guide = GUIDE.replace("  settings: [app.*]\n", "  secrets: ['*_url', '*_key']\n")
    database.write(guide.replace("urls:\n", "store: vault\nurls:\n", 1))
    refused = database.cpctl("render", environment={"CPCTL_DATABASE_URL": NOWHERE})
    assert (refused.code, refused.out) == (3, "")
    assert "secret.service_role_key    is a secret" in refused.err
    text = rendered(database, "--secrets", "skip")
    assert "--   secret.service_role_key\n" in text
    assert SECRET_CORE not in text
    for _ in range(2):
        migrate(database, text, user)
        left = database.cpctl("plan", "--detailed-exitcode", user=user)
        assert left.code == 2
        assert "Plan: 1 to create, 0 to update, 0 to delete (1 statement)." in left.out
    assert len(database.jobs()) == len(in_vault(database)) == 6
    assert database.cpctl("apply", "--auto-approve", user=user).code == 0
    before = stored(database)
    migrate(database, text, user)
    assert stored(database) == before
    assert in_vault(database)["service_role_key"][0] == SECRET


@pytest.mark.parametrize(
    ("old", "new"),
    [("table", "vault"), ("vault", "database"), ("database", "table"), ("database", "vault")],
)
def test_a_secret_that_moves_stays_until_somebody_sets_it(
    database: Database, old: str, new: str
) -> None:
    vault.install(database.admin)
    database.environment["KEY"] = SECRET
    scope = {"secrets": ["k*"], "settings": ["app.*"]}
    more: dict[str, Any] = {"secrets": {"key": {"from": "env:KEY"}}, "scope": scope}
    for store in (old, new):
        database.write(urls(store, "postgres", **more))
        migrate(database, rendered(database, "--secrets", "skip"))
        assert places(database, "key") == (set() if store == old else {old})
        assert database.cpctl("apply", "--auto-approve").code == 0
        assert places(database, "key") == {store}
