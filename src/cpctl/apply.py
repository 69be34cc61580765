"""An apply that leaves the database before it or after it, and always says which.

    lock ─ plan again ─ write ─ verify ─ settings live ─ COMMIT ─ settle ─ RESETs

Everything transactional is one transaction on connection A. What no transaction can undo (ALTER
SYSTEM) is done on connection B while A waits, and undone by hand if A cannot commit.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from cpctl.compensate import Attempt, undo
from cpctl.core.change import Delete
from cpctl.core.plan import Plan
from cpctl.core.resource import Address, Resource, Sealed
from cpctl.core.statement import Hole, Statement
from cpctl.errors import CpctlError, OutcomeUnknown, PartlyApplied, Refused, Stale
from cpctl.postgres.session import Session
from cpctl.postgres.settle import settle
from cpctl.postgres.system import SystemChannel
from cpctl.postgres.transaction import Identity, commit, lock, write
from cpctl.postgres.wire import ConnectionLost
from cpctl.reconcile import Scene, Task, plan, queries
from cpctl.render.parts.refusals import refusal
from cpctl.render.parts.since import moved_lines, statement_lines
from cpctl.verify import verify


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Options:
    """`lock_timeout`: seconds. `pinned`: the plan was approved as it is, and must not differ.

    `announce` is told what takes longer than a second.
    """

    lock_timeout: float
    pinned: bool
    announce: Callable[[str], None]


class Outcome(NamedTuple):
    """What an apply did. `after`: the managed resources as read back before the commit.

    `settled`: the commit's acknowledgement was lost, and the server confirmed it later.
    """

    plan: Plan
    after: Mapping[Address, Resource]
    seconds: float
    settled: bool


class _Work(NamedTuple):
    """The plan's statements by where they run."""

    early: tuple[Statement, ...]
    transaction: tuple[Statement, ...]
    late: tuple[Statement, ...]


def apply(task: Task, session: Session, scene: Scene, approved: Plan, options: Options) -> Outcome:
    """Bring the database to the file.

    Raises LockHeld, Stale and Refused with nothing written; CpctlError with everything undone;
    PartlyApplied with the remainder listed; OutcomeUnknown.
    """
    started = time.monotonic()
    identity, rows = lock(
        session,
        scene.context.capabilities,
        queries(scene),
        timeout=options.lock_timeout,
        announce=options.announce,
    )
    fresh = plan(task, scene, rows)
    _check_fresh(fresh, approved, options)
    after, settled = _execute(task, session, scene, fresh, identity)
    return Outcome(fresh, after, time.monotonic() - started, settled)


def refuse(planned: Plan) -> None:
    """Raises Refused for a plan that may not be applied, CpctlError for one that lacks a secret.

    Nothing has been written.
    """
    _need_secrets(planned)
    if planned.refusals:
        found = refusal(planned)
        raise Refused(found.what, where=found.where, details=found.details, remedy=found.remedy)


def _need_secrets(planned: Plan) -> None:
    unknown = frozenset(planned.incomplete)
    lacking = [c.after for c in planned.changes if not isinstance(c, Delete)]
    for after in lacking:
        if after.address in unknown and Sealed(None) in after.fields.values():
            raise CpctlError(
                f"{after.facts['reference']} has no value. Nothing was written.",
                where=str(after.origin.place if after.origin else after.address),
                remedy="set it, or --env-file FILE (empty counts as unset)",
            )


def _check_fresh(fresh: Plan, approved: Plan, options: Options) -> None:
    refuse(fresh)
    if not options.pinned:
        return
    changed = moved_lines(approved, fresh) or statement_lines(approved, fresh)
    if changed:
        raise Stale(
            "the database changed since the plan was approved. Nothing was written.",
            details=tuple(changed),
            remedy="run the same command again and look at the new plan",
        )


def _work(planned: Plan) -> _Work:
    system = [s for s in planned.statements if s.channel == "system"]
    return _Work(
        early=tuple(s for s in system if not s.late),
        transaction=tuple(s for s in planned.statements if s.channel == "transaction"),
        late=tuple(s for s in system if s.late),
    )


def _execute(
    task: Task, session: Session, scene: Scene, fresh: Plan, identity: Identity
) -> tuple[Mapping[Address, Resource], bool]:
    work = _work(fresh)
    channel: SystemChannel | None = None
    try:
        fill = partial(_fill, task)
        write(session, work.transaction, fill, scene.context.capabilities)
        after = verify(task, session, scene, fresh)
        if work.early or work.late:
            channel = _open_channel(task, session, scene)
        if channel is not None and work.early:
            channel.set(work.early)
            channel.reload(work.early)
    except BaseException as error:  # noqa: BLE001 - an interrupt must be undone like any failure
        undo(Attempt(task, session, fresh, channel), error)
    settled = _commit(task, session, channel, fresh, identity)
    if channel is not None:
        _finish(channel, work.late)
        channel.session.connection.close()
    return after, settled


def _fill(task: Task, hole: Hole) -> str:
    return task.secrets.value(hole.reference)


def _open_channel(task: Task, session: Session, scene: Scene) -> SystemChannel:
    version = scene.context.capabilities.server_version_num
    return SystemChannel(session.server, version, partial(_fill, task))


def _commit(
    task: Task,
    session: Session,
    channel: SystemChannel | None,
    fresh: Plan,
    identity: Identity,
) -> bool:
    """COMMIT; True where its acknowledgement was lost and the server confirmed it later."""
    try:
        commit(session)
    except CpctlError as error:
        undo(Attempt(task, session, fresh, channel), error)
    except ConnectionLost as error:
        fate = settle(session.server, fresh.target.system_identifier, identity)
        if fate == "aborted":
            undo(Attempt(task, session, fresh, channel), error)
        if fate == "unknown":
            raise _unknown(fresh) from None
        return True
    return False


def _unknown(fresh: Plan) -> OutcomeUnknown:
    settings = sum(s.channel == "system" and not s.late for s in fresh.statements)
    others = sum(statement.channel == "transaction" for statement in fresh.statements)
    details = []
    if settings:
        details.append(f"{settings} settings                    live; set before the commit")
    if others:
        details.append(f"{others} other changes               all made, or none")
    where = f"{fresh.target.host}:{fresh.target.port}"
    return OutcomeUnknown(
        f"outcome unknown: the connection broke while committing and {where} did not answer for "
        "60 s.",
        details=tuple(details),
        remedy='when the server answers: cpctl plan.  "No changes" means it was committed; '
        "otherwise cpctl apply.",
    )


def _finish(channel: SystemChannel, late: Sequence[Statement]) -> None:
    """The RESETs, once no committed job needs the settings any more. Raises PartlyApplied."""
    if not late:
        return
    try:
        failed = channel.reset(late)
        channel.reload(())
    except (CpctlError, ConnectionLost) as error:
        failed, reason = tuple(late), str(error)
    else:
        reason = "the server refused them"
    if failed:
        raise PartlyApplied(
            f"everything was applied but the removal of {len(failed)} settings: {reason}",
            details=tuple(f"{s.address}    still set" for s in failed),
            remedy="run the same command again",
        )
