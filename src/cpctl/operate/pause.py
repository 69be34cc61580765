"""Pause and resume: one field of one job or of many, under the lock, and who did it and why.

Whoever else pauses through cpctl, the API among them, calls `switch` and says so in `via`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, NoReturn

from cpctl import __version__
from cpctl.core.cron_calls import Call
from cpctl.core.kind import Query
from cpctl.core.ledger import PauseEntry
from cpctl.core.paused import pause_of
from cpctl.core.pauses import PAUSE, RESUME, encoded_pause
from cpctl.core.resource import Resource
from cpctl.core.statement import Hole, Statement
from cpctl.core.switched import Switch, Switched
from cpctl.errors import CpctlError, LockHeld, OutcomeUnknown
from cpctl.interrupt import exposed, shielded
from cpctl.operate.calling import alter_active
from cpctl.operate.looking import Jobs, found, job_queries, probe, questions
from cpctl.operate.orders import Order, readable
from cpctl.operate.recording import unrecorded
from cpctl.postgres.ledger import creation, pause_message
from cpctl.postgres.retry import patiently
from cpctl.postgres.session import Message, Session
from cpctl.postgres.settle import settle
from cpctl.postgres.transaction import Identity, commit, lock, write
from cpctl.postgres.wire import ConnectionLost
from cpctl.postgres.words import LOCKED, StatementFailed
from cpctl.record import held
from cpctl.scene import Task


class _Work(NamedTuple):
    """What is to be done, found under the lock."""

    identity: Identity
    jobs: Jobs
    changed: tuple[Resource, ...]
    already: tuple[Resource, ...]


def switch(task: Task, session: Session, order: Order) -> Switch:
    """Pause or resume. Raises LockHeld, Refused with nothing written; CpctlError; OutcomeUnknown.

    `expect` is not asked: what runs in the wrong database has to be stopped there.
    """
    order = order._replace(reason=readable(order.reason))
    with shielded():
        with exposed():
            work = patiently(lambda: _begin(task, session, order), order.announce)
            outcome = _outcome(task, work, order)
            if not work.changed:
                session.ask([Query("end", "ROLLBACK")], doing="ending")
                return outcome
            context = work.jobs.scene.context
            calls = alter_active(session, context, work.changed, active=order.active)
            _write(session, work, order, calls)
        return _commit(task, session, work, order, outcome)


def _begin(task: Task, session: Session, order: Order) -> _Work:
    if session.lost:
        session.reopen()
    scene = probe(task, session, anywhere=True)
    session.inspect(())
    asked = (*held(task, scene), *questions(task, scene))
    identity, rows = lock(
        session,
        scene.context.capabilities,
        asked,
        timeout=order.lock_timeout,
        announce=order.announce,
    )
    jobs = found(task, scene, rows)
    changed, already = _chosen(task, jobs, order)
    return _Work(identity, jobs, tuple(changed), tuple(already))


def _chosen(task: Task, jobs: Jobs, order: Order) -> tuple[Sequence[Resource], Sequence[Resource]]:
    """What changes, and what is so already. Raises CpctlError."""
    if order.jobs:
        named = {job.address: job for job in map(jobs.named, order.jobs)}.values()
    else:
        named = {job.address: job for job in jobs.of_the_file}.values()
    changed = [job for job in named if job.fields["active"] is not order.active]
    already = [job for job in named if job.fields["active"] is order.active]
    if order.active and not order.jobs:
        unknown = unrecorded(task, jobs)
        if unknown:
            what = f"nobody knows which jobs cpctl has paused: {unknown}. Nothing was written"
            raise CpctlError(what, remedy="name them: cpctl resume JOB")
        known = jobs.memory.pauses
        return [job for job in changed if pause_of(job, known)], []
    return changed, already


def _outcome(task: Task, work: _Work, order: Order) -> Switch:
    capabilities = work.jobs.scene.context.capabilities
    return Switch(
        active=order.active,
        host=capabilities.host,
        database=capabilities.database,
        clock=work.jobs.clock,
        files=task.document.files,
        reason=order.reason,
        changed=tuple(_switched(job, work.jobs, order) for job in work.changed),
        already=tuple(_switched(job, work.jobs, order) for job in work.already),
    )


def _switched(job: Resource, jobs: Jobs, order: Order) -> Switched:
    declared = jobs.declared.get(job.address)
    agrees = declared is None or declared.fields.get("active") is order.active
    place = None if agrees else jobs.place_of_active(job.address)
    return Switched(job, pause_of(job, jobs.memory.pauses), place)


def _write(session: Session, work: _Work, order: Order, calls: Sequence[Call]) -> None:
    """Raises CpctlError where it fails, or the database shows something else than was asked for."""
    addressed = zip(work.changed, calls, strict=True)
    statements = [Statement(c.sql, c.params, job.address, role=c.role) for job, c in addressed]
    try:
        write(session, statements, _no_secret)
    except StatementFailed as failed:
        what = f"{failed.address} could not be {order.verb}d. Nothing was changed"
        kind = LockHeld if failed.sqlstate == LOCKED else CpctlError
        raise kind(what, details=failed.details, remedy=failed.fault.remedy) from None
    _verify(session, work, order)


def _no_secret(_: Hole) -> NoReturn:
    raise AssertionError


def _verify(session: Session, work: _Work, order: Order) -> None:
    scene = work.jobs.scene
    again = [query for query in job_queries(scene) if query.name == "jobs"]
    rows = session.ask(again, doing="verifying")
    seen = {jobid: rest for jobid, _, *rest in rows["jobs"]}
    for job in work.changed:
        wanted = {**job.fields, "active": order.active}
        columns = ("schedule", "command", "database", "username", "active")
        now = dict(zip(columns, seen.get(job.facts["jobid"], ()), strict=False))
        if {name: now.get(name) for name in wanted} != wanted:
            raise CpctlError(
                f"the server accepted it, but shows something else: {job.address}; undone",
                remedy="somebody may have changed it just now: run the same command again",
            )


def _commit(task: Task, session: Session, work: _Work, order: Order, outcome: Switch) -> Switch:
    why_not = unrecorded(task, work.jobs)
    last: list[Message] = []
    if not why_not:
        exists = work.jobs.scene.context.capabilities.ledger.exists
        last = [*(() if exists else creation()), pause_message(_entry(task, work, order))]
    try:
        answers = commit(session, last, order.verb)
    except ConnectionLost:
        return _settled(session, work, order, outcome)
    number = int(answers[-1].rows[0][0]) if answers else None
    return outcome._replace(number=number, unrecorded=why_not)


def _entry(task: Task, work: _Work, order: Order) -> PauseEntry:
    changes = encoded_pause(work.changed, active=order.active, reason=order.reason, via=order.via)
    name = RESUME if order.active else PAUSE
    return PauseEntry(name, task.run, __version__, len(work.changed), changes)


def _settled(session: Session, work: _Work, order: Order, outcome: Switch) -> Switch:
    """The acknowledgement was lost: what the server says. Raises CpctlError, OutcomeUnknown."""
    identifier = work.jobs.scene.context.capabilities.system_identifier
    fate = settle(session.server, identifier, work.identity)
    if fate == "committed":
        return outcome._replace(settled=True)
    remedy = "run the same command again: it does what is still to be done"
    if fate == "aborted":
        what = f"the connection broke while committing; the {order.verb} was undone"
        raise CpctlError(what, remedy=remedy)
    raise OutcomeUnknown(
        "outcome unknown: the connection broke while committing, and nobody answered since",
        details=("all of the jobs are changed, or none",),
        remedy=remedy,
    )
