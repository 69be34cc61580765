"""A role that may not read the values knows a rotation all the same, by what stands beside them."""

from __future__ import annotations

import re

import pytest

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
    GRANT,
    SECRET,
    SECRET_CORE,
    converge,
    in_sync,
    paste_grants,
    plan,
    untouched,
)
from tests.servers import Database

SCRYPT = re.compile(r"scrypt\$16384\$8\$1\$[0-9a-f]{32}\$[0-9a-f]{128}")
ROTATED = f"{SECRET_CORE}, rotated"


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, database: Database) -> str:
    """A store whose values the role `blind` may write, and not read; `a_key` is in it."""
    found: str = request.param
    database.new_role("blind", "USAGE ON SCHEMA cron")
    ready(database, found, "blind")
    kept(database, found, {"a_key": SECRET}, ledger=False)
    if found == "vault":
        database.run("revoke all on vault.decrypted_secrets from blind")
        database.run("revoke all on function vault._crypto_aead_det_decrypt from blind")
    else:
        database.run("grant usage on schema cpctl to blind")
        database.run("grant select (name, verifier, updated_at) on cpctl.secrets to blind")
        database.run("grant insert, update, delete on cpctl.secrets to blind")
    return found


def beside(database: Database, store: str, name: str) -> str:
    """What stands beside the value."""
    row = rows(database, store)[name]
    words = str(row["description"] if store == "vault" else row["verifier"])
    return words.removeprefix("cpctl: ")


def put_beside(database: Database, store: str, name: str, words: str) -> None:
    column, said = ("description", f"cpctl: {words}") if store == "vault" else ("verifier", words)
    database.run(f"update {store_table(store)} set {column} = %s where name = %s", said, name)


def test_a_rotation_is_seen_without_the_value(database: Database, store: str) -> None:
    first = beside(database, store, "a_key")
    assert SCRYPT.fullmatch(first), first
    since = database.log_position()
    in_sync(database, user="blind")
    database.environment["A_KEY"] = ROTATED
    assert database.cpctl("diff", user="blind").code == 2
    text = secrets("a_key", store=store, ledger=False)
    converge(database, text, expected=did(store, update=1), user="blind")
    asked = "\n".join(database.statements(since))
    assert "from vault.decrypted_secrets" not in asked
    assert "value from cpctl.secrets" not in asked
    assert held(database, store) == {"a_key": ROTATED}
    second = beside(database, store, "a_key")
    assert SCRYPT.fullmatch(second), second
    assert second.split("$")[4] != first.split("$")[4]  # each has a salt of its own
    in_sync(database)  # who may read the value says the same


def test_what_it_makes_is_verified_and_in_sync(database: Database, store: str) -> None:
    database.environment["B_KEY"] = "second"
    text = secrets("a_key", "b_key", store=store, ledger=False)
    converge(database, text, expected=did(store, create=1), user="blind")
    assert held(database, store) == {"a_key": SECRET, "b_key": "second"}
    in_sync(database)


def test_a_value_by_hand_is_seen_by_who_may_read_it(database: Database, store: str) -> None:
    """The limit of a verifier: it stays as it was."""
    change(database, store, "a_key", "by hand")
    in_sync(database, user="blind")
    assert plan(database)["summary"]["update"] == 1


@pytest.mark.parametrize(
    "words", ["nonsense", "scrypt$999999999$8$1$00$" + "0" * 128, "scrypt$3$8$1$00$" + "0" * 128]
)
def test_a_broken_verifier_is_mended_by_an_apply(
    database: Database, store: str, words: str
) -> None:
    put_beside(database, store, "a_key", words)
    text = secrets("a_key", store=store, ledger=False)
    converge(database, text, expected=did(store, update=1), user="blind")
    assert SCRYPT.fullmatch(beside(database, store, "a_key"))


def test_without_one_it_is_said_and_the_grants_said_suffice(database: Database, store: str) -> None:
    words = "the key of anna" if store == "vault" else ""
    database.environment["B_KEY"] = ROTATED
    put(database, store, "b_key", "another", words)
    database.write(secrets("a_key", "b_key", store=store, ledger=False))
    with untouched(database):
        shown = database.cpctl("plan", "--detailed-exitcode", user="blind")
        assert database.cpctl("apply", "--auto-approve", user="blind").code == 0
    assert shown.code == 0, shown
    (note,) = [line for line in shown.out.splitlines() if "secret.b_key" in line]
    assert "is not compared: the role may not read it, and no verifier stands beside it" in note
    assert GRANT.search(note), note
    assert "secret.a_key" not in shown.out
    assert "No changes. The database matches scheduler.yaml, apart from what" in shown.out
    found = plan(database, user="blind")
    assert (found["complete"], found["applyable"]) == (False, True)
    paste_grants(database, shown.out)
    text = secrets("a_key", "b_key", store=store, ledger=False)
    converge(database, text, expected=did(store, update=1), user="blind")
    assert held(database, store) == {"a_key": SECRET, "b_key": ROTATED}
    if store == "vault":
        assert rows(database, store)["b_key"]["description"] == words


def test_a_role_for_the_nightly_check_reads_names_and_verifiers(
    database: Database, store: str
) -> None:
    drift = database.new_role("drift", "USAGE ON SCHEMA cron")
    if store == "vault":
        database.run("grant usage on schema vault to drift")
        database.run("grant select on vault.secrets to drift")
    else:
        database.run("grant usage on schema cpctl to drift")
        database.run("grant select (name, verifier, updated_at) on cpctl.secrets to drift")
    with untouched(database):
        assert database.cpctl("diff", user=drift).code == 0
        database.environment["A_KEY"] = ROTATED
        found = database.cpctl("diff", user=drift)
    assert found.code == 2, found
    assert "secret.a_key" in found.out
    assert SECRET_CORE not in found.out + found.err
