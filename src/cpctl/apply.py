"""An apply that leaves the database before it or after it, and always says which.

    lock ─ plan again ─ write ─ verify ─ settings live ─ COMMIT ─ settle ─ RESETs

Everything transactional is one transaction on connection A. What no transaction can undo (ALTER
SYSTEM) is done on connection B while A waits, and undone by hand if A cannot commit.

Signals raise only where the code says `exposed`; elsewhere they wait for the next checkpoint, and
from COMMIT on there is none.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from cpctl.approve import check_fresh
from cpctl.compensate import Attempt, outcome_unknown, record_end, undo
from cpctl.core.kind import Query, Rows
from cpctl.core.plan import Plan
from cpctl.core.resource import Address, Resource
from cpctl.core.statement import Hole, Statement
from cpctl.errors import CpctlError, PartlyApplied
from cpctl.fate import fate_of
from cpctl.interrupt import checkpoint, exposed, shielded
from cpctl.postgres.ledger import THERE, Ledger
from cpctl.postgres.retry import patiently
from cpctl.postgres.session import Message, Session
from cpctl.postgres.system import SystemChannel
from cpctl.postgres.transaction import Identity, commit, lock, write
from cpctl.postgres.wire import ConnectionLost
from cpctl.reconcile import plan_again, survey
from cpctl.record import held, kept, ledger_for
from cpctl.scene import Scene, Task, memories, queries, under_lock
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

    `settled`: the commit's acknowledgement was lost, and the server confirmed it later. `number`:
    its place in the ledger.
    """

    plan: Plan
    after: Mapping[Address, Resource]
    seconds: float
    settled: bool
    number: int | None = None


class _Work(NamedTuple):
    """The plan's statements by where they run."""

    early: tuple[Statement, ...]
    transaction: tuple[Statement, ...]
    late: tuple[Statement, ...]

    @property
    def in_the_way(self) -> tuple[Statement, ...]:
        """Those that others would wait for, for as long as we wait for the reload."""
        return tuple(s for s in self.transaction if s.locks) if self.early else ()

    @property
    def out_of_the_way(self) -> tuple[Statement, ...]:
        return tuple(s for s in self.transaction if not s.locks)


class _Run(NamedTuple):
    """One apply that holds the lock: `plan` was made under it, with the ledger's `memory`."""

    task: Task
    session: Session
    scene: Scene
    identity: Identity
    plan: Plan
    memory: Rows
    ledger: Ledger | None

    def fill(self, hole: Hole) -> str:
        secrets = self.task.secrets
        if hole.form == "verifier":
            return secrets.verifier(hole.reference)
        return secrets.value(hole.reference)


def apply(task: Task, session: Session, scene: Scene, approved: Plan, options: Options) -> Outcome:
    """Bring the database to the file.

    Raises LockHeld, Stale and Refused with nothing written, and KeyboardInterrupt likewise;
    CpctlError with everything undone; PartlyApplied with the remainder listed; OutcomeUnknown.
    """
    started = time.monotonic()
    with shielded():
        with exposed():
            run = _begin(task, session, scene, options)
            check_fresh(run.plan, approved, pinned=options.pinned)
        after, settled = _execute(run)
        number = int(run.ledger.number) if run.ledger and run.ledger.number else None
        return Outcome(run.plan, after, time.monotonic() - started, settled, number)


def _begin(task: Task, session: Session, scene: Scene, options: Options) -> _Run:
    """Take the lock and plan under it; where the connection is lost, all of it is begun again."""

    def once() -> _Run:
        nonlocal scene
        if session.lost:
            session.reopen()
            _, scene = survey(task, session)
        scene = under_lock(scene)
        identity, rows = lock(
            session,
            scene.context.capabilities,
            (*held(task, scene), *queries(scene), *(asked := memories(task, scene)), THERE),
            timeout=options.lock_timeout,
            announce=options.announce,
        )
        if rows[THERE.name][0][0] and not scene.context.capabilities.ledger.exists:
            # Another first apply has made the ledger since: look again, with its memory.
            session.ask([Query("end", "ROLLBACK")], doing="beginning again")
            _, scene = survey(task, session)
            return once()
        fresh = plan_again(task, scene, rows)
        memory = {query.name: rows[query.name] for query in asked}
        ledger = ledger_for(task, scene, fresh)
        return _Run(task, session, scene, identity, fresh, memory, ledger)

    return patiently(once, options.announce)


