"""Whose functions are, who may call them, and what is somebody else's."""

from __future__ import annotations

import pytest

from tests.integration.functions.shop import (
    ADDRESS,
    SIGNATURE,
    catalog,
    differing,
    file,
    function,
    refused,
)
from tests.integration.roles import give, grants, renew, statements
from tests.integration.steps import job
from tests.integration.toys import apply
from tests.servers import Database

OWNED = {"defaults": {"username": "worker"}}
MINE = {"defaults": {"username": "deploy"}}
JOBS = {"jobs": {"j": job()}}
DEFAULTS = (
    "alter default privileges for role worker grant execute on functions to anon",
    "alter default privileges for role worker in schema shop grant all on functions to deploy",
    "alter default privileges for role worker revoke execute on functions from public",
    (
        "alter default privileges for role worker in schema shop "
        "grant execute on functions to caller with grant option"
    ),
)


def ready(database: Database, role: str = "worker") -> None:
    """What an owner of functions needs."""
    database.run(f"grant create, usage on schema shop to {role}")


def test_another_owner_by_a_superuser(shop: Database) -> None:
    ready(shop)
    apply(shop, file(function(), **OWNED))
    ((row, _, acl),) = catalog(shop)
    assert shop.rows("select 'worker'::regrole::oid::text") == [(row["proowner"],)]
    assert acl == ["caller=X/worker", "worker=X/worker"]


def test_default_privileges_leave_nothing(shop: Database) -> None:
    """In the same apply, when it is made and when it is made anew, and by psql."""
    ready(shop)
    give(shop, DEFAULTS)
    shop.run("alter default privileges for role worker grant execute on functions to public")
    apply(shop, file(function(), **OWNED))
    ((_, _, acl),) = catalog(shop)
    assert acl == ["caller=X/worker", "worker=X/worker"]
    apply(shop, file(function(returns="integer", execute=["anon", "public"]), **OWNED))
    ((_, _, acl),) = catalog(shop)
    assert acl == ["=X/worker", "anon=X/worker", "worker=X/worker"]


def test_a_member_applies_and_heals_for_the_owner(shop: Database) -> None:
    ready(shop)
    give(shop, ("grant worker to deploy", "grant usage on schema cron to deploy, worker"))
    apply(shop, file(function(), **OWNED, ledger=False), user="deploy")
    before = catalog(shop)
    shop.run(f"grant all on function {SIGNATURE} to anon with grant option")
    shop.run(f"alter function {SIGNATURE} security invoker")
    assert differing(shop, user="deploy") == {ADDRESS: ["execute", "security"]}
    assert "TAKES_OVER" in refused(shop, user="deploy")
    apply(shop, "", "--allow", "TAKES_OVER", user="deploy")
    assert catalog(shop) == before


SOMEBODYS = {
    "another result": "function {} returns int language sql as 'select 1'",
    "parsed already": "function {} returns bigint begin atomic; select 1; end",
    "a procedure": "procedure {} language plpgsql set work_mem = '1MB' as 'begin end'",
    "with all options": "function {} returns setof bigint language plpgsql immutable strict "
    "leakproof parallel safe cost 5 rows 3 as 'begin end'",
}


def test_somebodys_is_taken_over_where_that_is_allowed(shop: Database) -> None:
    """And given back."""
    names = [f"count{number}" for number, _ in enumerate(SOMEBODYS)]
    for name, made in zip(names, SOMEBODYS.values(), strict=True):
        shop.run("create " + made.format(f"shop.{name}(what text, size bigint default 7)"))
        shop.run(f"alter routine shop.{name} owner to worker")
        shop.run(f"grant execute on routine shop.{name} to anon with grant option")
    shop.write(file(*(function(name=name) for name in names), **JOBS))
    before = catalog(shop)
    said = refused(shop)
    assert "already, and no apply of scheduler.yaml is known to have had" in said
    for name in names:
        assert f"function.shop.{name}(text, bigint)" in said
    assert "--allow TAKES_OVER" in said
    apply(shop, "", "--allow", "TAKES_OVER")
    for taken, was in zip(catalog(shop), before, strict=True):
        assert taken != was
    done = shop.cpctl("rollback", "--auto-approve")
    assert done.code == 0, done
    assert catalog(shop) == before


