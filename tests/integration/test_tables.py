"""Tables come, and go again, with exactly what the file says of them."""

from __future__ import annotations

from tests.integration.tables.market import (
    ADDRESS,
    JOB,
    RUNS,
    apply,
    catalog,
    file,
    fill,
    plain,
    refused,
    rows,
    table,
)
from tests.servers import Database


def test_made_as_declared_and_gone_again(market: Database) -> None:
    said = apply(market, file(table()))
    assert ADDRESS in said
    found = catalog(market)
    assert found["tables"] == [("runs", "r", "p", True, False, "postgres")]
    assert {(it[1], it[2]) for it in found["columns"]} == {
        (name, it["type"].partition(" COLLATE ")[0]) for name, it in RUNS["columns"].items()
    }
    assert {it[1] for it in found["constraints"]} >= {*RUNS["constraints"]}
    assert market.cpctl("diff").code == 0
    apply(market, file())
    assert catalog(market)["tables"] == []
