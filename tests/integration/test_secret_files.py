"""Which file may remove which secret, whose a difference is, and what makes a saved plan stale."""

from __future__ import annotations

import pytest

from tests.integration.keeping import STORES, change, did, held, put, ready, rows, secrets
from tests.integration.keeping import store_table as table_of
from tests.integration.remembering import applied, found, said
from tests.integration.steps import SECRET, SECRET_CORE, converge, document, job, untouched
from tests.servers import Database

SCOPE = {"secrets": ["*_key", "*_url"]}
JOBS = {"jobs": {"mine": job()}}
ROTATED = f"{SECRET_CORE}, rotated"
URL = "https://a.example/hook"


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, database: Database) -> str:
    name: str = request.param
    ready(database, name)
    database.environment |= {"A_KEY": SECRET, "B_KEY": "second", "OTHER": "other"}
    return name


def test_a_declared_name_outside_the_scope_is_an_error(database: Database, store: str) -> None:
    database.write(secrets("other", store=store, scope=SCOPE))
    with untouched(database):
        done = database.cpctl("plan")
    assert done.code == 1, done
    assert "scheduler.yaml:" in done.err
    assert "scope.secrets" in done.err


def test_without_a_scope_the_ledger_knows_what_was_this_files(
    database: Database, store: str
) -> None:
    applied(database, secrets("a_key", "b_key", store=store, **JOBS))
    put(database, store, "c_key", "theirs")
    before = rows(database, store)
    converge(database, secrets("a_key", store=store, **JOBS), expected=did(store, delete=1))
    del before["b_key"]
    assert rows(database, store) == before


def test_without_either_nothing_is_removed(database: Database, store: str) -> None:
    without = {"ledger": False, **JOBS}
    text = secrets("a_key", "b_key", store=store, **without)
    converge(database, text, expected={**did(store, create=2), "schedule": 1})
    before = rows(database, store)
    converge(database, secrets("a_key", store=store, **without), expected={})
    assert rows(database, store) == before


def test_two_files_may_not_both_remove_a_name(database: Database, store: str) -> None:
    applied(database, secrets("a_key", store=store, scope=SCOPE, **JOBS))
    other = {"name": "other", "scope": {"secrets": ["b_*", "other"]}}
    database.write(secrets("b_key", store=store, jobs={"his": job()}, **other))
    with untouched(database):
        done = database.cpctl("apply", "--auto-approve")
    assert done.code == 3, done
    assert "--allow SCOPE_OVERLAP" in done.err
    assert "secrets like b_" in done.err


def test_two_files_side_by_side_leave_each_others(database: Database, store: str) -> None:
    one = secrets("a_key", store=store, scope={"secrets": ["a_*"]}, **JOBS)
    two = secrets("b_key", store=store, scope={"secrets": ["b_*"]}, name="two", **JOBS)
    two = two.replace('"mine"', '"his"')
    applied(database, one)
    applied(database, two)
    converge(database, one, expected={})
    gone = document(store=store, scope={"secrets": ["a_*"]}, **JOBS)
    converge(database, gone, expected=did(store, delete=1))
    assert held(database, store) == {"b_key": "second"}


def test_whose_a_difference_is(database: Database, store: str) -> None:
    """By hand: drifted. Gone: missing. Another reference, or a new entry: pending."""
    file = secrets("a_key", "b_key", store=store, urls={"hook": URL}, **JOBS)
    applied(database, file)
    change(database, store, "a_key", "by hand")
    database.run(f"delete from {table_of(store)} where name = 'b_key'")
    database.write(file.replace(URL, f"{URL}2"))
    with untouched(database):
        shown = database.cpctl("diff")
        data = found(database.cpctl("diff", "--format", "json"), 2)
    text = said(shown, 2)
    assert "# secret.a_key: drifted." in text
    assert "# secret.b_key: missing." in text
    assert "# secret.hook_url: pending." in text
    assert "Drift: 1 drifted, 1 missing, 1 pending." in text
    assert SECRET_CORE not in text
    assert "by hand" not in text
    classes = {one["address"]: one["class"] for one in data["resources"]}
    assert classes == {
        "secret.a_key": "drifted",
        "secret.b_key": "missing",
        "secret.hook_url": "pending",
    }


def test_another_reference_is_pending(database: Database, store: str) -> None:
    file = secrets("a_key", store=store, **JOBS)
    applied(database, file)
    database.write(file.replace("env:A_KEY", "env:OTHER"))
    assert "# secret.a_key: pending." in said(database.cpctl("diff"), 2)


@pytest.mark.parametrize("what", ["stored", "source", "gone"])
def test_a_saved_plan_is_stale(database: Database, store: str, what: str) -> None:
    """Of a secret it counts whether it is there, and whether it is equal to its source."""
    applied(database, secrets("a_key", "b_key", store=store, **JOBS))
    database.environment["A_KEY"] = ROTATED
    assert database.cpctl("plan", "--out", "plan").code == 0
    assert SECRET_CORE not in (database.folder / "plan").read_text("utf-8")
    if what == "stored":
        change(database, store, "b_key", "by hand")
    elif what == "source":
        database.environment["B_KEY"] = "another"
    else:
        database.run(f"delete from {table_of(store)} where name = 'a_key'")
    with untouched(database):
        done = database.cpctl("apply", "plan", "--auto-approve")
    assert done.code == 5, done
    named = "secret.a_key" if what == "gone" else "secret.b_key"
    assert named in done.err or (what == "source" and "B_KEY" in done.err), done.err
    assert SECRET_CORE not in done.out + done.err


def test_a_saved_plan_of_a_rotation_applies(database: Database, store: str) -> None:
    applied(database, secrets("a_key", store=store, **JOBS))
    database.environment["A_KEY"] = ROTATED
    assert database.cpctl("plan", "--out", "plan").code == 0
    done = database.cpctl("apply", "plan", "--auto-approve")
    assert done.code == 0, done
    assert held(database, store) == {"a_key": ROTATED}