def test_an_equal_function_is_adopted(shop: Database) -> None:
    apply(shop, file(function()))
    shop.run("drop schema cpctl cascade")
    before = catalog(shop)
    shop.write(file(function(), **JOBS))
    apply(shop)
    assert catalog(shop) == before
    apply(shop, file(function(volatility="volatile"), **JOBS))
    apply(shop, file(**JOBS))
    assert catalog(shop) == []


def test_what_others_need_is_not_dropped(shop: Database) -> None:
    apply(shop, file(function(), function(name="other", arguments={}), **JOBS))
    shop.run("create view shop.shown as select shop.count('a') as n")
    shop.run("create table shop.t (n bigint default shop.count('x'))")
    shop.write(file(**JOBS))
    said = refused(shop)
    assert "is still needed by" in said
    assert "rule _RETURN on view shop.shown" in said
    assert "default value for column n of table shop.t" in said
    shop.write(file(function(returns="integer"), **JOBS))
    assert "would be dropped and made anew" in refused(shop)
    apply(shop, file(function(volatility="volatile"), **JOBS))
    give(shop, ("drop view shop.shown", "drop table shop.t"))
    apply(shop, file(**JOBS))
    assert catalog(shop) == []


def test_what_became_part_of_an_extension_is_not_dropped(shop: Database) -> None:
    apply(shop, file(function(), **JOBS))
    shop.run(f"alter extension plpgsql add function {SIGNATURE}")
    try:
        shop.write(file(**JOBS))
        assert "is still needed by extension plpgsql" in refused(shop)
    finally:
        shop.run(f"alter extension plpgsql drop function {SIGNATURE}")


def test_what_an_aggregate_is_stays(shop: Database) -> None:
    shop.run(
        "create function shop.larger(text, text, bigint) returns text language sql as 'select $1'"
    )
    shop.run("create aggregate shop.count(text, bigint) (sfunc = shop.larger, stype = text)")
    shop.write(file(function()))
    assert "is here as aggregate" in refused(shop, "--allow", "TAKES_OVER")


@pytest.mark.parametrize("sections", [MINE, OWNED], ids=["own", "another's"])
def test_each_line_of_grants_is_needed(shop: Database, sections: dict[str, object]) -> None:
    shop.run("revoke usage on language plpgsql from public")
    shop.run("revoke usage on schema shop from worker")
    owner = "worker" if sections is OWNED else "deploy"
    try:
        shop.write(file(function(), **sections, **JOBS))
        lines = statements(grants(shop, "deploy").out)
        for right in ("USAGE ON SCHEMA shop", "CREATE ON SCHEMA shop", "USAGE ON LANGUAGE plpgsql"):
            assert f"GRANT {right} TO {owner};" in lines
        for line in lines:
            for role in ("deploy", "worker"):
                renew(shop, role)
            give(shop, [other for other in lines if other != line])
            assert line.partition(" TO ")[0] in refused(shop, user="deploy"), line
        give(shop, lines)
        apply(shop, user="deploy")
    finally:
        shop.run("grant usage on language plpgsql to public")


def test_what_belongs_to_another_role_needs_its_membership(shop: Database) -> None:
    shop.write(file(function(), **MINE, **JOBS))
    give(shop, statements(grants(shop, "deploy").out))
    apply(shop, user="deploy")
    before = catalog(shop)
    shop.run(f"alter function {SIGNATURE} owner to caller")
    allow = ("--allow", "TAKES_OVER")
    said = refused(shop, *allow, user="deploy")
    assert "GRANT caller TO deploy" in said
    lines = statements(grants(shop, "deploy").out)
    assert any(line.startswith("GRANT caller TO deploy") for line in lines)
    give(shop, lines)
    apply(shop, "", *allow, user="deploy")
    assert catalog(shop) == before
