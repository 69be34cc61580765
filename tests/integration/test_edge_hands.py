"""Whatever a hand changes of the runtime is found by `diff` and healed by `apply`, rows kept.

Each round changes some parts of every function, or of every table, at once: diff must find each
of them by itself, and none of the others.
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
        assert drifted(database) == {}


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


def fields(found: Mapping[str, Any]) -> set[str]:
    return {field["name"] for field in found["fields"]}


def healed(database: Database, before: Mapping[str, object] | None = None) -> None:
    apply(database)
    if before is not None:
        assert rows(database) == before


def test_functions(applied: Database) -> None:
    """Half of the hands on every other function, and the rest on the rest; then the opposite."""
    functions = applied.rows(FUNCTIONS)
    assert len(functions) > 30
    halves = ({"body", "volatility", "execute"}, {"security", "owner", "config"})
    assert halves[0] | halves[1] == {*FUNCTION_HANDS}
    for turn in (0, 1):
        laid = {name: halves[(turn + n) % 2] for n, (name, _) in enumerate(functions)}
        for name, oid in functions:
            for field in FUNCTION_HANDS.keys() & laid[name]:
                applied.run(FUNCTION_HANDS[field].format(name=f"public.{name}", oid=oid))
        found = drifted(applied)
        assert found.keys() == {address(name) for name in laid}
        for name, changed in laid.items():
            # Of what became its reader's, the reader needs no grant any more.
            more = {"execute"} if "owner" in changed else set()
            assert fields(found[address(name)]) - more == changed, name
        healed(applied)
    before = len(applied.rows(OURS))
    for name, _ in functions:
        applied.run(f"drop function public.{name}")
    assert len(drifted(applied)) == len(functions)
    healed(applied)
    assert len(applied.rows(OURS)) == before


def address(function: str) -> str:
    return f"function.public.{function.replace(',', ', ')}"


class Column(NamedTuple):
    table: str
    name: str
    type: str
    strict: bool
    identity: str

    def change(self, hand: str) -> str:
        """What that hand does to it; nothing where it cannot be laid on it."""
        if hand == "not null" and (self.identity or not self.strict):
            return ""
        other = OTHER_TYPES[self.type]
        change = {
            "name": f'rename "{self.name}" to "{self.name} by hand"',
            "type": f'alter "{self.name}" type {other} using "{self.name}"::{other}',
            "not null": f'alter "{self.name}" drop not null',
            "drop": f'drop "{self.name}" cascade',
        }[hand]
        return f"alter table public.{self.table} {change}"


def columns(database: Database) -> dict[Column, int]:
    """All, and which of its type each is in its table."""
    found: dict[Column, int] = {}
    for row in database.rows(COLUMNS):
        it = Column(*row)
        found[it] = sum((other.table, other.type) == (it.table, it.type) for other in found)
    return found


def changed(database: Database, hands: Sequence[tuple[Column, str]]) -> None:
    """Those and no others are found, each column by itself."""
    laid = [it for it, hand in hands if it.change(hand)]
    for it, hand in hands:
        if statement := it.change(hand):
            database.run(statement)
    found = drifted(database)
    assert found.keys() == {f"table.public.{it.table}" for it in laid}
    for where, one in found.items():
        names = {name for name in fields(one) if name.startswith("column.")}
        assert names == {f"column.{it.name}" for it in laid if where.endswith(f".{it.table}")}


def test_columns_of_another_name_or_type_or_null(applied: Database) -> None:
    """In each round one of a type gets another name, another one another type, and so on."""
    places, hands = columns(applied), ("name", "type", "not null")
    rounds = max(*places.values(), len(hands) - 1) + 1
    for turn in range(rounds):
        before = rows(applied)
        shifts = {it: (turn - place) % rounds for it, place in places.items()}
        laid = [(it, hands[shift]) for it, shift in shifts.items() if shift < len(hands)]
        changed(applied, laid)
        healed(applied, before)


def test_columns_dropped(applied: Database) -> None:
    """Every other one, and then the others."""
    there = [*columns(applied)]
    for turn in (0, 1):
        changed(applied, [(it, "drop") for n, it in enumerate(there) if n % 2 == turn])
        healed(applied)
        assert {len(found) for found in rows(applied).values()} == {1}


def test_indexes_and_constraints(applied: Database) -> None:
    indexes = applied.rows(INDEXES)
    assert len(indexes) >= 9
    for change in ("drop index public.{1}", "drop index public.{1}; create index {1} on {0} (id)"):
        before = rows(applied)
        for table, name in indexes:
            applied.run(change.format(f"public.{table}", name))
        found = drifted(applied)
        for table, name in indexes:
            assert f"index.{name}" in fields(found[f"table.public.{table}"])
        healed(applied, before)
    for table in tables(applied):
        applied.run(f"alter table public.{table} drop constraint {table}_pkey")
    found = drifted(applied)
    for table in tables(applied):
        assert fields(found[f"table.public.{table}"]) == {f"constraint.{table}_pkey"}
    healed(applied)


ACCESS = (
    {
        "drop policy readers on public.{}": "policy.readers",
        "create policy other on public.{} using (true)": "policy.other",
        "alter table public.{} disable row level security": "row_security",
        "grant insert on public.{} to public": "grant.public",
    },
    {
        "alter policy readers on public.{} using (false)": "policy.readers",
        "revoke select on public.{} from watcher": "grant.watcher",
    },
    {"alter table public.{} owner to watcher": "owner"},
)


def test_access(applied: Database) -> None:
    for hands in ACCESS:
        before = rows(applied)
        for table in tables(applied):
            for hand in hands:
                applied.run(hand.format(table))
        found = drifted(applied)
        for table in tables(applied):
            seen = fields(found[f"table.public.{table}"])
            assert seen >= {*hands.values()}
            assert seen == {*hands.values()} or "owner" in seen
        healed(applied, before)


@pytest.mark.parametrize("cluster", ["17"], indirect=True)
def test_the_extension(applied: Database) -> None:
    applied.run("drop extension http")
    assert drifted(applied).keys() == {"extension.http"}
    healed(applied, rows(applied))
