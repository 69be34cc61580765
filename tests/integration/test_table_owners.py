"""Tables belong to the owner of the jobs; who acts for him needs what he is told, and no more."""

from __future__ import annotations

import pytest

from tests.integration.roles import grants, statements
from tests.integration.tables.market import (
    ADDRESS,
    catalog,
    differing,
    file,
    fill,
    refused,
    rows,
    table,
)
from tests.integration.toys import apply
from tests.servers import Database

SCHEMA = "grant usage, create on schema stall to worker"


def owned(*tables: dict[str, object], owner: str = "worker") -> str:
    return file(*tables, defaults={"username": owner})


def given(database: Database, role: str) -> None:
    """What `grants` prints for it, and that it may make the ledger."""
    database.run(f"grant create on database postgres to {role}")
    told = grants(database, role)
    assert told.code == 0, told
    for statement in statements(told.out):
        database.run(statement)


def owner_of(database: Database) -> str:
    return str(catalog(database)["tables"][0][5])


@pytest.mark.parametrize("role", ["postgres", "worker", "deploy"])
def test_they_belong_to_the_owner_of_the_jobs(market: Database, role: str) -> None:
    market.write(owned(table()))
    if role == "postgres":
        market.run("grant usage on schema cron to worker")
        market.run(SCHEMA)
    else:
        given(market, role)
    apply(market, user=role)
    assert owner_of(market) == "worker"
    fill(market)
    market.run("alter table stall.runs disable row level security, drop message")
    assert differing(market, user=role) == {ADDRESS: ["column.message", "row_security"]}
    apply(market, user=role)
    assert len(rows(market)) == 3
    market.write(owned())
    assert "DROPS_DATA" in refused(market, user=role)
    apply(market, owned(), "--allow", "DROPS_DATA", user=role)
    assert not any(catalog(market).values())


def test_each_line_of_grants_is_needed(market: Database) -> None:
    market.write(owned(table()))
    needed = [it for it in statements(grants(market, "deploy").out) if "SCHEMA stall" in it]
    assert needed == [
        "GRANT USAGE ON SCHEMA stall TO worker;",
        "GRANT CREATE ON SCHEMA stall TO worker;",
    ]
    given(market, "deploy")
    for line in needed:
        market.run(line.replace("GRANT", "REVOKE").replace(" TO ", " FROM "))
        assert line in refused(market, user="deploy")
        market.run(line)
    apply(market, user="deploy")


def test_a_table_of_another_role_is_changed_by_its_members(market: Database) -> None:
    market.write(owned(table()))
    given(market, "deploy")
    apply(market, user="deploy")
    market.run("alter table stall.runs owner to nosy")
    said = refused(market, user="deploy")
    assert "change what belongs to nosy" in said
    given(market, "deploy")
    apply(market, user="deploy")
    assert owner_of(market) == "worker"


def test_rows_that_nobody_may_read_are_not_taken_for_none(market: Database) -> None:
    market.write(owned(table()))
    given(market, "deploy")
    apply(market, user="deploy")
    fill(market)
    market.write(owned())
    said = refused(market, user="deploy")
    assert f"{ADDRESS} " in said
    assert "hold rows" in said or "holds rows" in said


@pytest.mark.parametrize(
    ("given", "code", "remedy"),
    [
        ("drop schema stall", "there is no schema stall", "CREATE SCHEMA stall;"),
        ("drop owned by anon; drop role anon", "there is no such role", "CREATE ROLE anon;"),
    ],
)
def test_what_it_stands_on_is_told(market: Database, given: str, code: str, remedy: str) -> None:
    market.write(file(table()))
    market.run(given)
    try:
        said = refused(market) if "role" in given else market.cpctl("plan").out
    finally:
        market.run("create schema if not exists stall")
    assert code in said
    assert remedy in said


def test_a_file_without_tables_asks_for_none(market: Database) -> None:
    """Nor where a ledger remembers none."""
    market.write(file())
    since = market.log_position()
    market.cpctl("plan")
    assert "pg_policy" not in market.log_text(since)
    apply(market)
    assert market.cpctl("plan", "--detailed-exitcode").code == 0
