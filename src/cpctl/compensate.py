"""After a failure: put back what no transaction can undo, and say exactly what was done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import NamedTuple, NoReturn

from cpctl.core.plan import Plan, fingerprint
from cpctl.core.statement import Statement
from cpctl.errors import CpctlError, OutcomeUnknown, PartlyApplied
from cpctl.postgres.ledger import Ledger
from cpctl.postgres.session import Session
from cpctl.postgres.system import SystemChannel
from cpctl.postgres.transaction import rollback
from cpctl.postgres.words import StatementFailed
from cpctl.reconcile import survey
from cpctl.scene import Task


class Attempt(NamedTuple):
    """An apply that was begun: `channel` is there once settings may have been written."""

    task: Task
    session: Session
    plan: Plan
    channel: SystemChannel | None
    ledger: Ledger | None


def undo(attempt: Attempt, error: BaseException) -> NoReturn:
    """Put the settings back, roll the transaction back, and say exactly what was done.

    Raises PartlyApplied where something could not be put back, else CpctlError.
    """
    left = _put_back(attempt.channel)
    rollback(attempt.session)
    _record(attempt, left)
    details = (*_said(error), *_told(attempt, left, error))
    what, remedy = _words(error)
    if left:
        raise PartlyApplied(what, details=details, remedy=remedy) from None
    check = _checked(attempt)
    raise CpctlError(what, details=(*details, check), remedy=remedy) from None


def _put_back(channel: SystemChannel | None) -> Sequence[Statement]:
    if channel is None or not channel.touched:
        return ()
    try:
        return channel.put_back()
    except CpctlError:
        return tuple(channel.touched)


def _record(attempt: Attempt, left: Sequence[Statement]) -> None:
    """Close the ledger's intent; where that cannot be, the next plan names it as unfinished."""
    if attempt.channel is None or attempt.ledger is None:
        return
    outcome, addresses = "partly" if left else "undone", [str(s.address) for s in left]
    # A process in which a write has failed is trusted with no other.
    with suppress(CpctlError), Session(attempt.session.server, "cpctl apply ledger") as session:
        attempt.ledger.finish(session, outcome, addresses)


def record_end(ledger: Ledger | None, session: Session, left: Sequence[str]) -> None:
    """Close the intent of an apply that is committed, and whose RESETs have run."""
    with suppress(CpctlError):
        if ledger is not None and not session.lost:
            ledger.finish(session, "partly" if left else "applied", left)


def _words(error: BaseException) -> tuple[str, str]:
    again = "run the same command again"
    if isinstance(error, KeyboardInterrupt):
        return "interrupted; the apply was undone.", again
    if not isinstance(error, CpctlError):
        raise error
    what = error.fault.what.rstrip(".")
    undone = "" if "undone" in what else "; the apply was undone"
    return f"{what}{undone}.", error.fault.remedy or again


def _said(error: BaseException) -> tuple[str, ...]:
    return error.details if isinstance(error, CpctlError) else ()


def _told(attempt: Attempt, left: Sequence[Statement], error: BaseException) -> Iterable[str]:
    """A line for each setting that was touched, and one for each kind that was rolled back."""
    channel = attempt.channel
    put_back = "was set, old value put back and reloaded"
    if channel and not channel.reloaded:
        put_back = "was set, old value put back; the server has not loaded it yet"
    for statement in channel.touched if channel else ():
        fate = "was set, could not be put back" if statement in left else put_back
        yield _line(statement.address, fate)
    if isinstance(error, StatementFailed):
        yield _line(error.address, "failed")
    rolled = {s.address for s in attempt.plan.statements if s.channel == "transaction"}
    for kind, count in sorted(Counter(address.kind for address in rolled).items()):
        noun = kind if count == 1 else f"{kind}s"
        yield _line(f"{count} {noun}", "rolled back, never visible to pg_cron")


def _line(what: object, fate: str) -> str:
    return f"  {what!s:<30}{fate}"


def _checked(attempt: Attempt) -> str:
    """Look again with a new connection, so that `undone` is not only a hope."""
    try:
        with Session(attempt.session.server, "cpctl check") as session:
            now, _ = survey(attempt.task, session)
    except CpctlError:
        return "The database could not be read again to check this."
    if any(finding.code == "CONFIG_FILE_ERROR" for finding in now.refusals):
        return "This cannot be checked while a configuration file has an error."
    if fingerprint(now) == fingerprint(attempt.plan):
        return f"The database is as it was before (checked: fingerprint {fingerprint(now)[:6]})."
    return "The database is not as it was before: somebody else changed it meanwhile."


def outcome_unknown(plan: Plan, seconds: float) -> OutcomeUnknown:
    """The server could not be asked what became of the COMMIT."""
    settings = sum(s.channel == "system" and not s.late for s in plan.statements)
    others = sum(statement.channel == "transaction" for statement in plan.statements)
    details = []
    if settings:
        details.append(f"{settings} settings                    live; set before the commit")
    if others:
        details.append(f"{others} other changes               all made, or none")
    where = f"{plan.target.host}:{plan.target.port}"
    return OutcomeUnknown(
        f"outcome unknown: the connection broke while committing and {where} did not answer for "
        f"{seconds:g} s.",
        details=tuple(details),
        remedy='when the server answers: cpctl plan.  "No changes" means it was committed; '
        "otherwise cpctl apply.",
    )
