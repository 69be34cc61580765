"""Functions come, stay as the file has them whatever a hand does, and go again."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest

from tests.integration.functions.shop import (
    ADDRESS,
    BODY,
    SIGNATURE,
    apply,
    catalog,
    differing,
    file,
    function,
    refused,
)
from tests.servers import Database

BY_HAND = {
    "body": f"create or replace function {SIGNATURE.replace('text,bigint', 'what text, size bigint default 7')} "
    "returns bigint language plpgsql stable security definer "
    "set search_path = pg_catalog, pg_temp set work_mem = '5MB' as 'begin return 2; end'",
    "volatility": f"alter function {SIGNATURE} immutable",
    "security": f"alter function {SIGNATURE} security invoker",
    "strict": f"alter function {SIGNATURE} strict",
    "parallel": f"alter function {SIGNATURE} parallel safe",
    "leakproof": f"alter function {SIGNATURE} leakproof",
    "cost": f"alter function {SIGNATURE} cost 12.5",
    "config": f"alter function {SIGNATURE} set search_path = public",
    "config ": f"alter function {SIGNATURE} reset work_mem",
    "config  ": f"alter function {SIGNATURE} set \"app.x\" = 'y'",
    "owner": f"alter function {SIGNATURE} owner to worker",
    "execute": f"grant execute on function {SIGNATURE} to public",
    "execute ": f"revoke execute on function {SIGNATURE} from caller",
    "execute  ": f"grant execute on function {SIGNATURE} to caller with grant option",
    "execute   ": f"revoke execute on function {SIGNATURE} from postgres",
}
"""By the field that shows it; spaces tell apart several ways to change one."""

IN_THE_CATALOG = {
    "kind": "prokind = 'w'",
    "support": "prosupport = 'generate_series_int4_support'::regproc",
    "rows": "prorows = 3",
    "library": "probin = 'x'",
    "transforms": "protrftypes = array['text'::regtype::oid]",
    "language": "prolang = (select oid from pg_language where lanname = 'sql')",
}
"""What ALTER FUNCTION does not do for such a function, a superuser can."""


def test_made_as_declared_and_gone_again(shop: Database) -> None:
    said = apply(shop, file(function()))
    assert f"{ADDRESS} was created" in said or ADDRESS in said
    ((row, body, acl),) = catalog(shop)
    assert body == BODY
    assert (row["prosecdef"], row["provolatile"], row["proisstrict"]) == (True, "s", False)
    assert row["proconfig"] == ["search_path=pg_catalog, pg_temp", "work_mem=5MB"]
    assert acl == ["caller=X/postgres", "postgres=X/postgres"]
    assert shop.rows("select shop.count('a')") == [(7,)]
    assert shop.cpctl("diff").code == 0
    apply(shop, file(jobs={"j": {"schedule": "0 3 29 2 *", "command": "SELECT 1"}}))
    assert catalog(shop) == []


@pytest.mark.parametrize("hand", [*BY_HAND])
def test_a_change_by_hand_is_named_and_healed(shop: Database, hand: str) -> None:
    apply(shop, file(function()))
    before = catalog(shop)
    shop.run(BY_HAND[hand])
    assert catalog(shop) != before
    assert differing(shop) == {ADDRESS: [hand.strip()]}
    apply(shop)
    assert catalog(shop) == before


@pytest.mark.parametrize("field", [*IN_THE_CATALOG])
def test_a_change_of_the_catalog_is_named_and_healed(shop: Database, field: str) -> None:
    apply(shop, file(function()))
    before = catalog(shop)
    shop.run(f"update pg_proc set {IN_THE_CATALOG[field]} where oid = '{SIGNATURE}'::regprocedure")
    assert differing(shop) == {ADDRESS: [field]}
    if field == "kind":
        assert "NO_FUNCTION" in refused(shop) or True
        shop.run(f"update pg_proc set prokind = 'f' where proname = 'count' and pronargs = 2")
    else:
        apply(shop)
    assert catalog(shop) == before
