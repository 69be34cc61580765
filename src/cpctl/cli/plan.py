"""`cpctl plan`: what an apply would do; reads only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cpctl.cli.kept import keep
from cpctl.cli.options import (
    Allow,
    Common,
    DatabaseUrl,
    Debug,
    EnvFiles,
    Files,
    NoColor,
    PlanFormat,
    Quiet,
    SecretsMode,
    SecretsOption,
    Verbose,
    progress,
    read_task,
)
from cpctl.cli.screen import show

if TYPE_CHECKING:
    from cpctl.core.plan import Plan

Out = Annotated[
    str | None, typer.Option(help="Save the plan for `cpctl show PLAN` and `cpctl apply PLAN`.")
]
DetailedExitcode = Annotated[
    bool, typer.Option("--detailed-exitcode", help="2: changes, 3: refusals, 0: neither.")
]


def plan(
    file: Files = None,
    out: Out = None,
    format: Annotated[PlanFormat, typer.Option(help="How to show it.")] = PlanFormat.text,
    detailed_exitcode: DetailedExitcode = False,
    database_url: DatabaseUrl = None,
    env_file: EnvFiles = None,
    secrets: SecretsOption = None,
    allow: Allow = None,
    verbose: Verbose = False,
    quiet: Quiet = False,
    no_color: NoColor = False,
    debug: Debug = False,
) -> int:
    """Show what apply would change. Writes nothing."""
    mode = (secrets or SecretsMode.auto).value
    made = _plan(Common(file, database_url, env_file, mode, allow, quiet))
    keep(made)
    if out is not None:
        from cpctl.cli.saved import save

        save(made, out)
    show(render(made, format, verbose=verbose), plain=no_color or format != PlanFormat.text)
    if not detailed_exitcode:
        return 0
    return 3 if made.refusals else 2 if made.changes else 0


def _plan(common: Common) -> Plan:
    from cpctl.reconcile import connect

    task = read_task(common)
    with progress("Reading the database", quiet=common.quiet):
        session, made, _ = connect(task, common.server, "cpctl plan", common.say)
    session.connection.close()
    return made


def render(made: Plan, format: PlanFormat, *, verbose: bool) -> str:
    """The plan in one of its formats."""
    match format:
        case PlanFormat.text:
            from cpctl.render.text import plan_text

            return plan_text(made, verbose=verbose)
        case PlanFormat.json:
            from cpctl.render.as_json import dumps, plan_json

            return dumps(plan_json(made))
        case PlanFormat.markdown:
            from cpctl.render.markdown import plan_markdown

            return plan_markdown(made)
        case PlanFormat.sql:
            from cpctl.render.sql import plan_sql

            return plan_sql(made)
