"""Whatever a hand changes of the runtime is found by `diff` and healed by `apply`, rows kept.

Each round changes one part of every function, or of every table, at once: each of them must be
found by itself, and none of the others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import pytest

from tests.integration.pipeline import OURS, OVERLAY, apply, drifted, pipeline
from tests.servers import Database

READERS = "runtime:\n  readers: [watcher]"
FUNCTIONS = """
select p.oid::regprocedure::text, p.oid from pg_proc p
where pronamespace = 'public'::regnamespace
  and not exists (select from pg_depend where objid = p.oid and deptype = 'e') order by 1
"""
COLUMNS = """
select c.relname::text, a.attname::text, format_type(a.atttypid, null), a.attnotnull, a.attidentity
from pg_attribute a join pg_class c on c.oid = attrelid
where relnamespace = 'public'::regnamespace and relkind = 'r' and attnum > 0 and not attisdropped
order by c.relname, attnum
"""
INDEXES = """
select tablename::text, indexname::text from pg_indexes i
where schemaname = 'public' and not exists (select from pg_constraint where conname = indexname)
order by 1, 2
"""
OTHER_TYPES = {
    "bigint": "integer",
    "integer": "bigint",
    "text": "character varying",
    "jsonb": "json",
    "numeric": "double precision",
    "timestamp with time zone": "timestamp without time zone",
}
FUNCTION_HANDS = {
    "body": "do $$ begin execute regexp_replace(pg_get_functiondef({oid}), "
    "'(\\$function\\$)\\s*$', e'\\n-- by hand\\n\\\\1'); end $$",
    "volatility": "do $$ begin execute format('alter function %s %s', {oid}::regprocedure, "
    "(select case provolatile when 'v' then 'stable' else 'volatile' end from pg_proc "
    "where oid = {oid})); end $$",
    "security": "do $$ begin execute format('alter function %s security %s', {oid}::regprocedure, "
    "(select case when prosecdef then 'invoker' else 'definer' end from pg_proc "
    "where oid = {oid})); end $$",
    "owner": "alter function {name} owner to watcher",
    "execute": "grant execute on function {name} to public",
    "config": "alter function {name} set search_path = public",
}


@pytest.fixture
def applied(database: Database) -> Iterator[Database]:
    """The runtime, with a reader, and a run in every log."""
    with pipeline(database):
        database.new_role("watcher")
        overlay = (database.folder / OVERLAY).read_text(encoding="utf-8")
        database.write(overlay.replace("runtime:", READERS, 1), OVERLAY)
        apply(database)
        for table in tables(database):
            database.run(f"insert into public.{table} ({MUST[table]}) values (default)")
        database.run("update public.job_runs set error_message = 'kept', response = '[1.50]'")
        yield database


MUST = dict.fromkeys(
    "sweeper_logs monitoring_alerts health_checks metrics_data cleanup_logs".split(), "timestamp"
)
MUST["job_runs"] = "started_at"


def tables(database: Database) -> list[str]:
    return sorted({name for name, *_ in database.rows(COLUMNS)})


def rows(database: Database) -> dict[str, list[Any]]:
    return {
        table: database.rows(f"select to_jsonb(t) from public.{table} t order by id")
        for table in tables(database)
    }


def fields(found: Mapping[str, Mapping[str, Any]], address: str) -> set[str]:
    return {field["name"] for field in found[address]["fields"]}


def healed(database: Database, before: Mapping[str, object] | None) -> None:
    apply(database)
    assert drifted(database) == {}
    if before is not None:
        assert rows(database) == before


def test_functions(applied: Database) -> None:
    functions = applied.rows(FUNCTIONS)
    assert len(functions) > 30
    for field, hand in FUNCTION_HANDS.items():
        for name, oid in functions:
            applied.run(hand.format(name=f"public.{name}", oid=oid))
        found = drifted(applied)
        assert len(found) == len(functions), field
        for address in found:
            # Of what became its reader's, the reader needs no grant any more.
            assert fields(found, address) - {"execute"} == {field} - {"execute"}
        healed(applied, None)
    before = len(applied.rows(OURS))
    for name, _ in functions:
        applied.run(f"drop function public.{name}")
    assert len(drifted(applied)) == len(functions)
    healed(applied, None)
    assert len(applied.rows(OURS)) == before


def by_round(columns: Sequence[tuple[Any, ...]]) -> Iterator[list[tuple[Any, ...]]]:
    """The first column of each table, then the second of each, and so on."""
    seen: dict[str, int] = {}
    numbered = [(seen.setdefault(c[0], 0), seen.update({c[0]: seen[c[0]] + 1}), c) for c in columns]
    for turn in sorted({number for number, _, _ in numbered}):
        yield [column for number, _, column in numbered if number == turn]


@pytest.mark.parametrize("hand", ["type", "not null", "name", "drop"])
def test_columns(applied: Database, hand: str) -> None:
    for columns in by_round(applied.rows(COLUMNS)):
        before = rows(applied)
        changed = [c for c in columns if touched(applied, hand, Column(*c))]
        if not changed:
            continue
        found = drifted(applied)
        assert found.keys() == {f"table.public.{table}" for table, *_ in changed}
        for table, column, *_ in changed:
            assert f"column.{column}" in fields(found, f"table.public.{table}")
        healed(applied, None if hand == "drop" else before)
        assert {t: len(r) for t, r in rows(applied).items()} == dict.fromkeys(before, 1)


class Column(NamedTuple):
    table: str
    name: str
    type: str
    strict: bool
    identity: str


def touched(database: Database, hand: str, it: Column) -> bool:
    """Whether this hand can be laid on that column."""
    other = OTHER_TYPES[it.type]
    statements = {
        "type": f'alter column "{it.name}" type {other} using "{it.name}"::{other}',
        "not null": f'alter column "{it.name}" drop not null',
        "name": f'rename column "{it.name}" to by_hand',
        "drop": f'drop column "{it.name}" cascade',
    }
    possible = hand != "not null" or (it.strict and not it.identity)
    if possible:
        database.run(f"alter table public.{it.table} {statements[hand]}")
    return possible


def test_indexes_and_constraints(applied: Database) -> None:
    indexes = applied.rows(INDEXES)
    assert len(indexes) >= 9
    for change in ("drop index public.{1}", "drop index public.{1}; create index {1} on {0} (id)"):
        before = rows(applied)
        for table, name in indexes:
            applied.run(change.format(f"public.{table}", name))
        found = drifted(applied)
        for table, name in indexes:
            assert f"index.{name}" in fields(found, f"table.public.{table}")
        healed(applied, before)
    for table in tables(applied):
        applied.run(f"alter table public.{table} drop constraint {table}_pkey")
    found = drifted(applied)
    for table in tables(applied):
        assert fields(found, f"table.public.{table}") == {f"constraint.{table}_pkey"}
    healed(applied, None)


ACCESS = {
    "drop policy readers on public.{}": "policy.readers",
    "alter policy readers on public.{} using (false)": "policy.readers",
    "create policy other on public.{} using (true)": "policy.other",
    "alter table public.{} disable row level security": "row_security",
    "revoke select on public.{} from watcher": "grant.watcher",
    "grant insert on public.{} to public": "grant.public",
    "alter table public.{} owner to watcher": "owner",
}


@pytest.mark.parametrize("hand", ACCESS)
def test_access(applied: Database, hand: str) -> None:
    before = rows(applied)
    for table in tables(applied):
        applied.run(hand.format(table))
    found = drifted(applied)
    for table in tables(applied):
        assert ACCESS[hand] in fields(found, f"table.public.{table}")
    healed(applied, before)


@pytest.mark.parametrize("cluster", ["17"], indirect=True)
def test_the_extension(applied: Database) -> None:
    applied.run("drop extension http")
    assert drifted(applied).keys() == {"extension.http"}
    healed(applied, rows(applied))
