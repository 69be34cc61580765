"""What a file may say of functions, every way that it gets to a server, and the way back."""

from __future__ import annotations

import subprocess
from typing import Any

from tests.integration.functions.shop import (
    ADDRESS,
    BODY,
    catalog,
    differing,
    file,
    function,
    refused,
)
from tests.integration.steps import job, plan
from tests.integration.toys import apply
from tests.servers import Database

PLAIN = {"arguments": {}, "returns": "text", "language": "sql", "config": []}
BODIES = {
    "dollars": "select '$$ $function$ $1 $function1$'::text",
    "an open tag": "select 'x'::text -- $function",
    "quotes": "select 'it''s \"$1\" :name :''x'' '::text",
    "an odd quote": "select 'x'::text -- \" ' $1",
    "backslashes": "select E'\\\\ \\n'::text || '\\'",
    "unicode": "select 'ümläut ☃ 𝄞'::text",
    "signs that do not print": "select 'a\tb\u202ed\U000e0041'::text\r\n",
    "space around": "\n\n  select 'x'::text  \n\n",
    "psql": "select 'x'::text;\n-- \\! false\n-- \\q",
    "100 kB": f"select 'x'::text /* {'0123456789' * 10_000} */",
}


def psql(database: Database, script: str) -> None:
    command = database.cluster.psql("-X")
    done = subprocess.run(command, input=script, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done


def test_a_body_gets_there_as_it_is(shop: Database) -> None:
    """By an apply, by a saved plan and by psql."""
    shop.run("reset check_function_bodies")
    bodies = {f"f{number}": body for number, body in enumerate(BODIES.values())}
    apply(shop, file(*(function(**PLAIN, name=name, body=bodies[name]) for name in bodies)))
    assert {row["proname"]: found for row, found, _ in catalog(shop)} == bodies
    before = catalog(shop)
    drop = f"drop function {', '.join(f'shop.{name}()' for name in bodies)}"
    shop.run(drop)
    assert shop.cpctl("plan", "--out", "plan.json").code == 0
    done = shop.cpctl("apply", "plan.json", "--auto-approve")
    assert done.code == 0, done
    assert catalog(shop) == before
    shop.run(drop)
    script = shop.cpctl("plan", "--format", "sql")
    psql(shop, script.out)
    assert catalog(shop) == before
    assert shop.cpctl("plan", "--detailed-exitcode").code == 0


CHANGED: tuple[dict[str, Any], ...] = (
    {"arguments": {"what": "text", "magnitude": "bigint DEFAULT 7"}, "body": "begin end"},
    {"arguments": {"what": "text", "size": "bigint"}},
    {"arguments": {"what": "text DEFAULT 'x, (y'::text", "size": "bigint DEFAULT 9"}},
    {"returns": "SETOF integer", "body": "begin end"},
    {"returns": "TABLE(a text, b integer)", "body": "begin end"},
    {"language": "sql", "body": "select 1::bigint"},
    {"volatility": "immutable", "strict": True, "parallel": "safe", "security": "invoker"},
    {"config": [], "execute": []},
    {"execute": ["anon", "public", "worker"]},
)


def test_changes_of_the_file(shop: Database) -> None:
    """Each of a function of its own, and all taken back by one rollback."""
    changed = {f"f{number}": more for number, more in enumerate(CHANGED)}
    apply(shop, file(*(function(name=name) for name in changed)))
    before = catalog(shop)
    apply(shop, file(*(function(name=name, **more) for name, more in changed.items())))
    found = {row["proname"]: (row, {*acl}) for row, _, acl in catalog(shop)}
    for name, more in changed.items():
        row, acl = found[name]
        callers = (*more.get("execute", ["caller"]), "postgres")
        assert acl == {f"{'' if it == 'public' else it}=X/postgres" for it in callers}
        assert row not in [it for it, *_ in before] or more.keys() == {"execute"}, more
    done = shop.cpctl("rollback", "--auto-approve")
    assert done.code == 0, done
    assert catalog(shop) == before


def test_other_arguments_are_another_function(shop: Database) -> None:
    shop.run("create function shop.count() returns text language sql as 'select null::text'")
    shop.run("create function shop.count(text, int) returns text language sql as 'select $1'")
    others = catalog(shop)
    jobs = {"j": job()}
    apply(shop, file(function(), jobs=jobs))
    apply(shop, file(function(arguments={"what": "text"}, body="begin return 1; end"), jobs=jobs))
    assert shop.rows(
        "select p.oid::regprocedure::text from pg_proc p where pronamespace = 'shop'::regnamespace "
        "order by 1"
    ) == [("shop.count()",), ("shop.count(text)",), ("shop.count(text,integer)",)]
    assert plan(shop)["summary"]["unmanaged"] == 0
    apply(shop, file(jobs=jobs))
    assert catalog(shop) == others


def test_names_that_need_quotes(shop: Database) -> None:
    shop.run('drop schema if exists "shop .A(""" cascade')
    shop.run('create schema "shop .A("""')
    shop.new_role('ca"l, ler')
    odd = function(
        schema='shop .A("',
        name='sel"ect.$strip$(',
        arguments={
            "Sel, ect": "text DEFAULT '$1 , \"('::text",
            "values": "integer[] DEFAULT '{}'::integer[]",
        },
        config=['search_path="a, b","$user",  "select"', "app.Odd=it's \\ x"],
        execute=['ca"l, ler'],
    )
    try:
        text = file(odd)
        apply(shop, text)
        before = catalog(shop)
        assert len(before[0][2]) == 2
        shop.run(
            "update pg_proc set proacl = null, prosrc = '' where pronamespace = %s::regnamespace",
            '"shop .A("""',
        )
        assert [*differing(shop).values()] == [["body", "execute"]]
        apply(shop)
        assert catalog(shop) == before
        apply(shop, file(jobs={"j": job()}))
        assert catalog(shop) == []
        shop.write(text)
        psql(shop, shop.cpctl("plan", "--format", "sql").out)
        assert catalog(shop) == before
        assert shop.cpctl("plan", "--detailed-exitcode").code == 0
    finally:
        shop.run('drop schema "shop .A(""" cascade')


def test_the_schema_of_an_extension(shop: Database) -> None:
    """As it is where it is installed, else as it will be."""
    shop.run('create schema "shop 2"')
    body = "begin return length(@extschema:citext@.citext('x')); end"
    text = file(
        function(
            body=body,
            config=["search_path=pg_catalog, @extschema:citext@"],
            requires={"citext": "shop"},
        )
    )
    try:
        apply(shop, text)
        assert [found for _, found, _ in catalog(shop)] == [
            body.replace("@extschema:citext@", "shop")
        ]
        shop.run('create extension citext schema "shop 2"')
        assert differing(shop) == {ADDRESS: ["body", "config"]}
        apply(shop)
        assert shop.rows("select shop.count('a')") == [(1,)]
        unknown = function(body="begin return @extschema:nowhere@.f(); end")
        shop.write(file(unknown))
        done = shop.cpctl("plan")
        assert done.code == 1
        assert "calls the extension nowhere" in done.err
    finally:
        shop.run("drop extension if exists citext")
        shop.run('drop schema "shop 2" cascade')


def test_a_plan_reads_well(shop: Database) -> None:
    shop.write(file(function()))
    said = shop.cpctl("plan").out
    assert "function.shop.count(text, bigint) will be created" in said
    assert "cost" not in said
    assert "leakproof" not in said
    apply(shop)
    shop.write(file(function(body=BODY.replace("size, 1", "size, 2"))))
    said = shop.cpctl("plan").out
    assert "-   return n + coalesce(size, 1);" in said
    assert "+   return n + coalesce(size, 2);" in said
    assert "function.shop.count" in shop.cpctl("plan", "--format", "markdown").out


def test_a_rollback_of_the_first_apply_takes_it_away(shop: Database) -> None:
    apply(shop, file(function(), jobs={"j": job()}))
    done = shop.cpctl("rollback", "--auto-approve", "--allow", "EMPTY_FILE")
    assert done.code == 0, done
    assert catalog(shop) == []


def test_a_rollback_brings_back_what_was_removed(shop: Database) -> None:
    apply(shop, file(function(), jobs={"j": job()}))
    before = catalog(shop)
    apply(shop, file(jobs={"j": job()}))
    assert catalog(shop) == []
    done = shop.cpctl("rollback", "--auto-approve")
    assert done.code == 0, done
    assert catalog(shop) == before
    shop.write(file(function(), jobs={"j": job()}))
    assert shop.cpctl("plan", "--detailed-exitcode").code == 0


def test_what_a_hand_dropped_comes_back(shop: Database) -> None:
    apply(shop, file(function()))
    before = catalog(shop)
    shop.run("drop function shop.count")
    assert shop.cpctl("diff").code == 2
    apply(shop)
    assert catalog(shop) == before


def test_a_migration_does_not_leave_it_out_in_silence(shop: Database) -> None:
    shop.write(file(function()))
    done = shop.cpctl("render")
    assert (done.code, done.out) == (3, "")
    assert "has no form that a migration can hold" in done.err


def test_what_is_not_there_is_said_before(shop: Database) -> None:
    text = file(function(schema="nowhere", execute=["ghost"]))
    shop.write(text)
    said = refused(shop)
    assert "there is no schema nowhere" in said
    assert "CREATE SCHEMA nowhere;" in said
    assert "CREATE ROLE ghost;" in said
