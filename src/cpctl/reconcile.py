"""The story: what the file says and what the database has become one plan, and the plan is done.

    Document ── declare ──▶ desired ┐
                                    ├─ adopt ─ diff ─ order ─ guard ──▶ Plan ── apply ──▶ Outcome
    database ── probe, inspect ──▶ actual ┘

Only `survey` and `apply` touch the database; everything between is pure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from cpctl.core.adopt import adopt
from cpctl.core.capabilities import Capabilities
from cpctl.core.change import Change
from cpctl.core.diff import diff
from cpctl.core.finding import Finding
from cpctl.core.guard import guard
from cpctl.core.kind import Context, Kind, Query, Rows, Survey
from cpctl.core.order import order
from cpctl.core.plan import Plan, target_of
from cpctl.core.resource import Address, Resource, Sealed, State
from cpctl.core.statement import Statement
from cpctl.core.target import Expected, check_target
from cpctl.core.text import Wrong
from cpctl.document import Document
from cpctl.errors import CpctlError, DeclaredError, Fault
from cpctl.kinds import registry
from cpctl.postgres.retry import patiently
from cpctl.postgres.session import Server, Session
from cpctl.secrets import Secrets


@dataclass(frozen=True, eq=False, repr=False)
class Task:
    """What one run was asked to do, apart from the database it is done to."""

    document: Document
    secrets: Secrets
    allow: frozenset[str] = frozenset()


class Scene(NamedTuple):
    """A task in front of one server: what the probe found, and what the file declares there."""

    context: Context
    declared: Mapping[str, State]


class Found(NamedTuple):
    """A survey, and the connection it was made on."""

    session: Session
    plan: Plan
    scene: Scene


def connect(task: Task, server: Server, application: str, say: Callable[[str], None]) -> Found:
    """Connect and survey; what passes is tried again, and `say` is told. Raises as `survey`."""

    def once() -> Found:
        session = Session(server, application)
        try:
            return Found(session, *survey(task, session))
        except BaseException:
            session.connection.close()
            raise

    return patiently(once, say)


def survey(task: Task, session: Session) -> tuple[Plan, Scene]:
    """Plan in one read-only snapshot: connect plus two round trips, whatever the number of jobs.

    Raises Refused where this is not the file's database, or rows are hidden; CpctlError.
    """
    owners = declared_owners(task.document)
    capabilities = session.probe(sorted(owners))
    check_target(_expected(task.document), capabilities)
    scene = set_scene(task, capabilities, owners)
    return plan(task, scene, session.inspect(queries(scene))), scene


def _expected(document: Document) -> Expected:
    globs = {key: glob for key, glob in document.expect if glob is not None}
    default = getattr(document.defaults, "username", None)
    jobs = document.entries.get("jobs", {}).values()
    nobodys = default is None and any(spec.username is None for spec in jobs)
    place = partial(document.heading_place, "expect")
    return Expected(document.files[0], nobodys, globs, place)


def declared_owners(document: Document) -> frozenset[str]:
    """The roles whose resources the file names, apart from the one that connects."""
    named = {getattr(document.defaults, "username", None)}
    for entries in document.entries.values():
        named.update(getattr(spec, "username", None) for spec in entries.values())
    return frozenset(owner for owner in named if owner)


def set_scene(task: Task, capabilities: Capabilities, owners: frozenset[str]) -> Scene:
    """Declare every entry of the file for this server. Raises Refused, DeclaredError."""
    document = task.document
    default = getattr(document.defaults, "username", None)
    context = Context(
        capabilities=capabilities,
        owner=default or capabilities.role,
        store=document.store,
        file=document.files[0],
        scope=document.scope,
        owners=owners | {default or capabilities.role},
        seal=task.secrets.seal,
        secret=task.secrets.sealed,
        one_line=task.secrets.one_line,
    )
    return Scene(context, {kind.name: _declare(kind, document, context) for kind in registry()})


def _declare(kind: Kind, document: Document, context: Context) -> State:
    entries = document.entries.get(kind.document_key, {})
    declared: dict[Address, Resource] = {}
    faults: list[Fault] = []
    for key, spec in entries.items():
        try:
            kind.judge(key, spec, context.capabilities.pg_cron_version or "")
            resource = kind.declare(key, spec, context, key)
            _declare_once(declared, resource)
        except Wrong as wrong:
            place = document.place_of(kind.document_key, key, wrong.field or None)
            faults.append(Fault(wrong.what, str(place), wrong.remedy))
        except CpctlError as error:
            faults.append(Fault(error.fault.what, str(key.place), error.fault.remedy))
    if faults:
        raise DeclaredError(tuple(faults))
    return declared


def _declare_once(declared: dict[Address, Resource], resource: Resource) -> None:
    """Raises Wrong: two entries may name one thing of the server."""
    twin = declared.setdefault(resource.address, resource)
    if twin is not resource:
        where = f" at {twin.origin.place}" if twin.origin else ""
        what = f"{resource.address} is declared already{where}"
        raise Wrong(what, "give one of them another name")


def queries(scene: Scene) -> tuple[Query, ...]:
    """Everything that the kinds ask, for one pipeline."""
    return tuple(
        query
        for kind in registry()
        for query in kind.queries(scene.context, tuple(scene.declared[kind.name].values()))
    )


def plan(task: Task, scene: Scene, rows: Rows) -> Plan:
    """The plan, from rows alone: adopt, diff, order, guard. Raises DeclaredError."""
    document, context = task.document, scene.context
    parts = [_part(kind, scene, rows) for kind in registry()]
    actual = {a: seen for part in parts for a, seen in part.actual.items()}
    changes = tuple(change for part in parts for change in part.changes)
    guarded = guard(
        changes,
        actual,
        context.capabilities,
        file=context.file,
        declares_jobs=bool(document.entries.get("jobs")),
        allow=task.allow,
    )
    return Plan(
        name=document.name,
        files=document.files,
        inputs=document.inputs_hash,
        target=target_of(context.capabilities),
        timezone=context.capabilities.timezone,
        as_of=context.capabilities.as_of,
        desired={a: wanted for part in parts for a, wanted in part.desired.items()},
        actual=actual,
        changes=changes,
        statements=order(s for part in parts for s in part.statements),
        hazards={a: found for part in parts for a, found in part.hazards.items()},
        refusals=(*guarded, *(finding for part in parts for finding in part.refusals)),
        notes=tuple(note for part in parts for note in part.notes),
        unmanaged=tuple(address for part in parts for address in part.unmanaged),
        incomplete=_incomplete(scene),
    )


class _Part(NamedTuple):
    """One kind's share of the plan."""

    desired: State
    actual: State
    changes: tuple[Change, ...]
    statements: tuple[Statement, ...]
    hazards: Mapping[Address, tuple[Finding, ...]]
    refusals: tuple[Finding, ...]
    notes: tuple[Finding, ...]
    unmanaged: tuple[Address, ...]


def _part(kind: Kind, scene: Scene, rows: Rows) -> _Part:
    context, declared = scene.context, scene.declared[kind.name]
    seen = {resource.address: resource for resource in kind.actual(rows, declared, context)}
    desired, reasons, unmanaged = adopt(declared, seen, kind, context)
    changes = diff(desired, seen, reasons)
    view = Survey(changes, declared, seen, rows, context)
    foreign = frozenset(unmanaged)
    found = ((change.address, kind.hazards(change, context)) for change in changes)
    return _Part(
        desired={a: wanted for a, wanted in desired.items() if a not in foreign},
        actual={a: resource for a, resource in seen.items() if a not in foreign},
        changes=changes,
        statements=tuple(s for change in changes for s in kind.statements(change, context)),
        hazards={address: hazards for address, hazards in found if hazards},
        refusals=kind.refusals(view),
        notes=kind.notes(view),
        unmanaged=unmanaged,
    )


def _incomplete(scene: Scene) -> tuple[Address, ...]:
    unknown = Sealed(None)
    return tuple(
        address
        for declared in scene.declared.values()
        for address, resource in declared.items()
        if unknown in resource.fields.values()
    )
