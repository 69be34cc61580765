"""Tables come, and go again; what others need stays, and rows go only where that is allowed."""

from __future__ import annotations

import subprocess
import threading

import psycopg
import pytest

from tests.integration.running import until_it_waits
from tests.integration.tables.market import (
    ADDRESS,
    RUNS,
    catalog,
    differing,
    file,
    fill,
    plain,
    refused,
    rows,
    table,
)
from tests.integration.toys import apply
from tests.servers import Database

LINKED = {"other": {"type": "bigint"}, "id": {"type": "bigint", "nullable": False}}


def linked(name: str, other: str) -> dict[str, object]:
    """A table with a key that leads to another's."""
    keys = {
        f"{name}_pkey": "PRIMARY KEY (id)",
        f"{name}_fkey": f"FOREIGN KEY (other) REFERENCES stall.{other}(id)",
    }
    return plain(name, columns=LINKED, constraints=keys)


def empty(database: Database) -> bool:
    return not any(catalog(database).values())


def test_made_as_declared_and_gone_again(market: Database) -> None:
    since = market.log_position()
    said = apply(market, file(table()))
    assert f"{ADDRESS}    created" in said
    found = catalog(market)
    assert found["tables"] == [("runs", "r", "p", True, False, "postgres")]
    assert {it[1]: it[2] for it in found["columns"]} == {
        name: it["type"].partition(" COLLATE ")[0] for name, it in RUNS["columns"].items()
    }
    assert {it[1] for it in found["constraints"]} >= {*RUNS["constraints"]}
    assert {it[1] for it in found["policies"]} == {*RUNS["policies"]}
    held = {(it[1], it[3]) for it in found["grants"] if it[1] != "postgres"}
    assert held == {("anon", "SELECT"), ("caller", "SELECT"), ("caller", "INSERT")}
    log = [entry for entry in market.statements(since) if "CREATE TABLE stall" in entry]
    assert len(log) == 1
    assert market.cpctl("diff").code == 0
    apply(market, file())
    assert empty(market)


def test_keys_lead_anywhere(market: Database) -> None:
    """Whatever the order of the names, and in a ring; so they go, too."""
    ring = file(linked("a", "b"), linked("b", "c"), linked("c", "a"))
    apply(market, ring)
    apply(market, file())
    assert empty(market)
    apply(market, ring)
    apply(market, file(linked("a", "a")))
    assert [it[0] for it in catalog(market)["tables"]] == ["a"]
    apply(market, file())
    assert empty(market)


def test_rows_go_only_where_that_is_allowed(market: Database) -> None:
    apply(market, file(table(), plain("none")))
    fill(market)
    market.write(file())
    said = refused(market)
    assert f"{ADDRESS} holds rows, and this would drop it" in said
    assert "table.stall.none holds" not in said
    assert "DROPS_DATA" in said
    apply(market, file(), "--allow", "DROPS_DATA")
    assert empty(market)


def test_a_table_that_was_emptied_is_empty(market: Database) -> None:
    apply(market, file(table()))
    fill(market)
    market.run("delete from stall.runs")
    assert market.rows("select pg_relation_size('stall.runs') > 0") == [(True,)]
    apply(market, file())
    assert empty(market)


@pytest.mark.parametrize("forced", [False, True])
def test_a_row_that_comes_in_between_stays(market: Database, *, forced: bool) -> None:
    """The plan saw none, so nobody was asked."""
    owner = "worker" if forced else "postgres"
    market.run("grant all on schema stall to worker; grant usage on schema cron to worker")
    apply(market, file(table(), defaults={"username": owner}))
    if forced:
        market.run("alter table stall.runs force row level security")
    market.write(file(defaults={"username": owner}))
    with psycopg.connect(market.url()) as other:
        other.execute("insert into stall.runs default values")
        waited: list[bool] = []

        def commit() -> None:
            try:
                until_it_waits(market)
                waited.append(True)
            finally:
                other.commit()

        committing = threading.Thread(target=commit)
        committing.start()
        done = market.cpctl("apply", "--auto-approve")
        committing.join()
    assert waited
    assert done.code == 1, done
    assert f"{ADDRESS} has got rows since the plan was made, so it was not dropped" in done.err
    assert len(rows(market)) == 1


def test_what_others_need_stays(market: Database) -> None:
    apply(market, file(table(), linked("a", "a")))
    market.run("create view stall.v as select id from stall.runs")
    market.run("create function stall.f(stall.runs) returns int language sql as 'select 1'")
    market.run("create table stall.theirs (x bigint references stall.a (id))")
    market.write(file())
    said = refused(market)
    assert "table.stall.runs is still needed by " in said
    for words in ("view stall.v", "function stall.f(stall.runs)", "theirs_x_fkey"):
        assert words in said
    market.run("drop view stall.v; drop function stall.f; drop table stall.theirs")
    apply(market, file())
    assert empty(market)


