"""The way back: the state before an apply, as the ledger has it, becomes a plan like any other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain

from cpctl.core.change import Create
from cpctl.core.finding import Finding
from cpctl.core.ledger_codec import Undo, undone_by
from cpctl.core.pauses import PAUSE, RESUME
from cpctl.core.plan import Plan
from cpctl.core.resource import NAME, Address, Resource, Sealed, State
from cpctl.core.scope import Scope
from cpctl.core.target import check_target
from cpctl.errors import CpctlError
from cpctl.kinds import registry
from cpctl.postgres.ledger import changes_query, last_query
from cpctl.postgres.session import Session
from cpctl.reconcile import plan
from cpctl.scene import (
    Scene,
    Task,
    context_of,
    declared_owners,
    expected,
    memories,
    names_of,
    queries,
)

_NOT_THERE = "CANNOT_RESTORE"


def survey_past(task: Task, session: Session, *, number: int | None) -> tuple[Plan, Scene]:
    """The plan that restores what was before apply `number`; None: before the file's last one.

    Every later apply of the same file is undone with it. Raises CpctlError; Refused.
    """
    _readable(task, session)
    first, undone = _undone(task, session, number)
    owners = declared_owners(task.document) | _owners(undone)
    context = context_of(task, session.probe(sorted(owners)), owners)
    # A scope that takes nothing in: what those applies did not change is left alone.
    nothing = {kind.document_key: Scope(()) for kind in registry()}
    declared = _declared(undone)
    foresaid = (*_lost(undone), *_lost_parts(declared))
    scene = Scene(context._replace(scope=nothing), declared, undoes=first, foresaid=foresaid)
    rows = session.inspect((*queries(scene), *memories(task, scene)))
    made = plan(task, scene, rows)
    scene = scene._replace(foresaid=(*scene.foresaid, *_made_anew(made, undone)))
    return plan(task, scene, rows), scene


def _readable(task: Task, session: Session) -> None:
    """Raises Refused where it is the wrong database; CpctlError where it has no ledger to read."""
    capabilities = session.probe([])
    check_target(expected(task.document), capabilities)
    if not capabilities.ledger.usable:
        what = "there is no ledger here that could be read, so nothing is known of the past"
        raise CpctlError(what, remedy="cpctl history says which applies are known")


def _undone(task: Task, session: Session, number: int | None) -> tuple[int, tuple[Undo, ...]]:
    names = names_of(task.document)
    if number is None:
        rows = session.ask([last_query(names)], doing="reading the ledger")["last"]
        number = rows[0][0] if rows else None
    found = session.ask([changes_query(number or 0)], doing="reading the ledger")["changes"]
    mine = [row for row in found if row[1] in names and row[3]]
    if number is None or not mine or mine[0][0] != number:
        remedy = "cpctl history lists the applies; of a pause: cpctl resume JOB"
        raise CpctlError(_why_not(names, number, found), remedy=remedy)
    return number, undone_by([changes for _, _, changes, _ in mine])


def _owners(undone: Iterable[Undo]) -> frozenset[str]:
    """Whose the resources were, and whose they are: the file may name neither any more."""
    sides = (side for undo in undone for side in (undo.before, *undo.left) if side)
    known = (side.facts.get("username") for side in sides)
    return frozenset(str(owner) for owner in known if owner)


def _why_not(names: Sequence[str], number: int | None, found: Sequence[tuple[object, ...]]) -> str:
    if number is None:
        return f"the ledger has no apply of {names[0]}"
    there = [row for row in found if row[0] == number]
    if not there:
        return f"the ledger has no apply {number}"
    if there[0][1] in (PAUSE, RESUME):
        return f"{number} is a {there[0][1].removeprefix('cpctl ')}, and no apply"
    if there[0][1] not in names:
        return f"apply {number} is one of {there[0][1]}, and this file is {names[0]}"
    return f"apply {number} was not committed: there is nothing to undo"


def _declared(undone: Iterable[Undo]) -> Mapping[str, State]:
    declared: dict[str, dict[Address, Resource]] = {kind.name: {} for kind in registry()}
    for undo in undone:
        if not _sealed(undo):
            resource = _again(undo)
            declared[resource.address.kind][resource.address] = resource
    return declared


def _again(undo: Undo) -> Resource:
    """What the resource was, declared; with empty fields where it was not there."""
    (recall,) = (kind.recall for kind in registry() if kind.name == undo.address.kind)
    if undo.before is None:
        return recall(undo.now, None, undo.left)
    made = recall(undo.address, undo.before, undo.left)
    if undo.now == undo.address:
        return made
    fields = {**made.fields, NAME: str(made.facts["name"])}
    renamed: dict[str, object] = {"was": str(undo.now), "predecessor": undo.now}
    return made._replace(fields=fields, facts={**made.facts, **renamed})


def _sealed(undo: Undo) -> bool:
    return undo.before is not None and Sealed(None) in undo.before.fields.values()


def _lost(undone: Iterable[Undo]) -> Iterator[Finding]:
    for undo in undone:
        if _sealed(undo):
            what = "cannot come back: the ledger holds no value of a secret. It is left as it is."
            yield Finding(_NOT_THERE, what, undo.address)


def _lost_parts(declared: Mapping[str, State]) -> Iterator[Finding]:
    for resource in chain.from_iterable(state.values() for state in declared.values()):
        if "lost" in resource.facts:
            yield Finding(_NOT_THERE, str(resource.facts["lost"]), resource.address)


def _made_anew(made: Plan, undone: Iterable[Undo]) -> Iterator[Finding]:
    jobids = {undo.address: undo.jobid for undo in undone}
    for change in made.changes:
        jobid = jobids.get(change.address)
        if jobid and isinstance(change, Create):
            what = f"comes back under a new jobid; its run history stays under jobid {jobid}."
            yield Finding(_NOT_THERE, what, change.address)
