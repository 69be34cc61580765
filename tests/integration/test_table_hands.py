"""Whatever a hand changes of a table, part by part: found, healed, and no row is lost."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain
from typing import Any

from tests.integration.tables.hands import Hand, Laid, count_on, healed, made, values
from tests.integration.tables.market import ROWS, RUNS
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
VALUES = {
    "latency": "1",
    "message": "'x'",
    "tags": "'{}'",
    "parent": "id",
    "user": "'00000000-0000-0000-0000-000000000000'",
    "code": "'x'",
}
DEFAULTS = {"parent": "7", "metadata": "'[]'", "component": "'done'", "status": "'done'"}
OTHER = {
    "runs_pkey": "primary key (slot)",
    "runs_slot_key": "unique (slot, component)",
    "runs_status_check": "check (status <> 'never') not valid",
    "runs_parent_fkey": "foreign key (parent) references stall.runs (id)",
}
NUMBERS = [*range(1, ROWS + 1)]
ANEW: dict[str, list[Any]] = {
    "id": NUMBERS,
    "slot": NUMBERS,
    "component": ["none"] * ROWS,
    "status": ["open"] * ROWS,
    "metadata": [{}] * ROWS,
}
"""What a column has in each row once it has lost its values; others have nothing."""

CHANGES = re.compile(r": ((?:ALTER|CREATE|DROP) .*?)(?: TO .*)?$", re.MULTILINE)
ON = "alter table stall.runs"
NAMES = [*RUNS["columns"]]
STRICT = [name for name, it in RUNS["columns"].items() if not it.get("nullable", True)]
NUMBERED = [name for name, it in RUNS["columns"].items() if "identity" in it]
FILLED = [name for name, it in RUNS["columns"].items() if "default" in it]


def dropped() -> Iterator[Hand]:
    """Without CASCADE a policy would keep it; what goes with it comes again, too."""
    for name in NAMES:
        yield Hand(f'{ON} drop column "{name}" cascade', (f"column.{name}",), name)


def renamed() -> Iterator[Hand]:
    for name in NAMES:
        yield Hand(f'{ON} rename column "{name}" to "o ther"', (f"column.{name}",))


def emptied() -> Iterator[Hand]:
    for name in STRICT:
        drop = f"alter {name} drop not null"
        if name in NUMBERED and name != "id":
            yield Hand(f"{ON} alter {name} drop identity, {drop}", (f"column.{name}",))
        elif name != "id":
            lost = f"{ON} {drop}; update stall.runs set {name} = null"
            yield Hand(lost, (f"column.{name}",), name)


def needed() -> Iterator[Hand]:
    for name in NAMES:
        if name not in STRICT:
            given = f'update stall.runs set "{name}" = {VALUES[name]}'
            yield Hand(f'{given}; {ON} alter "{name}" set not null', (f"column.{name}",), name)


def other_defaults() -> Iterator[Hand]:
    for name in FILLED:
        yield Hand(f"{ON} alter {name} drop default", (f"column.{name}",))
    for name in NAMES:
        if name not in (*NUMBERED, "started_at"):
            default = DEFAULTS.get(name) or VALUES[name]
            yield Hand(f'{ON} alter "{name}" set default {default}', (f"column.{name}",))
    clock = f"{ON} alter started_at set default clock_timestamp()"
    yield Hand(clock, ("column.started_at",))


def other_identities() -> Iterator[Hand]:
    for name in NUMBERED:
        yield Hand(f"{ON} alter {name} drop identity", (f"column.{name}",))
        (other,) = {"always", "by default"} - {RUNS["columns"][name]["identity"]}
        yield Hand(f"{ON} alter {name} set generated {other}", (f"column.{name}",))


def other_types() -> Iterator[Hand]:
    away = (
        "drop policy own on stall.runs; drop policy everybody on stall.runs; "
        "drop index stall.runs_metadata; "
    )
    back = "; create policy everybody on stall.runs for insert with check (latency is null)"
    for name, it in RUNS["columns"].items():
        other = OTHER_TYPES[it["type"].partition(" COLLATE ")[0]]
        default = f'alter "{name}" drop default, ' if it.get("default") else ""
        alter = f'{ON} {default}alter "{name}" type {other} using "{name}"::{other}'
        yield Hand(away + alter + back, (f"column.{name}",))
    yield Hand(f"{ON} alter code type text", ("column.code",))
    computed = f"{ON} add message varchar(200) generated always as (status) stored"
    yield Hand(f"{ON} drop column message; {computed}", ("column.message",), "message")


def constraints() -> Iterator[Hand]:
    for name in RUNS["constraints"]:
        field = (f"constraint.{name}",)
        drop = f"{ON} drop constraint {name} cascade"
        yield Hand(drop, field)
        yield Hand(f'{ON} rename constraint {name} to "an Other of runs"', field)
        yield Hand(f"{drop}; {ON} add constraint {name} {OTHER[name]}", field)
    drop = f"{ON} drop constraint runs_pkey cascade"
    mine = f"{ON} add constraint runs_mine primary key (id, slot)"
    yield Hand(f"{drop}; {mine}", ("constraint.runs_pkey",))


def indexes() -> Iterator[Hand]:
    for name in RUNS["indexes"]:
        field, drop = (f"index.{name}",), f"drop index stall.{name}"
        yield Hand(drop, field)
        yield Hand(f'alter index stall.{name} rename to "an Other of runs"', field)
        yield Hand(f"{drop}; create index {name} on stall.runs (tags)", field)
        where = f"where indexrelid = 'stall.{name}'::regclass"
        yield Hand(f"update pg_index set indisvalid = false {where}", field)


def test_every_column(market: Database) -> None:
    """Dropped, renamed, emptied, filled, with another default, identity or type."""
    lost = (*dropped(), *emptied())
    others = (renamed(), needed(), other_defaults(), other_identities(), other_types())
    laid = made(market, (*lost, *chain(*others)))
    assert columns(market, laid[0]) == [*zip(NAMES, (it in STRICT for it in NAMES), strict=True)]
    since = market.log_position()
    healed(market, laid)
    for column, found in values(market, laid[: len(lost)]):
        if column != "started_at":
            assert found == ANEW.get(column, [None] * ROWS), column
    changes = CHANGES.findall("\n".join(market.statements(since)))
    for one in laid:
        if " rename " in one.hand.sql:
            rename = one.own('ALTER TABLE stall.runs RENAME COLUMN "o ther"')
            assert [change for change in changes if one.table in change] == [rename]
    count_on(market, laid)


def columns(database: Database, one: Laid) -> list[tuple[Any, ...]]:
    return database.rows(
        "select attname::text, attnotnull from pg_attribute where attnum > 0 and "
        f"attrelid = 'stall.{one.table}'::regclass and not attisdropped order by attnum"
    )


def test_every_constraint_and_index(market: Database) -> None:
    """Dropped, renamed, another of the same name, and an index that is not valid."""
    laid = made(market, (*constraints(), *indexes()))
    for kind, query in PARTS.items():
        found = market.rows(query.format(f"'stall.{laid[0].table}'::regclass"))
        assert {name for (name,) in found} == {laid[0].own(name) for name in RUNS[kind]}
    healed(market, laid)
    count_on(market, laid)


PARTS = {
    "constraints": "select conname::text from pg_constraint where contype <> 'n' and conrelid = {}",
    "indexes": "select relname::text from pg_index join pg_class c on c.oid = indexrelid "
    "where indrelid = {} and not exists (select from pg_constraint "
    "where conindid = indexrelid and contype in ('p', 'u'))",
}
