"""CREATE, ALTER and DROP EXTENSION: the statements that a change of one takes."""

from __future__ import annotations

from cpctl.core.change import Change, Create, Delete, Update
from cpctl.core.resource import Resource
from cpctl.core.sql import identifier, literal
from cpctl.core.statement import Statement


def statements_for(change: Change) -> tuple[Statement, ...]:
    """An apply's session looks into pg_catalog alone, so each new one is told its schema."""
    match change:
        case Create(after=after):
            return (_statement(created(after), after),)
        case Update(after=after):
            return tuple(_statement(sql, after) for sql in altered(change))
        case Delete(before=before):
            return (_statement(dropped(before), before),)


def created(after: Resource, *, unless_there: bool = False) -> str:
    """The version only where the file says one; no schema where only one is possible."""
    words = ["CREATE EXTENSION", "IF NOT EXISTS" if unless_there else "", _name(after)]
    if "schema" in after.fields and not after.facts.get("fixed"):
        words.append(f"WITH SCHEMA {identifier(str(after.fields['schema']))}")
    if "version" in _said(after):
        words.append(f"VERSION {literal(str(after.fields['version']))}")
    return " ".join(filter(None, words))


def altered(change: Update) -> tuple[str, ...]:
    """First the new version: it may say anew where the extension can be."""
    fields, alter = change.after.fields, f"ALTER EXTENSION {_name(change.after)}"
    ways = {
        "version": f"{alter} UPDATE TO {literal(str(fields['version']))}",
        "schema": f"{alter} SET SCHEMA {identifier(str(fields['schema']))}",
    }
    return tuple(sql for name, sql in ways.items() if name in change.changed)


def dropped(before: Resource) -> str:
    """Without CASCADE: what depends on it was looked for."""
    return f"DROP EXTENSION {_name(before)}"


def _statement(sql: str, resource: Resource) -> Statement:
    rank = resource.facts.get("rank")
    rank = rank if isinstance(rank, int) else 0
    return Statement(sql, (), resource.address, reshapes=True, rank=rank)


def _name(resource: Resource) -> str:
    return identifier(resource.address.name)


def _said(resource: Resource) -> tuple[object, ...]:
    said = resource.facts.get("said")
    return said if isinstance(said, tuple) else ()
