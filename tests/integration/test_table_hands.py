"""Whatever a hand changes of a table, part by part: found, healed, and no row is lost."""

from __future__ import annotations

import re

import pytest

from tests.integration.tables.market import (
    ADDRESS,
    RUNS,
    apply,
    differing,
    file,
    fill,
    healed,
    rows,
    table,
)
from tests.servers import Database

OTHER_TYPES = {
    "bigint": "integer",
    "integer": "bigint",
    "timestamp with time zone": "timestamp without time zone",
    "text": "character varying(90)",
    "jsonb": "json",
    "numeric(10,2)": "double precision",
    "character varying(200)": "text",
    "text[]": "character varying[]",
    "uuid": "text",
}
_COLUMN = "from pg_attribute where attrelid = 'stall.runs'::regclass and attnum > 0"
_COLUMNS = f"select quote_ident(attname), attname::text {_COLUMN} and not attisdropped order by 1"


@pytest.fixture
def stall(market: Database) -> Database:
    """With the rich table, and rows."""
    apply(market, file(table()))
    fill(market)
    return market


def columns(database: Database, where: str) -> list[str]:
    query = f"select attname::text {_COLUMN} and not attisdropped and {where} order by attnum"
    return [name for (name,) in database.rows(query)]


def test_every_column_dropped(stall: Database) -> None:
    """Without CASCADE a policy would keep it; what goes with it comes again, too."""
    names = columns(stall, "true")
    assert names == [*RUNS["columns"]]
    for name in names:
        healed(stall, f'alter table stall.runs drop column "{name}" cascade', f"column.{name}")
    assert rows(stall, "id, slot, component, status, message") == [
        (n, n, "none", "open", None) for n in (1, 2, 3)
    ]


def test_every_column_renamed_keeps_its_values(stall: Database) -> None:
    before = rows(stall, "runs::text")
    for name in columns(stall, "true"):
        since = stall.log_position()
        hand = f'alter table stall.runs rename column "{name}" to "o ther"'
        healed(stall, hand, f"column.{name}")
        log = [CHANGES.search(entry) for entry in stall.statements(since)]
        changes = [found[1] for found in log if found]
        assert changes == ['ALTER TABLE stall.runs RENAME COLUMN "o ther"']
    assert rows(stall, "runs::text") == before


def test_every_not_null(stall: Database) -> None:
    primary = ("id",)
    names = [name for name in columns(stall, "attnotnull") if name not in primary]
    assert len(names) == 5
    for name in names:
        drop = f"alter {name} drop not null"
        if RUNS["columns"][name].get("identity"):
            hand = f"alter table stall.runs alter {name} drop identity, {drop}"
        else:
            hand = f"alter table stall.runs {drop}; update stall.runs set {name} = null"
        healed(stall, hand, f"column.{name}")
    assert rows(stall, "component, status, metadata") == [("none", "open", {})] * 3
    for name in columns(stall, "not attnotnull"):
        hand = f"""update stall.runs set "{name}" = {VALUES[name]};
            alter table stall.runs alter "{name}" set not null"""
        healed(stall, hand, f"column.{name}")


CHANGES = re.compile(r": ((?:ALTER|CREATE|DROP) .*?)(?: TO .*)?$", re.MULTILINE)
VALUES = {
    "latency": "1",
    "message": "'x'",
    "tags": "'{}'",
    "parent": "id",
    "user": "'00000000-0000-0000-0000-000000000000'",
    "code": "'x'",
}


