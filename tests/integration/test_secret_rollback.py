"""A rollback of what stands in Vault or in the table: urls come back, secrets stay as they are."""

from __future__ import annotations

import pytest

from tests import vault
from tests.integration.remembering import applied
from tests.integration.steps import SECRET, document, job
from tests.servers import Database

OPEN = "https://open.example"
KEPT = {
    "vault": "select name, decrypted_secret from vault.decrypted_secrets",
    "table": "select name, value from cpctl.secrets",
}


@pytest.fixture(params=KEPT)
def store(request: pytest.FixtureRequest, database: Database) -> str:
    vault.install(database.admin)
    database.environment["KEY"] = "first"
    return str(request.param)


def in_store(database: Database, store: str) -> dict[str, str]:
    return dict(database.rows(KEPT[store]))


def file(store: str, **urls: str) -> str:
    return document(
        store=store, jobs={"kept": job()}, urls=urls, secrets={"key": {"from": "env:KEY"}}
    )


def test_what_was_added_goes_and_a_url_comes_back(database: Database, store: str) -> None:
    applied(database, file(store, changed=f"{OPEN}/1", gone=f"{OPEN}/2"))
    before = in_store(database, store)
    database.environment["KEY"] = SECRET
    applied(database, file(store, changed=f"{OPEN}/3", added=f"{OPEN}/4"))
    assert in_store(database, store) == {
        "changed_url": f"{OPEN}/3",
        "added_url": f"{OPEN}/4",
        "key": SECRET,
    }
    done = database.cpctl("rollback", "--auto-approve")
    assert done.code == 0, done
    for lost in ("key", "gone_url"):  # of what the file no longer has, no value was read
        assert f"secret.{lost} cannot come back" in done.out
    del before["gone_url"]
    assert in_store(database, store) == {**before, "key": SECRET}


def test_the_first_apply_is_undone_whole(database: Database, store: str) -> None:
    applied(database, file(store, one=f"{OPEN}/1"))
    done = database.cpctl("rollback", "--auto-approve")
    assert done.code == 0, done
    assert in_store(database, store) == {}
    assert database.jobs() == {}


def test_a_move_is_undone_in_both_stores(database: Database, store: str) -> None:
    other = next(name for name in KEPT if name != store)
    applied(database, file(store, one=f"{OPEN}/1"))
    applied(database, file(other, one=f"{OPEN}/2"))
    assert in_store(database, store) == {}
    done = database.cpctl("rollback", "--auto-approve")
    assert done.code == 0, done
    assert in_store(database, store) == {"one_url": f"{OPEN}/1"}
    assert in_store(database, other) == {"key": "first"}
