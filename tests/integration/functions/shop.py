"""A file of functions, and what its tests do again and again. Nothing here imports cpctl."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.integration.steps import document
from tests.runner import Runner
from tests.servers import Database

BODY = "\ndeclare\n  n bigint := 0;\nbegin\n  return n + coalesce(size, 1);\nend\n"
ADDRESS = "function.shop.count(text, bigint)"
SIGNATURE = "shop.count(text,bigint)"


def function(**more: Any) -> dict[str, Any]:
    """A function as an expansion may write it, with something to say in every field."""
    known = {
        "schema": "shop",
        "name": "count",
        "arguments": {"what": "text", "size": "bigint DEFAULT 7"},
        "returns": "bigint",
        "volatility": "stable",
        "config": ["search_path=pg_catalog, pg_temp", "work_mem=5MB"],
        "execute": ["caller"],
        "body": BODY,
    }
    return {**known, **more}


def file(*functions: dict[str, Any], **sections: object) -> str:
    """The file that has these and no others."""
    toys = {f"f{number}": found for number, found in enumerate(functions)}
    return document(**sections, **({"toys": toys} if toys else {}))


@contextmanager
def opened(database: Database, toys: Runner) -> Iterator[Database]:
    """With the schema shop, roles, and this version of cpctl."""
    database.runner = toys
    database.run("drop schema if exists shop cascade")
    database.run("create schema shop")
    for role in ("caller", "worker", "deploy", "anon"):
        database.new_role(role)
    database.run("grant usage on schema shop to caller, worker")
    database.run("set check_function_bodies = off")
    try:
        yield database
    finally:
        database.run("reset role")
        database.run("drop schema shop cascade")
        database.run("alter default privileges revoke all on functions from anon, caller")
        database.run("alter default privileges grant execute on functions to public")


def refused(database: Database, *options: str, user: str = "postgres") -> str:
    """Exit 3, of plan and of apply, and no function differs; what they say."""
    before = catalog(database)
    done = database.cpctl("apply", "--auto-approve", *options, user=user)
    assert done.code == 3, done
    assert catalog(database) == before
    return done.out + done.err + database.cpctl("plan", user=user).out


def catalog(database: Database) -> list[tuple[Any, ...]]:
    """All of pg_proc of the shop, but for the oid: what is made anew gets another.

    Stored expressions tell where in their statement they stood; they are printed instead.
    """
    return database.rows(
        "select to_jsonb(p) - array['oid', 'proacl', 'proargdefaults', 'prosqlbody'] || "
        "jsonb_build_object('written', pg_get_function_arguments(oid), "
        "'parsed', pg_get_function_sqlbody(oid)), p.prosrc, "
        "array(select a::text from "
        "unnest(coalesce(p.proacl, acldefault('f', p.proowner))) as a order by 1) "
        "from pg_proc p where pronamespace in (select oid from pg_namespace where nspname "
        "like 'shop%') order by p.proname, p.proargtypes"
    )


def differing(database: Database, user: str = "postgres") -> dict[str, list[str]]:
    """What diff finds: the names of the fields, by address."""
    done = database.cpctl("diff", "--format", "json", user=user)
    assert done.code == 2, done
    found = json.loads(done.out)["resources"]
    return {it["address"]: sorted(field["name"] for field in it["fields"]) for it in found}
