"""A table that is not as declared becomes so again, and keeps its rows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from cpctl.core.resource import Fields, Resource
from cpctl.core.sql import identifier, literal
from cpctl.core.table_access import access
from cpctl.core.table_columns import Columns, columns_of
from cpctl.core.table_seen import Table
from cpctl.core.table_shape import grants_of, index_sql, policy_sql, texts

_DROPS, _LINKS = -1, 1
"""Ranks: a foreign key goes before what it leads to changes, and comes afterwards."""


class _Parts(NamedTuple):
    """Of one sort: which have only another name, which go, and which are made."""

    named: Mapping[str, str]
    gone: tuple[str, ...]
    made: Mapping[str, str]


def healed(before: Resource, after: Resource) -> Iterator[tuple[int, str]]:
    """Statements with their ranks. Names first, then what is in the way, then all that is made."""
    name, table = after.address.name, before.facts.get("table")
    if not isinstance(table, Table):
        return
    schema = name.removesuffix(f".{identifier(table.name.name)}")
    columns = columns_of(before.fields, after.fields, table)
    constraints = _parts("constraint", after.fields, table)
    indexes = _parts("index", after.fields, table)
    policies = _policies(before.fields, after.fields, table, columns)
    names = _renames(name, schema, table, constraints, indexes)
    for sql in (*names, *_drops(name, schema, constraints, indexes, policies)):
        yield _DROPS, sql
    for sql in _altered(before.fields, after.fields, name, columns):
        yield 0, sql
    yield from _added(name, constraints.made)
    made = (index_sql(name, it, text) for it, text in indexes.made.items())
    opened = (policy_sql(name, it, text) for it, text in policies.made.items())
    for sql in (*made, *opened, *_access(before, after)):
        yield 0, sql


def _renames(
    name: str, schema: str, table: Table, constraints: _Parts, indexes: _Parts
) -> Iterator[str]:
    for kind, some in (("COLUMN", table.renamed), ("CONSTRAINT", constraints.named)):
        for old, new in some.items():
            yield f"ALTER TABLE {name} RENAME {kind} {identifier(old)} TO {identifier(new)}"
    for old, new in indexes.named.items():
        yield f"ALTER INDEX {schema}.{identifier(old)} RENAME TO {identifier(new)}"


def _drops(
    name: str, schema: str, constraints: _Parts, indexes: _Parts, policies: _Parts
) -> Iterator[str]:
    for policy in policies.gone:
        yield f"DROP POLICY {identifier(policy)} ON {name}"
    if constraints.gone:
        drops = (f"DROP CONSTRAINT {identifier(it)}" for it in constraints.gone)
        yield f"ALTER TABLE {name} {', '.join(drops)}"
    if indexes.gone:
        yield f"DROP INDEX {', '.join(f'{schema}.{identifier(it)}' for it in indexes.gone)}"


def _altered(before: Fields, after: Fields, name: str, columns: Columns) -> Iterator[str]:
    """One ALTER TABLE, which rewrites the table once at most; one more after NULLs are filled."""
    actions = [*columns.first]
    if before["persistence"] != after["persistence"]:
        actions.append(f"SET {str(after['persistence']).upper()}")
    for field, words in (("row_security", ("ENABLE", "DISABLE")), _FORCE):
        if before[field] != after[field]:
            actions.append(f"{words[0] if after[field] else words[1]} ROW LEVEL SECURITY")
    if actions:
        yield f"ALTER TABLE {name} {', '.join(actions)}"
    for it in columns.filled:
        yield f"UPDATE {name} SET {it} = DEFAULT WHERE {it} IS NULL"  # noqa: S608  quoted
    if columns.last:
        yield f"ALTER TABLE {name} {', '.join(columns.last)}"
    for it in columns.numbered:
        # A sequence that is made anew would give numbers that rows have already.
        which = f"pg_get_serial_sequence({literal(name)}, {literal(it)})"
        yield f"SELECT setval({which}, max({identifier(it)})) FROM {name}"  # noqa: S608  quoted


_FORCE = ("force_row_security", ("FORCE", "NO FORCE"))


def _added(name: str, made: Mapping[str, str]) -> Iterator[tuple[int, str]]:
    for rank, keys in ((0, False), (_LINKS, True)):
        some = [
            f"ADD CONSTRAINT {identifier(it)} {text}"
            for it, text in made.items()
            if text.startswith("FOREIGN KEY ") == keys
        ]
        if some:
            yield rank, f"ALTER TABLE {name} {', '.join(some)}"


def _parts(part: str, after: Fields, table: Table) -> _Parts:
    """A part that has only got another name keeps what was built for it."""
    wanted = texts(after, part)
    there = {it: _as_named(text, table) for it, text in texts(table.fields, part).items()}
    missing = {it: text for it, text in wanted.items() if it not in there}
    named: dict[str, str] = {}
    for old, text in there.items():
        new = next((it for it, same in missing.items() if same == text), None)
        if old not in wanted and new is not None:
            named[old] = new
            del missing[new]
    changed = {it: text for it, text in wanted.items() if it in there and there[it] != text}
    made = {**missing, **changed}
    gone = [*changed]
    if any(text.startswith("PRIMARY KEY ") for text in made.values()):
        # There can be only one.
        gone += [
            it
            for it, text in there.items()
            if text.startswith("PRIMARY KEY ") and it not in wanted and it not in named
        ]
    return _Parts(named, tuple(gone), made)


def _as_named(text: str, table: Table) -> str:
    """What the server will show once the columns have their names again."""
    for old, new in table.renamed.items():
        word = re.compile(rf'(?<![\w$"]){re.escape(identifier(old))}(?![\w$"])')
        text = word.sub(lambda _, new=new: identifier(new), text)  # type: ignore[misc]
    return text


def _policies(before: Fields, after: Fields, table: Table, columns: Columns) -> _Parts:
    """One that names a column holds its type, so it goes in between."""
    there = {it: _as_named(text, table) for it, text in texts(before, "policy").items()}
    wanted = texts(after, "policy")
    held = {
        it
        for it, text in there.items()
        if any(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text) for name in columns.retyped)
    }
    gone = tuple(it for it, text in there.items() if wanted.get(it) != text or it in held)
    made = {it: text for it, text in wanted.items() if it in gone or it not in there}
    return _Parts({}, gone, made)


def _access(before: Resource, after: Resource) -> Iterator[str]:
    """A new owner has what the old one had, and what was granted to him goes up in that."""
    old, new = str(before.fields["owner"]), str(after.fields["owner"])
    held = dict(grants_of(before.fields))
    wanted = grants_of(after.fields)
    if old != new:
        lost = held.pop(old, None)
        held.pop(new, None)
        if lost is not None:
            held[new] = lost
    yield from access(after.address.name, held, wanted, new)
