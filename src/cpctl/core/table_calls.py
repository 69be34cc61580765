"""The statements that make, heal and remove a table, and as whom each runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from cpctl.core.acting import acting
from cpctl.core.change import Change, Create, Delete, Update
from cpctl.core.kind import Context
from cpctl.core.resource import Fields, Resource
from cpctl.core.sql import identifier, literal
from cpctl.core.statement import Statement
from cpctl.core.table_access import access
from cpctl.core.table_heal import healed
from cpctl.core.table_seen import Table
from cpctl.core.table_shape import grants_of, index_sql, policy_sql, texts

FIRST, LAST = -1, 1
"""Ranks: foreign keys go before all tables and come after all, whatever leads where."""


class Texts(NamedTuple):
    """The longer SQL. `strip`: takes what default privileges gave; `drop`: an empty table only."""

    strip: str
    drop: str


def statements_for(change: Change, context: Context, texts: Texts) -> tuple[Statement, ...]:
    """All of what a change takes. What alters a table that is there keeps others from it."""
    match change:
        case Create(after=after):
            role = role_of(str(after.fields["owner"]), context)
            made = (Statement(sql, (), after.address, role=role) for sql in _made(after, texts))
            keys = foreign_keys(after.fields)
            return (*made, *_linked(after, keys, role))
        case Update(before=before, after=after):
            return tuple(_changed(before, after, context))
        case Delete(before=before):
            return tuple(_dropped(before, context, texts))


def role_of(owner: str, context: Context) -> str | None:
    """Whom to act for; nobody, where the role has the owner's rights by itself."""
    capabilities = context.capabilities
    return owner if acting(owner, capabilities) in ("superuser", "assumed") else None


def foreign_keys(fields: Fields) -> Mapping[str, str]:
    """By name; they need the other table first."""
    found = texts(fields, "constraint")
    return {name: text for name, text in found.items() if text.startswith("FOREIGN KEY ")}


def _made(after: Resource, longer: Texts) -> Iterator[str]:
    fields, name = after.fields, after.address.name
    keys = foreign_keys(fields)
    parts = [f"{identifier(it)} {text}" for it, text in texts(fields, "column").items()]
    parts += [
        f"CONSTRAINT {identifier(it)} {text}"
        for it, text in texts(fields, "constraint").items()
        if it not in keys
    ]
    kind = "UNLOGGED TABLE" if fields["persistence"] == "unlogged" else "TABLE"
    yield f"CREATE {kind} {name} ({', '.join(parts)})"
    yield longer.strip.format(
        name=name, literal=literal(name), revoke=literal(f"REVOKE ALL ON TABLE {name} FROM ")
    )
    for it, text in texts(fields, "index").items():
        yield index_sql(name, it, text)
    if fields["row_security"]:
        yield f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY"
    if fields["force_row_security"]:
        yield f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY"
    for it, text in texts(fields, "policy").items():
        yield policy_sql(name, it, text)
    yield from access(name, {}, grants_of(fields), str(fields["owner"]))


def _linked(after: Resource, keys: Mapping[str, str], role: str | None) -> Iterator[Statement]:
    added = ", ".join(f"ADD CONSTRAINT {identifier(it)} {text}" for it, text in keys.items())
    if added:
        sql = f"ALTER TABLE {after.address.name} {added}"
        yield Statement(sql, (), after.address, role=role, locks=True, rank=LAST)


def _changed(before: Resource, after: Resource, context: Context) -> Iterator[Statement]:
    address, role = after.address, role_of(str(after.fields["owner"]), context)
    if before.fields["owner"] != after.fields["owner"]:
        # Whoever has the rights of the old owner may give it away; the new one may not take it.
        sql = f"ALTER TABLE {address.name} OWNER TO {identifier(str(after.fields['owner']))}"
        yield Statement(sql, (), address, locks=True, rank=FIRST - 1)
    for rank, sql in healed(before, after):
        yield Statement(sql, (), address, role=role, locks=True, rank=rank)


def _dropped(before: Resource, context: Context, longer: Texts) -> Iterator[Statement]:
    address, role = before.address, role_of(str(before.fields["owner"]), context)
    loose = before.facts.get("loose")
    gone = ", ".join(
        f"DROP CONSTRAINT {identifier(it)}" for it in (loose if isinstance(loose, tuple) else ())
    )
    if gone:
        sql = f"ALTER TABLE {address.name} {gone}"
        yield Statement(sql, (), address, role=role, locks=True, rank=FIRST)
    table = before.facts.get("table")
    if isinstance(table, Table) and table.filled:
        sql = f"DROP TABLE {address.name}"
    else:
        message = f"{address} has got rows since the plan was made, so it was not dropped"
        sql = longer.drop.format(name=address.name, message=literal(message))
    yield Statement(sql, (), address, role=role, locks=True)
