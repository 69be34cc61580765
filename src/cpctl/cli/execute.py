"""What apply and rollback share: show the plan, ask, execute, say what was done."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from cpctl.cli.kept import keep
from cpctl.cli.options import Common, progress
from cpctl.cli.screen import show, write_no_more
from cpctl.errors import CpctlError
from cpctl.interrupt import exposed, no_more, shielded

if TYPE_CHECKING:
    from cpctl.apply import Outcome
    from cpctl.cli.saved import Saved
    from cpctl.core.plan import Plan
    from cpctl.reconcile import Found
    from cpctl.scene import Task

_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|min)?")

SETTLED = "The connection broke while committing. Asked the server: it was committed."

AutoApprove = Annotated[bool, typer.Option("--auto-approve", help="Do not ask.")]
LockTimeout = Annotated[str, typer.Option(help="How long to wait for another apply or a lock.")]
StatementTimeout = Annotated[
    str,
    typer.Option(
        help="How long one statement may take; the server may be silent half as long again."
    ),
]


class Asking(NamedTuple):
    """How to show it, and whether it is approved already."""

    approved: bool
    json: bool
    plain: bool


class Limits(NamedTuple):
    """Seconds."""

    lock: float
    statement: float


def parse_seconds(option: str, text: str) -> float:
    """`60s`, `500ms`, `2min` or bare seconds. Raises CpctlError."""
    found = _DURATION.fullmatch(text.strip())
    if found is None:
        raise CpctlError(f'{option} "{text}" is no time', remedy="write 60s, 500ms or 2min")
    return float(found[1]) * {"ms": 0.001, "min": 60.0}.get(found[2], 1.0)


def limits(lock: str, statement: str) -> Limits:
    """Both time limits as the user wrote them. Raises CpctlError."""
    found = Limits(
        parse_seconds("--lock-timeout", lock), parse_seconds("--statement-timeout", statement)
    )
    if not found.statement:
        what = "--statement-timeout 0 would let nothing be done"
        raise CpctlError(what, remedy="write 60s, 500ms or 2min")
    return found


def execute(
    task: Task, common: Common, limits: Limits, asking: Asking, saved: Saved | None = None
) -> int:
    """Plan, show, ask, apply, and say what was done."""
    from cpctl.apply import Options, apply

    if saved is not None:
        task = _as_saved(task, saved)
    with shielded():
        with exposed():
            session, planned, scene = _approved(task, common, limits, saved, asking)
        keep(planned)
        # Nobody approves the file of a rollback: it is the plan that counts.
        pinned = saved is not None or not asking.approved or planned.undoes is not None
        options = Options(lock_timeout=limits.lock, pinned=pinned, announce=common.say)
        try:
            with session:
                outcome = apply(task, session, scene, planned, options) if planned.changes else None
        finally:
            no_more()
        try:
            _show_outcome(planned, outcome, asking)
            sys.stdout.flush()
        except BrokenPipeError:  # what was done is done, whether anybody reads of it or not
            write_no_more()
    return 0


def _as_saved(task: Task, saved: Saved) -> Task:
    """The task, for the inputs and the database of the plan only. Raises Stale."""
    from cpctl.cli.saved import check_inputs
    from cpctl.scene import Approved

    check_inputs(saved, task.document.inputs)
    return replace(task, approved=Approved(saved.path, saved.plan.target))


def _approved(
    task: Task, common: Common, limits: Limits, saved: Saved | None, asking: Asking
) -> Found:
    """The plan that was shown and approved. Raises Refused, Stale, CpctlError."""
    from cpctl.approve import refuse
    from cpctl.cli.saved import check
    from cpctl.reconcile import connect

    # Whoever waits for our lock is told this.
    application = ", ".join(filter(None, ("cpctl apply", task.run.job)))
    server = common.server._replace(statement_timeout=limits.statement)
    with progress("Reading the database", quiet=common.quiet):
        found = connect(task, server, application, common.say)
    if saved is not None:
        check(saved, found.plan)
    if not asking.json:
        _show_plan(found.plan, asking)
    refuse(found.plan)
    if found.plan.changes and not asking.approved:
        _confirm(found.plan)
    return found


def _show_plan(planned: Plan, asking: Asking) -> None:
    from cpctl.render.text import plan_text

    show(plan_text(planned), plain=asking.plain)
    sys.stdout.flush()


def _confirm(planned: Plan) -> None:
    """Ask on a terminal. Raises CpctlError where there is none, or the answer is not `yes`."""
    if not sys.stdin.isatty():
        what = "apply asks before it writes, and there is no terminal. Nothing was written"
        raise CpctlError(what, remedy="--auto-approve, or apply a saved plan with it")
    count = len(planned.changes)
    noun = "this change" if count == 1 else f"these {count} changes"
    question = f'Apply {noun} to {planned.target.where}? Only "yes" is accepted: '
    print(question, end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip() != "yes":
        raise CpctlError("not approved. Nothing was written", remedy='answer "yes" to apply')


def _show_outcome(planned: Plan, outcome: Outcome | None, asking: Asking) -> None:
    from cpctl.render.outcome import outcome_json, outcome_text

    if asking.json:
        from cpctl.render.as_json import dumps

        done = outcome or _nothing(planned)
        print(dumps(outcome_json(done.plan, done.after, done)))
    elif outcome is not None:
        settled = SETTLED if outcome.settled else ""
        text = outcome_text(outcome.plan, outcome.after, outcome, settled)
        show(text, plain=asking.plain)


def _nothing(planned: Plan) -> Outcome:
    from cpctl.apply import Outcome

    return Outcome(planned, planned.actual, 0.0, settled=False)
