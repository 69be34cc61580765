"""What pause and resume share: which jobs, one transaction, and what was done."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from cpctl.cli.execute import limits
from cpctl.cli.options import Common, TextOrJson, progress, read_document, read_task
from cpctl.cli.screen import show, write_no_more
from cpctl.errors import CpctlError, InputError
from cpctl.interrupt import no_more

if TYPE_CHECKING:
    from cpctl.core.switched import Switch
    from cpctl.scene import Task

Words = Annotated[
    list[str] | None,
    typer.Argument(metavar="JOB...", help="A key of the file, a job's name, or job.NAME."),
]
LockTimeout = Annotated[str, typer.Option(help="How long to wait for an apply or a lock.")]
Format = Annotated[TextOrJson, typer.Option(help="How to show it.")]


class Asked(NamedTuple):
    """What a person typed. `active`: what the jobs shall become."""

    active: bool
    jobs: list[str] | None
    all: bool
    reason: str
    lock_timeout: str
    statement_timeout: str
    json: bool
    plain: bool


def carry_out(common: Common, asked: Asked) -> int:
    """Pause or resume, and say so."""
    from cpctl.operate.orders import Order
    from cpctl.operate.pause import switch
    from cpctl.postgres.session import Session

    if bool(asked.jobs) == asked.all:
        what = "--all is for all jobs of the file: name none" if asked.jobs else "which jobs?"
        verb = "resume" if asked.active else "pause"
        raise CpctlError(what, remedy=f"cpctl {verb} JOB, or cpctl {verb} --all")
    patience = limits(asked.lock_timeout, asked.statement_timeout)
    task = task_for(common, whole=asked.all)
    jobs, reason = tuple(asked.jobs or ()), asked.reason
    order = Order(asked.active, jobs, reason, patience.lock, common.say)
    application = ", ".join(filter(None, (f"cpctl {order.verb}", task.run.job)))
    server = common.server._replace(statement_timeout=patience.statement)
    with (
        progress("Reading the database", quiet=common.quiet),
        Session(server, application) as session,
    ):
        done = switch(task, session, order)
        no_more()
    try:
        _show(done, asked)
        sys.stdout.flush()
    except BrokenPipeError:  # what was done is done, whether anybody reads of it or not
        write_no_more()
    return 0


def task_for(common: Common, *, whole: bool) -> Task:
    """The file; where only its variables have no value, without them, unless all of it counts.

    A job that is named is found all the same. Raises InputError.
    """
    try:
        return read_task(common)
    except InputError as error:
        if whole:
            raise
        return _without_variables(common, error)


def _without_variables(common: Common, error: InputError) -> Task:
    from cpctl.cli.who import run_of
    from cpctl.scene import Task
    from cpctl.secrets import Secrets

    try:
        document = read_document(common, resolve=False)
    except InputError:
        raise error from None
    return Task(document, Secrets({}, "skip"), run=run_of(os.environ))


def _show(done: Switch, asked: Asked) -> None:
    from cpctl.render.pause import pause_json, pause_text

    if asked.json:
        from cpctl.render.as_json import dumps

        print(dumps(pause_json(done)))
    else:
        show(pause_text(done), plain=asked.plain)
