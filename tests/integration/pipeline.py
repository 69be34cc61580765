"""The Content Pipeline's own files, with its Edge Functions standing in on loopback.

17 calls them by the http extension, 15 by pg_net's stand-in.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from tests import pg_net
from tests.edge_server import EdgeServer, answer
from tests.runner import Result
from tests.servers import Database

ROOT = Path(__file__).parents[2]
OVERLAY = "edge-functions.yaml"
FILES = ("-f", "scheduler.yaml", "-f", OVERLAY)
KEY = "your-production-service-role-key"
TRANSPORTS = {"15": "pg_net", "17": "http"}
ANSWERS: dict[str, dict[str, Any]] = {
    "content-automation": {"processed": 3},
    "sweeper": {"action": "sweep", "status": "completed", "records_processed": 2},
    "monitor": {"logs": [{"alert_type": "queue", "severity": "info", "status": "resolved"}]},
    "metrics": {"metric_type": "queue", "metric_name": "pending", "metric_value": 4},
    "health": {"component": "database", "status": "healthy", "response_time_ms": 3},
    "cleanup": {"operation_type": "archive", "table_name": "jobs", "records_deleted": 0},
}
OURS = """
select format('drop %s public.%s cascade', what, name) from (
    select 'routine' as what, oid, 'pg_proc'::regclass as of,
        format('%I(%s)', proname, pg_get_function_identity_arguments(oid)) as name
    from pg_proc where pronamespace = 'public'::regnamespace
    union all
    select 'table', oid, 'pg_class', quote_ident(relname) from pg_class
    where relnamespace = 'public'::regnamespace and relkind = 'r'
) as made
where not exists (select from pg_depend d
                  where d.objid = made.oid and d.classid = made.of and d.deptype = 'e')
order by 1
"""
"""What stands in the schema public and belongs to no extension."""


@contextmanager
def pipeline(database: Database) -> Iterator[EdgeServer]:
    """The files, the Edge Functions that answer as they should, and nothing applied yet."""
    transport = TRANSPORTS[database.version]
    there = pg_net.standing_in(database) if transport == "pg_net" else nullcontext()
    with EdgeServer() as edge, there:
        healthy(edge)
        write(database)
        url = edge.url("")
        database.environment |= {"SUPABASE_URL": url, "SUPABASE_SERVICE_ROLE_KEY": KEY}
        clear(database)
        try:
            yield edge
        finally:
            clear(database)


def write(database: Database) -> None:
    database.write((ROOT / "scheduler.yaml").read_text(encoding="utf-8"))
    overlay = (ROOT / "examples/edge-functions" / OVERLAY).read_text(encoding="utf-8")
    transport = f"transport: {TRANSPORTS[database.version]}"
    database.write(overlay.replace("transport: http", transport), OVERLAY)


def healthy(edge: EdgeServer) -> None:
    for name, said in ANSWERS.items():
        edge.behaviours[f"/functions/v1/{name}"] = answer(200, said)


def broken(edge: EdgeServer) -> None:
    for name in ANSWERS:
        edge.behaviours[f"/functions/v1/{name}"] = answer(500, {"error": "down"})


def clear(database: Database) -> None:
    for (statement,) in database.rows(OURS):
        database.run(statement)
    if database.version == "17":
        database.run("create extension if not exists http")


def cpctl(database: Database, command: str, *options: str, code: int = 0) -> Result:
    done = database.cpctl(command, *FILES, *options)
    assert done.code == code, done
    return done


def apply(database: Database, *options: str) -> Result:
    """Apply; the next plan is empty."""
    done = cpctl(database, "apply", "--auto-approve", *options)
    cpctl(database, "plan", "--detailed-exitcode")
    return done


def drifted(database: Database) -> dict[str, dict[str, Any]]:
    """What `diff` finds, by address; it exits 2 if that is anything."""
    done = database.cpctl("diff", *FILES, "--format", "json")
    found = {one["address"]: one for one in json.loads(done.out)["resources"]}
    assert done.code == (2 if found else 0), done
    return found