def test_somebodys_table_is_taken_over_only_where_that_is_allowed(market: Database) -> None:
    market.run(
        "create table stall.runs (id bigint generated always as identity primary key, x int)"
    )
    market.run("insert into stall.runs (x) values (1), (2)")
    market.write(file(table()))
    assert f"{ADDRESS} is there already, and no apply of scheduler.yaml" in refused(market)
    apply(market, file(table()), "--allow", "TAKES_OVER")
    assert rows(market, "id, x, component") == [(1, 1, "none"), (2, 2, "none")]


def test_an_equal_one_is_adopted(market: Database) -> None:
    apply(market, file(table()))
    market.run("drop schema cpctl cascade")
    assert market.cpctl("plan", "--detailed-exitcode").code == 0
    market.run("alter table stall.runs disable row level security")
    assert "TAKES_OVER" in refused(market)


def test_what_is_no_table_is_not_replaced(market: Database) -> None:
    market.run("create view stall.runs as select 1 as id")
    market.write(file(table()))
    said = refused(market, "--allow", "TAKES_OVER")
    assert "is here as a view, and no apply makes a table of that" in said
    market.write(file())
    assert "runs" not in market.cpctl("plan").out


def test_a_column_that_the_file_gives_up_stays(market: Database) -> None:
    apply(market, file(plain("a", columns={"id": {"type": "bigint"}, "b": {"type": "text"}})))
    shown = apply(market, file(plain("a")))
    assert "has a column that the file does not have: b. It is left alone." in shown


def test_one_more_column_is_no_other_ones_new_name(market: Database) -> None:
    """Somebody's own column of the same type stays his own when the file gets a new one."""
    apply(market, file(plain("a")))
    market.run("alter table stall.a add theirs text; insert into stall.a values (1, 'x')")
    columns = {"id": {"type": "bigint"}, "b": {"type": "text"}}
    apply(market, file(plain("a", columns=columns)))
    assert market.rows("select id, b, theirs from stall.a") == [(1, None, "x")]
    market.run("alter table stall.a drop b")
    apply(market)
    assert market.rows("select id, b, theirs from stall.a") == [(1, None, "x")]


def test_odd_names(market: Database) -> None:
    name = 'A "b".c'
    columns = {
        "a.b": {"type": "text", "default": "'NOT NULL DEFAULT'::text"},
        "order": {"type": "integer"},
    }
    odd = plain(name, columns=columns, indexes={"I x": 'btree ("a.b")'})
    apply(market, file(odd))
    market.run('alter table stall."A ""b"".c" drop "a.b", enable row level security')
    assert differing(market) == {'table.stall."A ""b"".c"': ["column.a.b", "index.I x"]}
    apply(market)
    market.run('create policy "x\x1b[31m" on stall."A ""b"".c" using (true)')
    assert "\x1b" not in market.cpctl("diff").out + market.cpctl("plan").out
    apply(market)
    apply(market, file())
    assert empty(market)


def test_a_script_does_it(market: Database) -> None:
    market.write(file(table(), linked("a", "b"), linked("b", "a")))
    script(market)
    market.run("alter table stall.runs drop component cascade; grant all on stall.runs to public")
    script(market)
    market.write(file())
    assert market.cpctl("apply", "--auto-approve").code == 0


def script(market: Database) -> None:
    """The plan as psql runs it; the next one is empty."""
    made = market.cpctl("plan", "--format", "sql", "--allow", "TAKES_OVER")
    assert made.code == 0, made
    done = subprocess.run(
        market.cluster.psql(), input=made.out, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done
    assert market.cpctl("plan", "--detailed-exitcode").code == 0


def test_a_saved_plan_is_applied_or_stale(market: Database) -> None:
    market.write(file(table()))
    assert market.cpctl("plan", "--out", "plan.json").code == 0
    assert market.cpctl("apply", "plan.json", "--auto-approve").code == 0
    market.run("alter table stall.runs disable row level security")
    assert market.cpctl("plan", "--out", "plan.json").code == 0
    market.run("alter table stall.runs drop code")
    assert market.cpctl("apply", "plan.json", "--auto-approve").code == 5
    shown = market.cpctl("show", "plan.json", "--format", "markdown")
    assert "row_security" in shown.out
    apply(market)


def test_a_rollback_brings_it_back_without_its_rows(market: Database) -> None:
    apply(market, file(table()))
    before = catalog(market)
    fill(market)
    apply(market, file(), "--allow", "DROPS_DATA")
    done = market.cpctl("rollback", "--auto-approve")
    assert done.code == 0, done
    assert "comes back without its rows" in done.out + done.err
    assert catalog(market) == before
    done = market.cpctl("rollback", "1", "--auto-approve")
    assert done.code == 0, done
    assert empty(market)
