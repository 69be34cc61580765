"""Whoever makes the schema first gets no value by a trick; and each missing right is named."""

from __future__ import annotations

import pytest

from tests.integration.keeping import STORES, did, held, kept, put, ready, secrets
from tests.integration.steps import (
    SECRET,
    SECRET_CORE,
    converge,
    job,
    paste_grants,
    refused,
    undone,
)
from tests.servers import Database

SCHEMA = """
create schema cpctl authorization plain;
comment on schema cpctl is 'cpctl secrets';
set role plain;
create table public.stolen (value text);
create function cpctl.secret(name text) returns text language sql as 'select null';
"""
TABLE = """
create table cpctl.secrets (
    name text primary key, value text not null, verifier text not null default '',
    updated_at timestamptz not null default now()
);
"""
THIEF = """
create function cpctl.thief() returns trigger language plpgsql as
$$ begin insert into public.stolen values (new.value); return new; end $$;
"""
TRAPS = {
    "the trigger trap": TABLE + THIEF + "create trigger trap before insert or update "
    "on cpctl.secrets for each row execute function cpctl.thief()",
    "the rule trap": TABLE + "create rule trap as on insert to cpctl.secrets "
    "do also insert into public.stolen values (new.value)",
    "the rule _RETURN": TABLE.replace("cpctl.secrets", "cpctl.behind")
    + "create view cpctl.secrets as select * from cpctl.behind;"
    + THIEF
    + "create trigger trap instead of insert on cpctl.secrets "
    "for each row execute function cpctl.thief()",
}


@pytest.fixture
def plain(database: Database) -> str:
    database.run("drop table if exists public.stolen cascade")
    database.run("grant create on schema public to public")
    database.environment["A_KEY"] = SECRET
    return database.new_role("plain", "USAGE ON SCHEMA cron")


@pytest.mark.parametrize("ledger", [True, False])
@pytest.mark.parametrize("said", TRAPS)
def test_what_was_there_before_gets_no_value(
    database: Database, plain: str, said: str, *, ledger: bool
) -> None:
    database.run(SCHEMA + TRAPS[said])
    database.run("reset role")
    database.run(f"grant usage on schema public to {plain}")
    database.write(secrets("a_key", store="table", ledger=ledger))
    done = refused(database, "apply", "--auto-approve")
    assert said in done.err, done
    assert "--allow LEDGER_CODE" in done.err
    assert database.rows("select * from public.stolen") == []
    database.run("drop table public.stolen cascade")
    database.run("revoke create on schema public from public")


@pytest.mark.parametrize("store", STORES)
def test_a_role_without_temporary_is_told_before(
    database: Database, plain: str, store: str
) -> None:
    """And the GRANT that it is told suffices."""
    database.run("grant create on database postgres to plain")
    ready(database, store, plain)
    database.run("revoke temporary on database postgres from public")
    try:
        database.write(secrets("a_key", store=store, defaults={"username": plain}))
        done = refused(database, "apply", "--auto-approve", user=plain)
        assert "GRANT TEMPORARY ON DATABASE postgres TO plain;" in done.out + done.err
        paste_grants(database, done.out + done.err)
        text = secrets("a_key", store=store, defaults={"username": plain})
        converge(database, text, expected=did(store, create=1), user=plain)
    finally:
        database.run("grant temporary on database postgres to public")
    assert held(database, store) == {"a_key": SECRET}


FUNCTION = "GRANT EXECUTE ON FUNCTION vault."
VAULT_RIGHTS = {
    "create": f"{FUNCTION}create_secret(text,text,text,uuid) TO plain;",
    "update": f"{FUNCTION}update_secret(uuid,text,text,text,uuid) TO plain;",
    "delete": "GRANT DELETE ON vault.secrets TO plain;",
}


@pytest.mark.parametrize("what", VAULT_RIGHTS)
def test_each_right_on_vault_is_named_and_suffices(
    database: Database, plain: str, what: str
) -> None:
    ready(database, "vault")
    known = {"ledger": False, "defaults": {"username": plain}, "jobs": {"mine": job()}}
    file = {
        "create": secrets("a_key", store="vault", **known),
        "update": secrets("a_key", store="vault", **known),
        "delete": secrets("b_key", store="vault", scope={"secrets": ["*_key"]}, **known),
    }[what]
    if what == "update":
        put(database, "vault", "a_key", "by hand")
    if what == "delete":
        database.environment["B_KEY"] = "second"
        for name, value in (("a_key", "left"), ("b_key", "second")):
            put(database, "vault", name, value)
    database.write(file)
    given = []
    for _ in range(4):
        with undone(database):
            done = database.cpctl("plan", "--detailed-exitcode", user=plain)
        if done.code != 3:
            break
        given += paste_grants(database, done.out + done.err)
        if what != "create":  # to compare, which no refusal asks for
            database.run("grant select on vault.decrypted_secrets to plain")
            database.run("grant execute on function vault._crypto_aead_det_decrypt to plain")
    expected = {**did("vault", **{what: 1}), "schedule": 1}
    converge(database, file, expected=expected, user=plain)
    assert set(given) & set(VAULT_RIGHTS.values()) == {VAULT_RIGHTS[what]}


def test_no_vault_is_said_with_the_way_out(database: Database) -> None:
    database.environment["A_KEY"] = SECRET
    database.write(secrets("a_key", store="vault", jobs={"mine": job()}))
    done = refused(database, "apply", "--auto-approve")
    assert "this database has no Vault" in done.err
    assert "store: table" in done.err
    assert SECRET_CORE not in done.out + done.err


def test_what_the_table_has_is_left_by_files_that_know_no_secrets(database: Database) -> None:
    kept(database, "table", {"a_key": SECRET}, ledger=False, name="other")
    database.environment.clear()
    converge(database, "version: 1\nname: test\njobs: {}\n", expected={})
    assert held(database, "table") == {"a_key": SECRET}
