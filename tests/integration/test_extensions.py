"""Extensions of the file: made, updated, moved and dropped, and whatever was there before stays."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator

import pytest

from tests.integration.extending import applied, declared, drift, listed, put_away
from tests.integration.steps import in_sync, plan, refused_apply
from tests.servers import Database

TRGM, HSTORE = ("pg_trgm", "1.6", "public"), ("hstore", "1.8", "public")


@pytest.fixture
def database(database: Database) -> Iterator[Database]:
    with put_away(database) as kept:
        yield kept


def test_what_is_missing_is_made_as_the_file_says(database: Database) -> None:
    uuid = {"schema": "tools", "version": "1.1"}
    done = applied(
        database, declared({"hstore": {}, "uuid-ossp": uuid, "citext": {"version": "1.5"}})
    )
    assert "extension.uuid-ossp    created" in done.out
    assert listed(database) == [
        ("citext", "1.5", "public"),
        HSTORE,
        ("uuid-ossp", "1.1", "tools"),
    ]


def test_a_plan_tells_version_and_schema_and_the_least_sql(database: Database) -> None:
    database.write(declared({"hstore": {}, "citext": {"schema": "tools", "version": "1.5"}}))
    found = plan(database)
    made = [one["sql"] for one in found["statements"] if "EXTENSION" in one["sql"]]
    assert made == [
        "CREATE EXTENSION citext WITH SCHEMA tools VERSION '1.5'",
        "CREATE EXTENSION hstore WITH SCHEMA public",
    ]
    assert '+ version = "1.8"\n  + schema  = "public"' in database.cpctl("plan").out
    assert listed(database) == []


def test_one_that_requires_another_is_dropped_before_it(database: Database) -> None:
    """By name it would be the other way round."""
    applied(database, declared({"earthdistance": {}, "cube": {}}))
    assert [name for name, _, _ in listed(database)] == ["cube", "earthdistance"]
    applied(database, declared({}))
    assert listed(database) == []


def test_what_is_not_declared_is_left_as_it_is(database: Database) -> None:
    database.run("create extension pg_trgm with schema tools version '1.5'")
    applied(database, declared({"pg_trgm": {}}))
    assert listed(database) == [("pg_trgm", "1.5", "tools")]


def test_a_declared_version_and_schema_are_brought_about(database: Database) -> None:
    database.run("create extension pg_trgm with schema tools version '1.5'")
    database.write(declared({"pg_trgm": {"version": "1.6", "schema": "public"}}))
    out = database.cpctl("plan").out
    assert '~ version = "1.5" -> "1.6"' in out
    assert '~ schema  = "tools" -> "public"' in out
    applied(database, declared({"pg_trgm": {"version": "1.6", "schema": "public"}}))
    assert listed(database) == [TRGM]


def test_a_hand_edit_is_drift_and_is_healed(database: Database) -> None:
    text = declared({"hstore": {"schema": "public"}, "pg_trgm": {"version": "1.6"}})
    applied(database, text)
    assert drift(database) == {}
    database.run("alter extension hstore set schema tools")
    database.run("drop extension pg_trgm")
    database.run("create extension pg_trgm version '1.5'")
    found = drift(database)
    assert found["extension.hstore"]["fields"] == [
        {"name": "schema", "file": "public", "database": "tools"}
    ]
    assert found["extension.pg_trgm"]["fields"] == [
        {"name": "version", "file": "1.6", "database": "1.5"}
    ]
    assert {one["class"] for one in found.values()} == {"drifted"}
    applied(database, text)
    database.run("drop extension hstore")
    assert drift(database)["extension.hstore"]["class"] == "missing"
    applied(database, text)
    assert listed(database) == [HSTORE, TRGM]


def test_only_what_an_apply_made_is_dropped(database: Database) -> None:
    database.run("create extension hstore")
    applied(database, declared({"hstore": {}, "pg_trgm": {}}))
    # A change later, the ledger knows of both: but only of one that an apply made it.
    applied(database, declared({"hstore": {}, "pg_trgm": {}, "citext": {}}))
    done = applied(database, declared({}))
    assert "extension.hstore" in done.out
    assert "stays: it was there before an apply of this file had it" in done.out
    assert listed(database) == [HSTORE]


def test_one_that_another_file_has_too_stays(database: Database) -> None:
    applied(database, declared({"hstore": {}}))
    applied(database, declared({"hstore": {}}, name="other", jobs={}, scope={"settings": ["b.*"]}))
    applied(database, declared({"hstore": {}, "citext": {}}, name="other", jobs={}))
    done = applied(database, declared({}))
    assert "extension.hstore is not in scheduler.yaml any more, and stays" in done.out
    assert "the file other has it too" in done.out
    assert [name for name, _, _ in listed(database)] == ["citext", "hstore"]


NEEDED = {
    "table tools.t": "create table tools.t (h public.hstore[])",
    "table tools.u": "create table tools.u (x text default public.hstore('a', 'b')::text)",
    "view tools.v": "create view tools.v as select 'a=>1'::public.hstore as h",
    "function tools.f(public.hstore)": "create function tools.f(public.hstore) returns int "
    "language sql as 'select 1'",
    "type tools.d": "create domain tools.d as public.hstore",
}
"""What needs hstore, by its name."""


def test_what_is_needed_still_is_not_dropped(database: Database) -> None:
    applied(database, declared({"hstore": {}}))
    for made in NEEDED.values():
        database.run(made)
    database.write(declared({}))
    said = refused_apply(database)
    named = re.findall(r"extension\.hstore is still needed by (.*?)\.\s", said)
    assert [sorted(one.split(", ")) for one in named] == [sorted(NEEDED)] * len(named)
    assert len(named) > 1
    assert listed(database) == [HSTORE]
    database.run("drop schema tools cascade")
    database.run("create schema tools")
    applied(database, declared({}))
    assert listed(database) == []


def test_a_rollback_drops_what_the_apply_made_and_brings_back_what_it_dropped(
    database: Database,
) -> None:
    database.run("create extension pg_trgm version '1.5'")
    applied(database, declared({"hstore": {}, "pg_trgm": {"version": "1.5"}}))
    applied(database, declared({"citext": {"version": "1.5"}, "pg_trgm": {"version": "1.6"}}))
    done = database.cpctl("rollback", "2", "--auto-approve")
    assert done.code == 0, done
    assert "extension.pg_trgm keeps its version" in done.out
    assert listed(database) == [HSTORE, TRGM]
    assert database.cpctl("rollback", "1", "--auto-approve").code == 0
    assert listed(database) == [TRGM]


def test_a_saved_plan_is_applied_or_stale(database: Database) -> None:
    database.write(declared({"hstore": {}}))
    assert database.cpctl("plan", "--out", "plan").code == 0
    database.run("create extension hstore with schema tools")
    assert database.cpctl("apply", "plan", "--auto-approve").code == 5
    database.run("drop extension hstore")
    assert database.cpctl("apply", "plan", "--auto-approve").code == 0
    assert listed(database) == [HSTORE]


def test_the_script_for_psql_does_the_same(database: Database) -> None:
    database.write(declared({"hstore": {"version": "1.8"}, "cube": {"schema": "tools"}}))
    shown = database.cpctl("plan", "--format", "markdown").out
    assert "| + | `extension.cube` |" in shown
    script = database.cpctl("plan", "--format", "sql")
    assert script.code == 0, script
    psql = database.cluster.psql()
    done = subprocess.run(psql, input=script.out, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done
    in_sync(database)
    assert listed(database) == [("cube", "1.5", "tools"), HSTORE]
