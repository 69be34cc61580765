"""What ALTER TABLE says of columns, so that their values stay."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from cpctl.core.resource import Fields
from cpctl.core.sql import identifier
from cpctl.core.table_seen import Table
from cpctl.core.table_shape import Column, column, texts


class Columns(NamedTuple):
    """`first` and `last`: actions of ALTER TABLE, before and after the NULLs of `filled` are gone.

    `numbered`: columns whose sequence is new. `retyped`: those whose type changes.
    """

    first: tuple[str, ...]
    filled: tuple[str, ...]
    last: tuple[str, ...]
    numbered: tuple[str, ...]
    retyped: tuple[str, ...]


def columns_of(before: Fields, after: Fields, table: Table) -> Columns:
    """From the columns that are there, those renamed among them, to those declared."""
    there = {name: column(text) for name, text in texts(before, "column").items()}
    for old, new in table.renamed.items():
        there[new] = column(texts(table.fields, "column")[old])
    first: list[str] = []
    filled: list[str] = []
    last: list[str] = []
    numbered: list[str] = []
    retyped: list[str] = []
    for name, text in texts(after, "column").items():
        wanted, seen, quoted = column(text), there.get(name), identifier(name)
        if seen is None:
            first.append(f"ADD COLUMN {quoted} {text}")
            continue
        alter = f"ALTER COLUMN {quoted}"
        first += (f"{alter} {action}" for action in _altered(seen, wanted, quoted))
        if wanted.needed and not seen.needed:
            fills = wanted.default is not None
            (last if fills else first).append(f"{alter} SET NOT NULL")
            filled += [quoted] if fills else []
        first += (f"{alter} {action}" for action in _identity(seen, wanted))
        numbered += [name] if wanted.identity and not seen.identity else []
        retyped += [name] if wanted.type != seen.type else []
    return Columns(*map(tuple, (first, filled, last, numbered, retyped)))


def _altered(seen: Column, wanted: Column, name: str) -> Iterator[str]:
    """A default of the old type is taken away first: it need not fit the new one."""
    retyped = seen.type != wanted.type
    if seen.identity and not wanted.identity:
        yield "DROP IDENTITY"
    if seen.expression is not None and wanted.expression is None:
        yield "DROP EXPRESSION"
    if seen.default is not None and (retyped or wanted.default is None):
        yield "DROP DEFAULT"
    if retyped:
        cast = wanted.type.partition(" COLLATE ")[0]
        yield f"TYPE {wanted.type} USING {name}::{cast}"
    if seen.needed and not wanted.needed:
        yield "DROP NOT NULL"
    if wanted.default is not None and (retyped or seen.default != wanted.default):
        yield f"SET DEFAULT {wanted.default}"


def _identity(seen: Column, wanted: Column) -> Iterator[str]:
    if wanted.identity and not seen.identity:
        yield f"ADD GENERATED {wanted.identity} AS IDENTITY"
    elif wanted.identity and seen.identity != wanted.identity:
        yield f"SET GENERATED {wanted.identity}"
