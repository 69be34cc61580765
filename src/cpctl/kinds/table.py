"""Kind `table`: what an expansion brings, by its parts, each compared with the catalog.

Columns, constraints and indexes are those that are declared: whatever else somebody added is left
alone. Policies and grants are all that there are, for they open the data.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from cpctl.core.change import Change
from cpctl.core.kind import NOT_THERE, Context, Kind, Query, Rows, Survey, Turn
from cpctl.core.ledger import Remembered
from cpctl.core.neighbours import needed, neighbours
from cpctl.core.resource import Address, Resource, State
from cpctl.core.statement import Statement
from cpctl.core.text import Text
from cpctl.kinds import sql

if TYPE_CHECKING:
    from cpctl.core.finding import Finding
    from cpctl.core.rights import Request, Right
    from cpctl.core.table_spec import Spec


def _spec() -> type[Spec]:
    from cpctl.core.table_spec import Spec

    return Spec


def _declare(_: str, spec: Spec, context: Context, origin: Text | None) -> Resource:
    from cpctl.core.table_shape import USUAL, Name, declared_fields

    fields = declared_fields(spec, context.owner)
    facts = {"implied": tuple(USUAL)}
    return Resource(Name(spec.in_schema, spec.name).address, fields, facts, origin)


def _queries(context: Context, declared: Sequence[Resource]) -> tuple[Query, ...]:
    """Nothing for files that have none, nor ever had."""
    remembers = context.capabilities.ledger.remembers("table")
    if not declared and not remembers:
        return ()
    remembered = sql("table_remembered") if remembers else ""
    text = sql("table").format(remembered=remembered, dependents=sql("table_dependents").strip())
    role = context.capabilities.role
    if not declared:
        return (Query("tables", text, ([], [], [], role)),)
    from cpctl.core.table_grounds import question
    from cpctl.core.table_shape import name_of

    names = [name_of(resource.address) for resource in declared]
    going = [not resource.fields for resource in declared]
    params = ([n.schema for n in names], [n.name for n in names], going, role)
    asked = [Query("tables", text, params)]
    if not all(going):
        asked.append(Query("table_grounds", sql("grounds"), question(context, declared)))
    return tuple(asked)


def _actual(rows: Rows, declared: State, context: Context) -> Iterable[Resource]:
    """Those that the file has, or an apply of it had."""
    if not rows.get("tables"):
        return
    from cpctl.core.table_seen import Around, read_table, resource_of

    found = {}
    for table in map(read_table, rows["tables"]):
        wanted = declared.get(table.name.address)
        keeps = wanted is not None and (wanted.fields or table.kind == "table")
        if keeps or (table.kind == "table" and _reason(table.name.address, context)):
            found[table.name] = table
    staying = {
        str(name.address): (table, wanted.fields)
        for name, table in found.items()
        if (wanted := declared.get(name.address)) is not None and wanted.fields
    }
    going = frozenset(name for name in found if str(name.address) not in staying)
    for name, table in found.items():
        past = context.memory.recall(name.address)
        wanted = declared.get(name.address)
        made = resource_of(table, wanted, past, Around(staying, going))
        yield needed(made, context.memory) if wanted and not wanted.fields else made


def _reason(address: Address, context: Context) -> str | None:
    if neighbours(address, context.memory):
        return None
    return context.memory.reason(address, context.file)


def _adopt(declared: Resource, seen: Resource, _: Context) -> Resource:
    """What was added and opens the data is to be gone, which is looked at before the commit."""
    gone = dict.fromkeys(it for it in seen.fields if it not in declared.fields)
    fields = {**declared.fields, **gone}
    return declared._replace(fields=fields, facts={**seen.facts, **declared.facts})


def _recall(
    address: Address, past: Remembered | None, left: Sequence[Remembered | None]
) -> Resource:
    """As it was, but for the rows of one that was dropped."""
    if past is None:
        return Resource(address, {}, {"because": NOT_THERE})
    from cpctl.core.table_shape import USUAL

    facts: dict[str, object] = {"implied": tuple(USUAL)}
    if None in left:
        facts["lost"] = "comes back without its rows."
    return Resource(address, past.fields, facts)


def _statements(change: Change, context: Context) -> tuple[Statement, ...]:
    from cpctl.core.table_calls import Texts, statements_for

    return statements_for(change, context, Texts(sql("table_strip"), sql("table_drop")))


def _refusals(survey: Survey) -> tuple[Finding, ...]:
    if not survey.changes:
        return ()
    from cpctl.lints.tables import refusals

    return refusals(survey)


def _hazards(change: Change, _: Context) -> tuple[Finding, ...]:
    from cpctl.lints.tables import hazards

    return hazards(change)


def _notes(survey: Survey) -> tuple[Finding, ...]:
    if not survey.changes and not survey.declared:
        return ()
    from cpctl.lints.tables import notes

    return notes(survey)


def _rights(survey: Survey, request: Request) -> Iterable[Right]:
    from cpctl.core.grounds_rights import rights
    from cpctl.core.table_grounds import needs

    return rights(survey, request, "table", needs)


KIND = Kind(
    name="table",
    document_key="tables",
    spec=_spec,
    written=False,
    scoped=False,
    turn=Turn(-2, 2),
    scope_name=lambda *_: None,
    declare=_declare,
    queries=_queries,
    actual=_actual,
    adopt=_adopt,
    recall=_recall,
    removable=lambda seen, context: _reason(seen.address, context),
    statements=_statements,
    refusals=_refusals,
    hazards=_hazards,
    notes=_notes,
    rights=_rights,
)
