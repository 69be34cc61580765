"""The pack writes types, defaults, keys and indexes as both servers print them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.pack_by_hand import Edge, Runtime, installed
from tests.servers import Database

COLUMNS = (
    "select c.relname::text, a.attname::text, format_type(a.atttypid, a.atttypmod), "
    "not a.attnotnull, pg_get_expr(d.adbin, d.adrelid), a.attidentity::text "
    "from pg_attribute a join pg_class c on c.oid = a.attrelid "
    "left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum "
    "where c.relnamespace = 'pipeline'::regnamespace and c.relkind = 'r' and a.attnum > 0 "
    "order by c.relname, a.attnum"
)
CONSTRAINTS = (
    "select conrelid::regclass::text, conname::text, pg_get_constraintdef(oid) from pg_constraint "
    "where connamespace = 'pipeline'::regnamespace and contype <> 'n'"
)
INDEXES = (
    "select indrelid::regclass::text, c.relname::text, pg_get_indexdef(i.indexrelid) "
    "from pg_index i join pg_class c on c.oid = i.indexrelid "
    "where c.relnamespace = 'pipeline'::regnamespace and not indisprimary"
)
FUNCTIONS = (
    "select proname::text, pg_get_function_arguments(p.oid), pg_get_function_result(p.oid), "
    "provolatile::text, prosecdef, proconfig, lanname::text from pg_proc p "
    "join pg_language l on l.oid = p.prolang "
    "where pronamespace = 'pipeline'::regnamespace"
)


def wanted_columns(tables: dict[str, Any]) -> list[tuple[Any, ...]]:
    return [
        (
            table,
            name,
            column["type"],
            column.get("nullable", True),
            column.get("default"),
            {"always": "a", None: ""}[column.get("identity")],
        )
        for table in sorted(tables)
        for name, column in tables[table]["columns"].items()
    ]


@pytest.mark.parametrize("transport", ["http", "pg_net"])
def test_texts_are_the_catalogs(database: Database, transport: str) -> None:
    """Every function loads on both, whatever extension is there."""
    with installed(database.admin, Runtime(transport, {"sweeper": Edge()})) as made:
        tables = made.pack["tables"]
        assert database.rows(COLUMNS) == wanted_columns(tables)
        assert sorted(database.rows(CONSTRAINTS)) == sorted(
            (f"pipeline.{table}", name, text)
            for table, shape in tables.items()
            for name, text in shape["constraints"].items()
        )
        assert sorted(database.rows(INDEXES)) == sorted(
            (f"pipeline.{table}", name, _index(f"pipeline.{table}", name, text))
            for table, shape in tables.items()
            for name, text in shape["indexes"].items()
        )
        assert sorted(database.rows(FUNCTIONS)) == sorted(
            (
                declared["name"].replace("@function@", "sweeper"),
                ", ".join(f"{name} {kind}" for name, kind in declared["arguments"].items()),
                declared["returns"],
                declared["volatility"][0],
                declared["security"] == "definer",
                declared.get("config", ["search_path=pg_catalog, pg_temp"]),
                "plpgsql",
            )
            for declared in made.pack["functions"]
            if declared.get("transport", transport) == transport
        )


def _index(table: str, name: str, text: str) -> str:
    unique, _, rest = text.partition("btree")
    return f"CREATE {unique}INDEX {name} ON {table} USING btree{rest}"


def test_nothing_is_left_to_fill_in(database: Database) -> None:
    with installed(database.admin, Runtime("http", {"sweeper": Edge()})):
        query = (
            "select proname from pg_proc where pronamespace = 'pipeline'::regnamespace "
            "and prosrc ~ '@[a-z_:]+@'"
        )
        assert database.rows(query) == []
