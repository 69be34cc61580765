"""The story: what the file says and what the database has become one plan, and the plan is done.

    Document ── declare ──▶ desired ┐
                                    ├─ adopt ─ diff ─ order ─ guard ──▶ Plan ── apply ──▶ Outcome
    database ── probe, inspect ──▶ actual ┘

Only `survey` and `apply` touch the database; everything between is pure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import NamedTuple

from cpctl.core import ledger_guard, server_notes
from cpctl.core.adopt import adopt
from cpctl.core.change import Change, Delete
from cpctl.core.diff import diff
from cpctl.core.finding import Finding
from cpctl.core.foresee import foreseen
from cpctl.core.guard import Rules, guard
from cpctl.core.hazards import unallowed
from cpctl.core.kind import Context, Kind, Rows, Survey
from cpctl.core.ledger import Memory
from cpctl.core.ledger_codec import read_memory
from cpctl.core.order import Batch, order
from cpctl.core.plan import Plan, Target, target_of
from cpctl.core.resource import Address, State, united, without
from cpctl.core.target import check_target
from cpctl.document import Document
from cpctl.errors import Stale
from cpctl.kinds import registry
from cpctl.postgres.connect import Server
from cpctl.postgres.retry import patiently
from cpctl.postgres.session import Session
from cpctl.render.parts.since import target_lines
from cpctl.scene import (
    Approved,
    Scene,
    Surveyed,
    Task,
    declared_owners,
    expected,
    incomplete,
    memories,
    names_of,
    queries,
    set_scene,
)


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

    Raises Refused where this is not the file's database, or rows are hidden; Stale where it is not
    that of a saved plan; CpctlError.
    """
    if task.look is not None:
        return task.look(task, session)
    owners = declared_owners(task.document)
    wanted = expected(task.document)
    probed = session.probe(sorted(owners), [kind.name for kind in registry()])
    capabilities = foreseen(probed, wanted.extensions)
    check_target(wanted, capabilities)
    if task.approved is not None:
        _check_approved(task.approved, target_of(capabilities))
    scene = set_scene(task, capabilities, owners)
    asked = (*queries(scene), *memories(task, scene))
    rows = session.inspect(asked)
    planned = plan(task, scene, rows)
    return planned, scene._replace(surveyed=Surveyed(rows, planned))


def _check_approved(approved: Approved, found: Target) -> None:
    what, lines = target_lines(approved.target, found)
    if what:
        raise Stale(
            f"{what}. Nothing was written.",
            where=approved.path,
            details=tuple(lines),
            remedy="connect as it was made (--database-url), or make a new plan and review it: "
            "cpctl plan --out FILE",
        )


def plan_again(task: Task, scene: Scene, rows: Rows) -> Plan:
    """The plan of these rows: the survey's, where they are still the same. Raises DeclaredError."""
    before = scene.surveyed
    if before is not None and all(rows[name] == seen for name, seen in before.rows.items()):
        return before.plan
    return plan(task, scene, rows)


def plan(task: Task, scene: Scene, rows: Rows) -> Plan:
    """The plan, from rows alone: adopt, diff, order, guard. Raises DeclaredError."""
    document = task.document
    memory = replace(read_memory(rows, names_of(document)), keeps=scene.undoes is not None)
    context = scene.context._replace(memory=memory)
    parts = [_part(kind, scene._replace(context=context), rows) for kind in registry()]
    changes = tuple(change for part in parts for change in part.changes)
    found = _found(task, scene, memory, parts)
    recalled = ((change.address, memory.recall(change.address)) for change in changes)
    return Plan(
        name=document.name,
        files=document.files,
        inputs=document.inputs.keyed(context.capabilities.as_of),
        target=target_of(context.capabilities),
        timezone=context.capabilities.timezone,
        as_of=context.capabilities.as_of,
        desired=united(part.desired for part in parts),
        actual=united(part.actual for part in parts),
        changes=changes,
        statements=order(chain.from_iterable(part.batches for part in parts)),
        hazards={a: hazards for part in parts for a, hazards in part.hazards.items()},
        refusals=found.refusals,
        notes=found.notes,
        unmanaged=tuple(address for part in parts for address in part.unmanaged),
        incomplete=incomplete(scene),
        undoes=scene.undoes,
        last=memory.last,
        remembered={address: past for address, past in recalled if past is not None},
        state=memory.state,
        newest=memory.newest,
    )


