"""Kind `function`: what an expansion brings, by its parts, each compared with pg_proc.

Everything that a hand can change is a field, so it is found and healed; functions of the same name
with other arguments are somebody else's. What the server makes of a text is written in the file.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from cpctl.core.change import Change
from cpctl.core.kind import Context, Kind, Query, Rows, Survey, Turn
from cpctl.core.neighbours import needed, neighbours
from cpctl.core.resource import Resource, State
from cpctl.core.statement import Statement
from cpctl.core.text import Text
from cpctl.kinds import sql

if TYPE_CHECKING:
    from cpctl.core.finding import Finding
    from cpctl.core.function_spec import Spec
    from cpctl.core.rights import Request, Right


def _spec() -> type[Spec]:
    from cpctl.core.function_spec import Spec

    return Spec


def _declare(_: str, spec: Spec, context: Context, origin: Text | None) -> Resource:
    from cpctl.core.function_shape import declared

    return declared(spec, context.owner, context.capabilities, origin)


def _queries(context: Context, declared: Sequence[Resource]) -> tuple[Query, ...]:
    """Nothing for files that have none, nor ever had."""
    remembers, role = context.capabilities.ledger.remembers("function"), context.capabilities.role
    remembered = sql("function_remembered") if remembers else ""
    text = sql("function").format(remembered=remembered)
    if not declared:
        return (Query("functions", text, ([], [], role)),) if remembers else ()
    from cpctl.core.function_grounds import question
    from cpctl.core.function_shape import name_of

    wanted = sorted({name_of(resource.address) for resource in declared})
    asked = Query(
        "functions", text, ([it.schema for it in wanted], [it.name for it in wanted], role)
    )
    grounds = Query("function_grounds", sql("grounds"), question(context, declared))
    return asked, grounds


def _actual(rows: Rows, declared: State, context: Context) -> Iterable[Resource]:
    if not rows.get("functions"):
        return
    from cpctl.core.function_shape import seen

    for (row,) in rows["functions"]:
        found = seen(json.loads(row), context.owner)
        wanted = declared.get(found.address)
        if wanted is not None and not wanted.fields:
            yield needed(found, context.memory)
        elif wanted is not None or _removable(found, context) is not None:
            yield found


def _removable(found: Resource, context: Context) -> str | None:
    if neighbours(found.address, context.memory):
        return None
    return context.memory.reason(found.address, context.file)


def _statements(change: Change, context: Context) -> tuple[Statement, ...]:
    from cpctl.core.function_calls import statements_for

    return statements_for(change, context, sql("function_strip"))


def _refusals(survey: Survey) -> tuple[Finding, ...]:
    if not survey.changes:
        return ()
    from cpctl.lints.functions import refusals

    return refusals(survey)


def _notes(survey: Survey) -> tuple[Finding, ...]:
    if not survey.changes and not survey.context.memory.others:
        return ()
    from cpctl.lints.functions import notes

    return notes(survey)


def _rights(survey: Survey, request: Request) -> Iterable[Right]:
    from cpctl.core.function_grounds import needs
    from cpctl.core.grounds_rights import rights

    return rights(survey, request, "function", needs)


KIND = Kind(
    name="function",
    document_key="functions",
    spec=_spec,
    written=False,
    scoped=False,
    turn=Turn(-1, 1),
    scope_name=lambda *_: None,
    declare=_declare,
    queries=_queries,
    actual=_actual,
    removable=_removable,
    statements=_statements,
    refusals=_refusals,
    notes=_notes,
    rights=_rights,
)
