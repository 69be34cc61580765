"""A file of tables, and what their tests do again and again. Nothing here imports cpctl."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.integration.steps import document
from tests.runner import Runner
from tests.servers import Database

ADDRESS = "table.stall.runs"
JOB = {"j": {"schedule": "0 3 29 2 *", "command": "SELECT 1"}}
ROWS = 3
"""What `fill` puts into the table."""

RUNS: dict[str, Any] = {
    "schema": "stall",
    "name": "runs",
    "columns": {
        "id": {"type": "bigint", "nullable": False, "identity": "always"},
        "slot": {"type": "integer", "nullable": False, "identity": "by default"},
        "started_at": {"type": "timestamp with time zone", "nullable": False, "default": "now()"},
        "component": {"type": "text", "nullable": False, "default": "'none'::text"},
        "status": {"type": "text", "nullable": False, "default": "'open'::text"},
        "metadata": {"type": "jsonb", "nullable": False, "default": "'{}'::jsonb"},
        "latency": {"type": "numeric(10,2)"},
        "message": {"type": "character varying(200)"},
        "tags": {"type": "text[]"},
        "parent": {"type": "bigint"},
        "user": {"type": "uuid"},
        "code": {"type": 'text COLLATE pg_catalog."C"'},
    },
    "constraints": {
        "runs_pkey": "PRIMARY KEY (id)",
        "runs_slot_key": "UNIQUE (slot)",
        "runs_status_check": "CHECK ((status = ANY (ARRAY['open'::text, 'done'::text])))",
        "runs_parent_fkey": "FOREIGN KEY (parent) REFERENCES stall.runs(id) ON DELETE SET NULL",
    },
    "indexes": {
        "runs_started": "btree (started_at DESC)",
        "runs_open": "UNIQUE btree (component, slot) WHERE (status = 'open'::text)",
        "runs_metadata": "gin (metadata)",
        "runs_lower": "btree (lower(component))",
    },
    "policies": {
        "readers": {"command": "select", "roles": ["anon", "caller"], "using": "true"},
        "own": {
            "command": "all",
            "roles": ["caller"],
            "using": "(component = 'mine'::text)",
            "check": "(component = 'mine'::text)",
        },
        "everybody": {"command": "insert", "roles": ["public"], "check": "(latency IS NULL)"},
    },
    "grants": {"caller": ["SELECT", "INSERT"], "anon": ["SELECT"]},
}
PLAIN: dict[str, Any] = {"schema": "stall", "columns": {"id": {"type": "bigint"}}}
"""What is enough for a table; it lacks a name."""


def table(**more: Any) -> dict[str, Any]:
    """The rich table, with other parts."""
    return {**copy.deepcopy(RUNS), **more}


def plain(name: str, **more: Any) -> dict[str, Any]:
    return {**copy.deepcopy(PLAIN), "name": name, **more}


def file(*tables: dict[str, Any], **sections: object) -> str:
    """The file that has these and no others."""
    stalls = {f"t{number}": found for number, found in enumerate(tables)}
    return document(**{"jobs": JOB, **sections}, **({"stalls": stalls} if stalls else {}))


@contextmanager
def opened(database: Database, toys: Runner) -> Iterator[Database]:
    """With the schema stall, roles, and this version of cpctl."""
    database.runner = toys
    database.run("create schema stall")
    for role in ("caller", "worker", "deploy", "anon", "nosy"):
        database.new_role(role)
    database.run("grant usage on schema stall to caller")
    try:
        yield database
    finally:
        database.run("drop schema stall cascade")
        for whom in ("nosy", "public"):
            database.run(f"alter default privileges revoke all on tables from {whom}")
        database.run("alter default privileges grant all on tables to postgres")


def refused(database: Database, *options: str, user: str = "postgres") -> str:
    """Exit 3, of plan and of apply, and nothing differs; what they say."""
    before = catalog(database)
    done = database.cpctl("apply", "--auto-approve", *options, user=user)
    assert done.code == 3, done
    assert catalog(database) == before
    return done.out + done.err + database.cpctl("plan", user=user).out


def fill(database: Database, name: str = "runs") -> None:
    """Rows, the last of which leads to the first."""
    database.run(
        f"insert into stall.{name} (component, message) select 'c' || n, 'm' || n "
        f"from generate_series(1, {ROWS}) as n"
    )
    first = f"(select min(id) from stall.{name})"
    database.run(f"update stall.{name} set parent = {first} where slot = {ROWS}")


def rows(database: Database, columns: str = "id, component") -> list[tuple[Any, ...]]:
    return database.rows(f"select {columns} from stall.runs order by 1")


def catalog(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    """All that the catalogs say of the tables there, but for numbers that a new part gets anew."""
    found = {}
    for name, query in CATALOG.items():
        found[name] = sorted(database.rows(query), key=repr)
    return found


_OURS = "c.relnamespace = 'stall'::regnamespace"
CATALOG = {
    "tables": "select relname::text, relkind, relpersistence, relrowsecurity, relforcerowsecurity, "
    f"relowner::regrole::text from pg_class c where {_OURS} and relkind in ('r', 'v')",
    "grants": "select c.relname::text, a.grantee::regrole::text, a.grantor::regrole::text, "
    "a.privilege_type, a.is_grantable from pg_class c cross join "
    f"aclexplode(coalesce(relacl, acldefault('r', relowner))) a where {_OURS} and relkind = 'r'",
    "columns": "select c.relname::text, attname::text, format_type(atttypid, atttypmod), "
    "attnotnull, attidentity, attgenerated, attcollation::int, pg_get_expr(adbin, adrelid), "
    "nullif(attacl::text, '{}') from pg_class c join pg_attribute a on attrelid = c.oid "
    "left join pg_attrdef d on adrelid = c.oid and adnum = attnum "
    f"where {_OURS} and attnum > 0 and not attisdropped and relkind = 'r'",
    "constraints": "select c.relname::text, conname::text, pg_get_constraintdef(k.oid) "
    f"from pg_class c join pg_constraint k on conrelid = c.oid where {_OURS}",
    "indexes": "select c.relname::text, pg_get_indexdef(indexrelid), indisvalid from pg_class c "
    f"join pg_index on indrelid = c.oid where {_OURS} and relkind = 'r'",
    "policies": "select c.relname::text, polname::text, polcmd, polpermissive, "
    "(select array_agg(r::regrole::text order by 1) from unnest(polroles) r), "
    "pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid) "
    f"from pg_class c join pg_policy on polrelid = c.oid where {_OURS}",
}
"""By what it is about; the tests' own questions."""


def differing(database: Database, user: str = "postgres") -> dict[str, list[str]]:
    """What diff finds: the names of the fields, by address."""
    done = database.cpctl("diff", "--format", "json", user=user)
    assert done.code == 2, done
    found = json.loads(done.out)["resources"]
    return {it["address"]: sorted(field["name"] for field in it["fields"]) for it in found}
