"""Kind `extension`: one of this database, with its version and its schema.

One that was there before the file's first apply is never dropped, and pg_cron never at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from cpctl.core.change import Change
from cpctl.core.foresee import PG_CRON
from cpctl.core.kind import NOT_THERE, Context, Kind, Query, Rows, Survey, Turn
from cpctl.core.ledger import Remembered
from cpctl.core.neighbours import needed
from cpctl.core.resource import Address, Fields, Resource, State, Value
from cpctl.core.statement import Statement
from cpctl.core.text import Text
from cpctl.kinds import sql

if TYPE_CHECKING:
    from cpctl.core.extension_server import Server
    from cpctl.core.extension_spec import Spec
    from cpctl.core.finding import Finding
    from cpctl.core.rights import Request, Right

_REMEMBERED = """
(select coalesce(bool_or(strpos(resources, '["extension",') > 0), false) from cpctl.files)
"""

_EVERYWHERE = ("plpgsql", PG_CRON)
"""What no apply has to make, or none ever drops."""


def _address(name: str) -> Address:
    return Address("extension", name)


def _spec() -> type[Spec]:
    from cpctl.core.extension_spec import Spec

    return Spec


def _check(key: Text, spec: Spec) -> None:
    from cpctl.core.extension_spec import check

    check(key, spec)


def _declare(key: str, spec: Spec, _: Context, origin: Text | None) -> Resource:
    said = {"version": spec.version, "schema": spec.in_schema}
    fields: dict[str, Value] = {"installed": True}
    fields |= {name: str(value) for name, value in said.items() if value is not None}
    facts = {"said": tuple(fields)[1:], "implied": ("installed",)}
    return Resource(_address(key), fields, facts, origin)


def _queries(context: Context, declared: Sequence[Resource]) -> tuple[Query, ...]:
    """Nothing for files that have no extensions, nor ever had."""
    remembers = context.capabilities.ledger.remembers("extension")
    if not declared and not remembers:
        return ()
    asked = [Query("extensions", sql("extension"))]
    names = [resource.address.name for resource in declared]
    going = [resource.address.name for resource in declared if not resource.fields]
    left = sorted(context.capabilities.extensions.keys() - {*names, *_EVERYWHERE})
    left = left if remembers else []
    if going or left:
        text = sql("extension_dependents").format(remembered=_REMEMBERED if left else "false")
        asked.append(Query("extension_dependents", text, (going, left)))
    if _differ(declared, context):
        from cpctl.core.extension_spec import USUAL_SCHEMA

        schemas = {str(resource.fields.get("schema", USUAL_SCHEMA)) for resource in declared}
        asked.append(Query("extension_offers", sql("extension_offers"), (names,)))
        asked.append(Query("extension_rights", sql("extension_rights"), (sorted(schemas),)))
    return tuple(asked)


def _differ(declared: Sequence[Resource], context: Context) -> bool:
    if not declared:
        return False
    from cpctl.core.extension_server import differs

    return any(differs(resource, context) for resource in declared)


def _actual(rows: Rows, declared: State, context: Context) -> Iterable[Resource]:
    """Those that the file has, or an apply of it had: whatever else is there is nobody's matter."""
    if not rows.get("extensions"):
        return
    from cpctl.core.extension_server import depth, read_server

    server = read_server(rows)
    requires = {name: found.requires for name, found in server.here.items()}
    for name, found in server.here.items():
        address = _address(name)
        if address not in declared and context.memory.recall(address) is None:
            continue
        facts = {
            "implied": ("installed",),
            "owner": found.owner,
            "rank": -depth(name, requires),
            "dependents": server.dependents.get(name, ()),
        }
        there: Fields = {"installed": True, "version": found.version, "schema": found.schema}
        yield needed(Resource(address, there, facts), context.memory)


def _complete(declared: State, rows: Rows, _: Context) -> State:
    if not declared:
        return declared
    from cpctl.core.extension_server import depth, read_server

    server = read_server(rows)
    offers = {
        a.name: server.offer(a.name, resource.fields.get("version"))
        for a, resource in declared.items()
    }
    requires = {name: offer.requires for name, offer in offers.items() if offer}
    return {
        address: _made(resource, server, depth(address.name, requires))
        if resource.fields and address.name not in server.here
        else resource
        for address, resource in declared.items()
    }


def _made(declared: Resource, server: Server, rank: int) -> Resource:
    """As the server will make it; the ledger will know that an apply did."""
    from cpctl.core.extension_spec import USUAL_SCHEMA

    said = declared.fields
    offer = server.offer(declared.address.name, said.get("version"))
    fields, fixed = {"installed": True, **said}, bool(offer and offer.schema)
    if offer is not None:
        fields["version"] = offer.version
        fields.setdefault("schema", offer.schema or USUAL_SCHEMA)
    implied = ("installed",) if len(fields) > 1 else ()
    known = {"made": True, "fixed": fixed, "rank": rank, "implied": implied}
    facts = {**declared.facts, **known}
    return declared._replace(fields=fields, facts=facts)


def _adopt(declared: Resource, seen: Resource, context: Context) -> Resource:
    from cpctl.lints.extensions import made

    past = context.memory.recall(seen.address)
    facts = {**declared.facts, "made": made(past), "owner": seen.facts["owner"]}
    return declared._replace(fields={**seen.fields, **declared.fields}, facts=facts)


def _removable(seen: Resource, context: Context) -> str | None:
    from cpctl.lints.extensions import stays

    if stays(seen.address, context.memory):
        return None
    return context.memory.reason(seen.address, context.file)


def _recall(
    address: Address, past: Remembered | None, left: Sequence[Remembered | None]
) -> Resource:
    """As it was; pg_cron stays, and so does a version that an apply brought."""
    facts: dict[str, object] = {"implied": ("installed",), "because": NOT_THERE}
    if past is None and address.name != PG_CRON:
        return Resource(address, {}, facts)
    fields = {"installed": True, **(past.fields if past else {})}
    if past is None:
        facts["lost"] = "stays: to drop it would remove every job."
    elif any(one and one.fields.get("version") != fields.get("version") for one in left):
        del fields["version"]
        facts["lost"] = "keeps its version: extensions have no way back to an older one."
    facts |= {"said": tuple(name for name in fields if name != "installed")}
    return Resource(address, fields, facts)


def _statements(change: Change, _: Context) -> tuple[Statement, ...]:
    from cpctl.core.extension_calls import statements_for

    return statements_for(change)


def _refusals(survey: Survey) -> tuple[Finding, ...]:
    if not survey.changes:
        return ()
    from cpctl.lints.extensions import refusals

    return refusals(survey)


def _notes(survey: Survey) -> tuple[Finding, ...]:
    if not survey.actual:
        return ()
    from cpctl.lints.extensions import notes

    return notes(survey)


def _rights(survey: Survey, request: Request) -> Iterable[Right]:
    from cpctl.core.extension_rights import rights

    return rights(survey, request)


KIND = Kind(
    name="extension",
    document_key="extensions",
    spec=_spec,
    scoped=False,
    turn=Turn(-3, 3),
    check=_check,
    declare=_declare,
    queries=_queries,
    actual=_actual,
    complete=_complete,
    adopt=_adopt,
    recall=_recall,
    removable=_removable,
    statements=_statements,
    refusals=_refusals,
    notes=_notes,
    rights=_rights,
)
