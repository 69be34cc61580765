"""The stand-in for Supabase Vault does what docs/facts.md 2.6 says that Vault does."""

from __future__ import annotations

import re
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from psycopg import errors

from tests import vault
from tests.servers import Database

FACTS = (Path(__file__).parents[2] / "docs/facts.md").read_text(encoding="utf-8")
SECTION = FACTS.partition("### 2.6 Supabase Vault")[2].partition("\n## ")[0]
KEY = "sup3r s3cret 'quoted' \u20ac\nsecond line"
SIGNATURE = (
    "select format('vault.%%s(%%s)', proname, pg_get_function_arguments(oid)), prosecdef, "
    "prorettype::regtype::text from pg_proc "
    "where pronamespace = 'vault'::regnamespace and proname = %s"
)
COLUMNS = (
    "select string_agg(attname, ', ' order by attnum) from pg_attribute "
    "where attrelid = %s::regclass and attnum > 0"
)


@pytest.fixture(autouse=True)
def standing_in(database: Database) -> None:
    database.new_role("supabase")
    vault.install(database.admin, "supabase")


def as_supabase(database: Database, query: str, *parameters: object) -> list[tuple[object, ...]]:
    with psycopg.connect(database.url("supabase"), autocommit=True) as session:
        done = session.execute(query.encode(), parameters)
        return done.fetchall() if done.description else []


def created(database: Database, name: str | None = "key", secret: str = KEY) -> UUID:
    query = "select vault.create_secret(%s, %s, 'kept')"
    ((made,),) = as_supabase(database, query, secret, name)
    assert isinstance(made, UUID)
    return made


def seen(database: Database) -> list[tuple[object, ...]]:
    query = "select name, decrypted_secret, description from vault.decrypted_secrets order by 1"
    return as_supabase(database, query)


@pytest.mark.parametrize(("name", "answer"), [("create_secret", "uuid"), ("update_secret", "void")])
def test_signatures(database: Database, name: str, answer: str) -> None:
    ((text, definer, returns),) = database.rows(SIGNATURE, name)
    assert text.replace("DEFAULT ", "= ").replace("::text", "").replace("::uuid", "") in SECTION
    assert definer
    assert returns == answer


def test_columns(database: Database) -> None:
    ((columns,),) = database.rows(COLUMNS, "vault.decrypted_secrets")
    assert f"`vault.decrypted_secrets({columns})`" in SECTION


def test_create_update_and_delete(database: Database) -> None:
    made = created(database)
    assert seen(database) == [("key", KEY, "kept")]
    as_supabase(database, "select vault.update_secret(%s, %s)", made, "new")
    assert seen(database) == [("key", "new", "kept")]
    as_supabase(database, "select vault.update_secret(%s, null, 'other', 'words')", made)
    assert seen(database) == [("other", "new", "words")]
    as_supabase(database, "delete from vault.secrets where id = %s", made)
    assert seen(database) == []


def test_an_unknown_id_is_no_error(database: Database) -> None:
    created(database)
    unknown = UUID(int=0)
    assert as_supabase(database, "select vault.update_secret(%s, 'new')", unknown) == [("",)]
    assert seen(database) == [("key", KEY, "kept")]


def test_names_are_unique_but_for_null(database: Database) -> None:
    created(database)
    with pytest.raises(errors.UniqueViolation) as raised:
        created(database)
    assert str(raised.value.sqlstate) in SECTION
    created(database, None)
    created(database, None)
    assert len(seen(database)) == 3


def test_what_is_stored_is_not_the_text(database: Database) -> None:
    created(database)
    ((stored,),) = database.rows("select secrets::text from vault.secrets")
    assert "s3cret" not in stored


@pytest.mark.parametrize("secret", ["x" * 100_000, "", " \u20ac\U0001f511\r\n\t\\ "])
def test_any_text_comes_back(database: Database, secret: str) -> None:
    created(database, secret=secret)
    assert seen(database) == [("key", secret, "kept")]


def test_a_missing_description_quotes_the_value(database: Database) -> None:
    with pytest.raises(errors.NotNullViolation) as raised:
        as_supabase(database, "select vault.create_secret(%s, 'key', null)", KEY)
    assert str(raised.value.sqlstate) in SECTION
    assert "s3cret" in str(raised.value.diag.message_detail)


def test_public_may_do_nothing(database: Database) -> None:
    plain = database.new_role("plain", "USAGE ON SCHEMA vault")
    functions = ["create_secret", "update_secret", "_crypto_aead_det_decrypt"]
    for name in functions:
        query = (
            "select has_function_privilege(%s, oid, 'execute') from pg_proc "
            "where pronamespace = 'vault'::regnamespace and proname = %s"
        )
        assert database.rows(query, plain, name) == [(False,)]
        assert database.rows(query, "supabase", name) == [(True,)]
        assert re.search(rf"\b{name}\b", SECTION)


def test_supabase_grants_neither_insert_nor_update(database: Database) -> None:
    for relation in ("vault.secrets", "vault.decrypted_secrets"):
        for right in ("select", "delete", "truncate", "references", "insert", "update"):
            query = "select has_table_privilege('supabase', %s, %s)"
            expected = right not in {"insert", "update"}
            assert database.rows(query, relation, right) == [(expected,)], right
