"""Nobody who may create functions where the runtime is comes to run his own with its rights.

PostgreSQL takes the function whose arguments fit best, and a literal fits `text` best of all.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import psycopg
import pytest
from psycopg import sql

from tests.edge_server import EdgeServer
from tests.integration.pipeline import apply, broken, healthy, pipeline
from tests.integration.running import until
from tests.servers import Database

KINDS = "text", "character varying", "name", "integer", "bigint", "jsonb", "interval", "anyelement"
MOST = 3
"""So many arguments get every combination of these; more of them, each of these in one place."""
OURS = """
select n.nspname, p.proname, array(
    select format_type(t, null) from unnest(p.proargtypes) with ordinality as a (t, place)
    order by place
)
from pg_proc p join pg_namespace n on n.oid = p.pronamespace
where n.nspname = 'public' and p.pronargs > 0 and p.proowner <> 'mallory'::regrole
"""
DECOY = """
create function {name}({types}) returns record language plpgsql as
$$ begin perform nextval('public.fooled'); raise exception 'fooled'; end $$
"""


@pytest.fixture
def edge(database: Database) -> Iterator[EdgeServer]:
    with pipeline(database) as server:
        yield server
        database.run("drop owned by mallory cascade")


def decoys(database: Database) -> int:
    """Beside every function that takes something, in all shapes that could fit a call better."""
    with psycopg.connect(database.url("mallory"), autocommit=True) as mallory:
        mallory.execute("create sequence public.fooled")
        mallory.execute("grant usage on sequence public.fooled to public")
        taken = {(name, tuple(types)) for _, name, types in database.rows(OURS)}
        wanted = {(name, shape) for name, types in taken for shape in shapes(types)}
        for name, shape in wanted - taken:
            types = sql.SQL(", ").join(map(sql.SQL, shape))
            mallory.execute(sql.SQL(DECOY).format(name=sql.Identifier("public", name), types=types))
    return len(wanted - taken)


def shapes(types: tuple[str, ...]) -> set[tuple[str, ...]]:
    if len(types) <= MOST:
        return set(product(KINDS, repeat=len(types)))
    one = {(*types[:n], kind, *types[n + 1 :]) for n in range(len(types)) for kind in KINDS}
    return one | {(kind,) * len(types) for kind in KINDS}


def run(database: Database, *statements: str) -> None:
    """In a session of their own, which sees the settings as they are."""
    with psycopg.connect(database.url(), autocommit=True) as session:
        for statement in statements:
            session.execute(statement.encode())


def answered(database: Database) -> bool:
    """pg_net's answers come later, and a recovery collects them."""
    run(database, "select public.recover_edge_functions()")
    return not database.rows("select from public.job_runs where status = 'running'")


def test_no_call_is_taken_by_a_function_of_somebody_else(
    database: Database, edge: EdgeServer
) -> None:
    database.new_role("mallory", "CREATE ON SCHEMA public")
    apply(database)
    assert decoys(database) > 1000
    commands = [job["command"] for job in database.jobs().values()]
    assert len(commands) == 8
    for change in (healthy, broken):
        change(edge)
        run(database, *commands)
        until(lambda: answered(database), "all answers")
        database.run(
            "update public.job_runs set completed_at = completed_at - interval '1 hour', "
            "started_at = started_at - interval '1 hour'"
        )
    database.run(
        "update public.job_runs set status = 'running', metadata = metadata - 'request_id' "
        "where id = 1"
    )
    run(database, *commands, "set app.sweeper_url = ''", "select trigger_sweeper()")
    for call in ("manage_cron_jobs()", "get_scheduler_health()", "initialize_scheduler()"):
        run(database, f"select * from public.{call}")
    assert database.rows("select is_called from public.fooled") == [(False,)]
    assert len(edge.seen) >= 12
    assert database.rows("select from public.job_runs where metadata ? 'retried_by'")
    codes = {code for (code,) in database.rows("select distinct error_code from public.job_runs")}
    assert {"stale", "missing_setting"} <= codes
    assert "call_failed" not in codes