class _Findings(NamedTuple):
    refusals: tuple[Finding, ...]
    notes: tuple[Finding, ...]


def _found(task: Task, scene: Scene, memory: Memory, parts: Sequence[_Part]) -> _Findings:
    """What the changes as a whole give reason to say, beside what each kind says of its own."""
    document, capabilities = task.document, scene.context.capabilities
    changes = [change for part in parts for change in part.changes]
    hazards = {a: found for part in parts for a, found in part.hazards.items()}
    actual = united(part.actual for part in parts)
    seen = chain.from_iterable(part.seen.values() for part in parts)
    claim, file = _claim(document, scene), scene.context.file
    notes = (
        *scene.foresaid,
        *server_notes.notes(capabilities),
        *ledger_guard.notes(claim, memory, changes, capabilities),
        *(note for part in parts for note in part.notes),
    )
    declares_jobs = scene.undoes is not None or bool(document.entries.get("jobs"))
    statements = (s for part in parts for _, batch in part.batches for s in batch)
    counted = frozenset(kind.name for kind in registry() if kind.scoped)
    rules = Rules(file, declares_jobs, document.limits, counted)
    refusals = (
        *guard(changes, statements, actual, capabilities, rules),
        *unallowed((*chain(*hazards.values()), *notes), document.require_allow, file),
        *ledger_guard.refusals(claim, memory, changes, hazards, seen, capabilities),
        *(refusal for part in parts for refusal in part.refusals),
    )
    return _Findings(tuple(r for r in refusals if r.code not in task.allow), notes)


def _claim(document: Document, scene: Scene) -> ledger_guard.Claim:
    return ledger_guard.Claim(
        name=document.name,
        files=document.files,
        scope=document.scope,
        keys={kind.name: kind.document_key for kind in registry()},
        owned=_owned,
        owners=scene.context.owners,
        ledger=document.ledger,
        undoes=scene.undoes,
    )


def _owned(document_key: str) -> bool:
    kinds = (kind for kind in registry() if kind.document_key == document_key)
    return any("username" in kind.spec().model_fields for kind in kinds)


class _Part(NamedTuple):
    """One kind's share of the plan."""

    seen: State
    desired: State
    actual: State
    changes: tuple[Change, ...]
    batches: tuple[Batch, ...]
    hazards: Mapping[Address, tuple[Finding, ...]]
    refusals: tuple[Finding, ...]
    notes: tuple[Finding, ...]
    unmanaged: tuple[Address, ...]


def _part(kind: Kind, scene: Scene, rows: Rows) -> _Part:
    context = scene.context
    declared = kind.complete(scene.declared[kind.name], rows, context)
    seen = {resource.address: resource for resource in kind.actual(rows, declared, context)}
    desired, reasons, unmanaged = adopt(declared, seen, kind, context)
    changes = diff(desired, seen, reasons)
    view = Survey(changes, declared, seen, rows, context)
    found = ((change.address, kind.hazards(change, context)) for change in changes)
    return _Part(
        seen=seen,
        desired=without(unmanaged, desired),
        actual=without(unmanaged, seen),
        changes=changes,
        batches=_batches(kind, changes, context),
        hazards={address: hazards for address, hazards in found if hazards},
        refusals=kind.refusals(view),
        notes=kind.notes(view),
        unmanaged=unmanaged,
    )


def _batches(kind: Kind, changes: Sequence[Change], context: Context) -> tuple[Batch, ...]:
    makes, removes = kind.turn
    if makes == removes:
        return ((makes, tuple(s for c in changes for s in kind.statements(c, context))),)
    gone = [change for change in changes if isinstance(change, Delete)]
    rest = [change for change in changes if not isinstance(change, Delete)]
    return tuple(
        (turn, tuple(s for change in some for s in kind.statements(change, context)))
        for turn, some in ((makes, rest), (removes, gone))
    )