def _work(planned: Plan) -> _Work:
    system = [s for s in planned.statements if s.channel == "system"]
    return _Work(
        early=tuple(s for s in system if not s.late),
        transaction=tuple(s for s in planned.statements if s.channel == "transaction"),
        late=tuple(s for s in system if s.late),
    )


def _execute(run: _Run) -> tuple[Mapping[Address, Resource], bool]:
    work = _work(run.plan)
    channel: SystemChannel | None = None
    try:
        if work.early or work.late:
            channel = _open_channel(run)
            channel.check_files()
        after = _write(run, work)
        if channel is not None and work.early:
            channel.set(work.early)
            channel.reload(work.early)
        if work.in_the_way:
            after = _written(run, work.in_the_way)
        checkpoint()
    except BaseException as error:  # noqa: BLE001 - an interrupt must be undone like any failure
        undo(Attempt(run.task, run.session, run.plan, channel, run.ledger), error)
    settled = _commit(run, channel, after, work.late)
    if channel is not None:
        _finish(run, channel, work.late)
        channel.session.connection.close()
    return after, settled


def _write(run: _Run, work: _Work) -> Mapping[Address, Resource]:
    """What is transactional, verified, but for the locks that others would wait for."""
    later = work.in_the_way
    statements = work.out_of_the_way if later else work.transaction
    return _written(run, statements, frozenset(s.address for s in later))


def _written(
    run: _Run, statements: Sequence[Statement], later: Collection[Address] = ()
) -> Mapping[Address, Resource]:
    with exposed():
        write(run.session, statements, run.fill)
        return verify(run.task, run.session, run.scene, run.plan, run.memory, later)


def _open_channel(run: _Run) -> SystemChannel:
    """Connection B, on which the ledger's intent is committed before anything is written."""
    intent = run.ledger.intent() if run.ledger else ()
    channel = SystemChannel(run.session.server, run.scene.context.capabilities, run.fill, intent)
    if run.ledger:
        run.ledger.begun(channel.answers)
    return channel


def _commit(
    run: _Run,
    channel: SystemChannel | None,
    after: Mapping[Address, Resource],
    late: Sequence[Statement],
) -> bool:
    """COMMIT; True where its acknowledgement was lost and the server confirmed it later."""
    attempt = Attempt(run.task, run.session, run.plan, channel, run.ledger)
    try:
        last: Sequence[Message] = ()
        if run.ledger:
            managed = kept(run.task, run.scene, run.plan, after)
            last = run.ledger.completion(managed, late=[str(s.address) for s in late])
        answers = commit(run.session, last)
        if run.ledger:
            run.ledger.completed(answers)
    except ConnectionLost as error:
        server = run.session.server
        fate = fate_of(run.task, server, run.plan, run.identity)
        if fate == "aborted":
            undo(attempt, error)
        if fate == "unknown":
            raise outcome_unknown(run.plan, server.statement_timeout) from None
        return True
    except CpctlError as error:
        undo(attempt, error)
    return False


def _finish(run: _Run, channel: SystemChannel, late: Sequence[Statement]) -> None:
    """The RESETs, once no committed job needs the settings any more. Raises PartlyApplied."""
    if not late:
        return
    fate, reason = "still set", "the server refused them"
    try:
        failed = channel.remove(late)
    except CpctlError as error:
        failed, reason, fate = tuple(late), error.fault.what, "perhaps still set"
    record_end(run.ledger, channel.session, [str(statement.address) for statement in failed])
    if failed:
        raise PartlyApplied(
            f"everything was applied but the removal of {len(failed)} settings: {reason}",
            details=tuple(f"{s.address}    {fate}" for s in failed),
            remedy="run the same command again",
        )
