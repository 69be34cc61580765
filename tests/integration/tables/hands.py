"""Many hands at once, each on a table of its own, so that each must be found by itself."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from tests.integration.tables.market import (
    ADDRESS,
    ROWS,
    RUNS,
    catalog,
    differing,
    file,
    fill,
    plain,
)
from tests.integration.toys import apply
from tests.servers import Database

BYSTANDER = "bystander"
"""A table that no hand touches."""

Parts = dict[str, list[tuple[Any, ...]]]


class Hand(NamedTuple):
    """`sql`: what it does to stall.runs. `fields`: what shows it. `column`: whose values go."""

    sql: str
    fields: tuple[str, ...]
    column: str = ""


class Laid(NamedTuple):
    """A hand on its table, which is made like `runs` in all but the name."""

    table: str
    hand: Hand

    def own(self, text: str) -> str:
        return text.replace("runs", self.table)


def made(database: Database, hands: Iterable[Hand]) -> list[Laid]:
    """A rich table for each, with rows, and one that is left alone."""
    laid = [Laid(f"runs{number:03}", hand) for number, hand in enumerate(hands)]
    rich = (json.loads(one.own(json.dumps(RUNS))) for one in laid)
    apply(database, file(*rich, plain(BYSTANDER)))
    for one in laid:
        fill(database, one.table)
    return laid


def healed(database: Database, laid: Sequence[Laid]) -> None:
    """Each is named by diff where it is and nowhere else; one apply heals all and costs no row."""
    before, kept = catalog(database), {one.table: _rows(database, one) for one in laid}
    for one in laid:
        for statement in one.own(one.hand.sql).split(";"):
            database.run(statement)
    after = catalog(database)
    for one in laid:
        assert _of(after, one.table) != _of(before, one.table), one
    found = differing(database)
    assert found.keys() == {one.own(ADDRESS) for one in laid}
    for one in laid:
        fields = {one.own(field) for field in one.hand.fields}
        assert fields <= {*found[one.own(ADDRESS)]}, (one, found[one.own(ADDRESS)])
    apply(database)
    now = catalog(database)
    for one in laid:
        assert _of(now, one.table) == _of(before, one.table), one
        assert _rows(database, one) == kept[one.table], one
    assert now == before


def values(database: Database, laid: Sequence[Laid]) -> Iterator[tuple[str, list[Any]]]:
    """What stands now in the columns whose values went: column, and the values."""
    for one in laid:
        if column := one.hand.column:
            query = f'select to_jsonb("{column}") from stall.{one.table} order by 1'
            yield column, [value for (value,) in database.rows(query)]


def count_on(database: Database, laid: Sequence[Laid]) -> None:
    """Every table takes the next row, and gives it the next numbers."""
    for one in laid:
        query = f"insert into stall.{one.table} (component) values ('next') returning id, slot"
        assert database.rows(query) == [(ROWS + 1, ROWS + 1)], one


def _rows(database: Database, one: Laid) -> list[tuple[Any, ...]]:
    return database.rows(
        f"select to_jsonb(t) - %s from stall.{one.table} t order by 1", one.hand.column
    )


def _of(found: Parts, table: str) -> Parts:
    return {name: [row for row in rows if row[0] == table] for name, rows in found.items()}
