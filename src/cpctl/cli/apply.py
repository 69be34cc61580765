"""`cpctl apply`: bring the database to the file, or execute a saved plan."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from cpctl.cli.options import (
    Allow,
    Common,
    DatabaseUrl,
    Debug,
    EnvFiles,
    Files,
    NoColor,
    Quiet,
    SecretsMode,
    SecretsOption,
    TextOrJson,
    progress,
    read_task,
)
from cpctl.cli.screen import show, write_no_more
from cpctl.errors import CpctlError
from cpctl.interrupt import exposed, shielded

if TYPE_CHECKING:
    from cpctl.apply import Outcome
    from cpctl.cli.saved import Saved
    from cpctl.core.plan import Plan
    from cpctl.reconcile import Found, Task

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


def apply(
    plan: Annotated[str | None, typer.Argument(help="A plan saved by plan --out.")] = None,
    file: Files = None,
    auto_approve: AutoApprove = False,
    lock_timeout: LockTimeout = "60s",
    statement_timeout: StatementTimeout = "60s",
    format: Annotated[TextOrJson, typer.Option(help="How to show it.")] = TextOrJson.text,
    database_url: DatabaseUrl = None,
    env_file: EnvFiles = None,
    secrets: SecretsOption = None,
    allow: Allow = None,
    quiet: Quiet = False,
    no_color: NoColor = False,
    debug: Debug = False,
) -> int:
    """Change the database to what the file says."""
    from cpctl.cli.saved import load_saved

    limits = _Limits(
        parse_seconds("--lock-timeout", lock_timeout),
        parse_seconds("--statement-timeout", statement_timeout),
    )
    if not limits.statement:
        what = "--statement-timeout 0 would let nothing be done"
        raise CpctlError(what, remedy="write 60s, 500ms or 2min")
    saved = load_saved(plan, file) if plan is not None else None
    files = list(saved.files) if saved else file
    mode = (secrets or SecretsMode.require).value
    common = Common(files, database_url, env_file, mode, allow, quiet)
    asking = _Asking(auto_approve, format == TextOrJson.json, no_color)
    return _run(common, limits, saved, asking)


class _Asking(NamedTuple):
    approved: bool
    json: bool
    plain: bool


class _Limits(NamedTuple):
    """Seconds."""

    lock: float
    statement: float


def parse_seconds(option: str, text: str) -> float:
    """`60s`, `500ms`, `2min` or bare seconds. Raises CpctlError."""
    found = _DURATION.fullmatch(text.strip())
    if found is None:
        raise CpctlError(f'{option} "{text}" is no time', remedy="write 60s, 500ms or 2min")
    return float(found[1]) * {"ms": 0.001, "min": 60.0}.get(found[2], 1.0)


def _run(common: Common, limits: _Limits, saved: Saved | None, asking: _Asking) -> int:
    from cpctl.apply import Options, apply

    task = read_task(common)
    with shielded():
        with exposed():
            session, planned, scene = _approved(task, common, limits, saved, asking)
        pinned = saved is not None or not asking.approved
        options = Options(lock_timeout=limits.lock, pinned=pinned, announce=common.say)
        with session:
            outcome = apply(task, session, scene, planned, options) if planned.changes else None
        try:
            _show_outcome(planned, outcome, asking)
            sys.stdout.flush()
        except BrokenPipeError:  # what was done is done, whether anybody reads of it or not
            write_no_more()
    return 0


def _approved(
    task: Task, common: Common, limits: _Limits, saved: Saved | None, asking: _Asking
) -> Found:
    """The plan that was shown and approved. Raises Refused, Stale, CpctlError."""
    from cpctl.approve import refuse
    from cpctl.cli.saved import check
    from cpctl.reconcile import connect

    server = common.server._replace(statement_timeout=limits.statement)
    with progress("Reading the database", quiet=common.quiet):
        found = connect(task, server, "cpctl apply", common.say)
    if saved is not None:
        check(saved, found.plan)
    if not asking.json:
        _show_plan(found.plan, asking)
    refuse(found.plan)
    if found.plan.changes and not asking.approved:
        _confirm(found.plan)
    return found


def _show_plan(planned: Plan, asking: _Asking) -> None:
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


def _show_outcome(planned: Plan, outcome: Outcome | None, asking: _Asking) -> None:
    from cpctl.render.outcome import outcome_json, outcome_text

    if asking.json:
        from cpctl.render.as_json import dumps

        done = outcome or _nothing(planned)
        print(dumps(outcome_json(done.plan, done.after, done.seconds, settled=done.settled)))
    elif outcome is not None:
        settled = SETTLED if outcome.settled else ""
        text = outcome_text(outcome.plan, outcome.after, outcome.seconds, settled)
        show(text, plain=asking.plain)


def _nothing(planned: Plan) -> Outcome:
    from cpctl.apply import Outcome

    return Outcome(planned, planned.actual, 0.0, settled=False)
