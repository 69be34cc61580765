"""Functions come, stay as the file has them whatever a hand does, and go again."""

from __future__ import annotations

from typing import Any, NamedTuple

from tests.integration.functions.shop import (
    ADDRESS,
    BODY,
    SIGNATURE,
    catalog,
    differing,
    file,
    function,
)
from tests.integration.toys import apply
from tests.servers import Database

ALTER = f"alter function {SIGNATURE}"
REPLACE = (
    "create or replace function shop.count(what text, size bigint default {default}) "
    "returns bigint language plpgsql stable security definer "
    "set search_path = pg_catalog, pg_temp set work_mem = '5MB' as $${body}$$"
)
DROP = f"drop function {SIGNATURE}"
ANEW = (
    "create function shop.count({arguments}) returns {returns} language plpgsql stable "
    "security definer set search_path = pg_catalog, pg_temp set work_mem = '5MB' as $${body}$$"
)
ALLOW = (
    f"revoke all on function {SIGNATURE} from public",
    f"grant execute on function {SIGNATURE} to caller",
)


def anew(arguments: str, returns: str) -> tuple[str, ...]:
    return DROP, ANEW.format(arguments=arguments, returns=returns, body=BODY), *ALLOW


BY_HAND = (
    ("body", REPLACE.format(default=7, body=BODY.replace("1", "2"))),
    ("arguments", REPLACE.format(default=8, body=BODY)),
    ("arguments", *anew("what text, size bigint", "bigint")),
    ("arguments", *anew("what text, magnitude bigint default 7", "bigint")),
    ("arguments", *anew("what text default ', (x'::text, size bigint default 7", "bigint")),
    ("returns", *anew("what text, size bigint default 7", "integer")),
    ("returns rows", *anew("what text, size bigint default 7", "setof bigint")),
    ("volatility", f"{ALTER} immutable"),
    ("security", f"{ALTER} security invoker"),
    ("strict", f"{ALTER} strict"),
    ("parallel", f"{ALTER} parallel safe"),
    ("leakproof", f"{ALTER} leakproof"),
    ("cost", f"{ALTER} cost 12.5"),
    ("config", f"{ALTER} set search_path = public"),
    ("config", f"{ALTER} set search_path = 'pg_catalog, pg_temp'"),
    ("config", f"{ALTER} reset work_mem"),
    ("config", f"{ALTER} set \"app.x\" = 'y'"),
    ("owner", f"{ALTER} owner to worker"),
    ("execute", f"grant execute on function {SIGNATURE} to public"),
    ("execute", f"grant execute on function {SIGNATURE} to worker, anon"),
    ("execute", f"revoke execute on function {SIGNATURE} from caller"),
    ("execute", f"grant execute on function {SIGNATURE} to caller with grant option"),
    ("execute", f"revoke execute on function {SIGNATURE} from postgres"),
    (
        "execute",
        f"grant execute on function {SIGNATURE} to caller with grant option",
        "set role caller",
        f"grant execute on function {SIGNATURE} to anon",
        "reset role",
    ),
    (
        "body execute owner security",
        f"{ALTER} owner to caller",
        f"grant execute on function {SIGNATURE} to postgres",
        f"{ALTER} security invoker",
        f"update pg_proc set prosrc = 'begin end' where oid = '{SIGNATURE}'::regprocedure",
    ),
    ("kind returns", f"update pg_proc set prokind = 'p' where oid = '{SIGNATURE}'::regprocedure"),
)
"""The fields that show it, and what a hand did."""

IN_THE_CATALOG = {
    "support": "prosupport = 'generate_series_int4_support'::regproc",
    "rows": "prorows = 3",
    "library": "probin = 'x'",
    "transforms": "protrftypes = array['text'::regtype::oid]",
    "language": "prolang = (select oid from pg_language where lanname = 'sql')",
}
"""What ALTER FUNCTION does not do for such a function, a superuser can."""

COLUMNS = (
    "oid proacl proallargtypes proargdefaults proargmodes proargnames proargtypes probin "
    "proconfig procost proisstrict prokind prolang proleakproof proname pronamespace "
    "pronargdefaults pronargs proowner proparallel proretset prorettype prorows prosecdef "
    "prosqlbody prosrc prosupport protrftypes provariadic provolatile"
)


def test_made_as_declared_and_gone_again(shop: Database) -> None:
    apply(shop, file(function()))
    ((row, body, acl),) = catalog(shop)
    assert body == BODY
    assert (row["prosecdef"], row["provolatile"], row["proisstrict"]) == (True, "s", False)
    assert row["proconfig"] == ["search_path=pg_catalog, pg_temp", "work_mem=5MB"]
    assert acl == ["caller=X/postgres", "postgres=X/postgres"]
    assert shop.rows("select shop.count('a')") == [(7,)]
    assert shop.cpctl("diff").code == 0
    apply(shop, file(jobs={"j": {"schedule": "0 3 29 2 *", "command": "SELECT 1"}}))
    assert catalog(shop) == []


class Laid(NamedTuple):
    """A hand on a function of its own, which is like `count` in all but the name."""

    name: str
    fields: str
    statements: tuple[str, ...]
    differently: dict[str, Any]
    address: str = ADDRESS

    def own(self, text: str) -> str:
        return text.replace("count", self.name)


def laid() -> list[Laid]:
    hands: list[tuple[Any, ...]] = [(fields, hand, {}) for fields, *hand in BY_HAND]
    for field, change in IN_THE_CATALOG.items():
        hand = f"update pg_proc set {change} where oid = '{SIGNATURE}'::regprocedure"
        hands.append((field, (hand,), {}))
    hands.append(("body standard", (PARSED,), PLAIN, "function.shop.count()"))
    return [Laid(f"count{number:02}", *hand) for number, hand in enumerate(hands)]


PLAIN = {"language": "sql", "body": "select 7::bigint", "arguments": {}}
PARSED = (
    "create or replace function shop.count() returns bigint stable security definer "
    "set search_path = pg_catalog, pg_temp set work_mem = '5MB' begin atomic; select 7; end"
)
"""A body that is parsed already is another body."""


def test_each_change_by_hand_is_named_by_itself_and_healed(shop: Database) -> None:
    """One on each of many functions, and none on the last."""
    hands = laid()
    made = [function(name=one.name, **one.differently) for one in hands]
    apply(shop, file(*made, function(name="untouched")))
    before = catalog(shop)
    for one in hands:
        for statement in one.statements:
            shop.run(one.own(statement))
    after = catalog(shop)
    for one in hands:
        assert named(after, one.name) != named(before, one.name), one
    assert differing(shop) == {one.own(one.address): one.fields.split() for one in hands}
    apply(shop)
    healed = catalog(shop)
    for one in hands:
        assert named(healed, one.name) == named(before, one.name), one
    assert healed == before


def named(found: list[tuple[Any, ...]], name: str) -> list[tuple[Any, ...]]:
    return [row for row in found if row[0]["proname"] == name]


def test_every_column_of_the_catalog_is_accounted_for(shop: Database) -> None:
    """A version that adds one must be looked at."""
    columns = shop.rows(
        "select string_agg(attname, ' ' order by attname) from pg_attribute "
        "where attrelid = 'pg_proc'::regclass and attnum > 0"
    )
    assert columns == [(COLUMNS,)]