def test_every_default_and_identity(stall: Database) -> None:
    for name in columns(stall, "atthasdef"):
        healed(stall, f"alter table stall.runs alter {name} drop default", f"column.{name}")
    for name in columns(stall, "attidentity = '' and attname <> 'started_at'"):
        default = {"parent": "7", "metadata": "'[]'"}.get(name) or VALUES.get(name, "'done'")
        hand = f'alter table stall.runs alter "{name}" set default {default}'
        healed(stall, hand, f"column.{name}")
    healed(
        stall,
        "alter table stall.runs alter started_at set default clock_timestamp()",
        "column.started_at",
    )
    for name in columns(stall, "attidentity <> ''"):
        healed(stall, f"alter table stall.runs alter {name} drop identity", f"column.{name}")
        for other in ("always", "by default"):
            if other != RUNS["columns"][name]["identity"]:
                hand = f"alter table stall.runs alter {name} set generated {other}"
                healed(stall, hand, f"column.{name}")
    stall.run("insert into stall.runs (component) values ('the next number')")
    assert rows(stall, "id, slot")[-1] == (4, 4)


def test_every_type(stall: Database) -> None:
    away = (
        "drop policy own on stall.runs; drop policy everybody on stall.runs; "
        "drop index stall.runs_metadata; "
    )
    back = "; create policy everybody on stall.runs for insert with check (latency is null)"
    for name, it in RUNS["columns"].items():
        other = OTHER_TYPES[it["type"].partition(" COLLATE ")[0]]
        default = f'alter "{name}" drop default, ' if it.get("default") else ""
        hand = (
            f'alter table stall.runs {default}alter "{name}" type {other} using "{name}"::{other}'
        )
        healed(stall, away + hand + back, f"column.{name}")
    assert rows(stall, "id, component, message") == [(n, f"c{n}", f"m{n}") for n in (1, 2, 3)]


def test_a_collation_and_a_computed_column(stall: Database) -> None:
    healed(stall, "alter table stall.runs alter code type text", "column.code")
    healed(
        stall,
        "alter table stall.runs drop column message; "
        "alter table stall.runs add message varchar(200) generated always as (status) stored",
        "column.message",
    )


def test_every_constraint(stall: Database) -> None:
    query = "select conname::text, contype from pg_constraint where contype <> 'n' and "
    found = stall.rows(f"{query} conrelid = 'stall.runs'::regclass order by 1")
    assert len(found) == len(RUNS["constraints"])
    for name, _ in found:
        field, on = f"constraint.{name}", "alter table stall.runs"
        healed(stall, f"{on} drop constraint {name} cascade", field)
        healed(stall, f'{on} rename constraint {name} to "an Other"', field)
        other = f"{on} add constraint {name} {OTHER[name]}"
        healed(stall, f"{on} drop constraint {name} cascade; {other}", field)
    healed(
        stall,
        "alter table stall.runs drop constraint runs_pkey cascade; "
        "alter table stall.runs add constraint mine primary key (id, slot)",
        "constraint.runs_pkey",
    )


OTHER = {
    "runs_pkey": "primary key (slot)",
    "runs_slot_key": "unique (slot, component)",
    "runs_status_check": "check (status <> 'never') not valid",
    "runs_parent_fkey": "foreign key (parent) references stall.runs (id)",
}


def test_every_index(stall: Database) -> None:
    query = (
        "select indexrelid::regclass::text, relname::text from pg_index join pg_class c "
        "on c.oid = indexrelid where indrelid = 'stall.runs'::regclass and not exists "
        "(select from pg_constraint where conindid = indexrelid and contype in ('p', 'u'))"
    )
    found = sorted(stall.rows(query))
    assert {name for _, name in found} == {*RUNS["indexes"]}
    for index, name in found:
        field, drop = f"index.{name}", f"drop index {index}"
        healed(stall, drop, field)
        healed(stall, f'alter index {index} rename to "an Other"', field)
        healed(stall, f"{drop}; create index {name} on stall.runs (tags)", field)
        where = f"where indexrelid = '{index}'::regclass"
        stall.run(f"update pg_index set indisvalid = false {where}")
        assert differing(stall) == {ADDRESS: [field]}
        apply(stall)
        assert stall.rows(f"select indisvalid from pg_index {where}") == [(True,)]
