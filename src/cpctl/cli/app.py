"""The table of commands; each file beside this one is one of them."""

from __future__ import annotations

from typing import Annotated

import typer

from cpctl.cli.apply import apply
from cpctl.cli.diff import diff
from cpctl.cli.explain import explain
from cpctl.cli.history import history
from cpctl.cli.init import init
from cpctl.cli.plan import plan
from cpctl.cli.rollback import rollback
from cpctl.cli.sandbox import sandbox
from cpctl.cli.schema import schema
from cpctl.cli.show import show
from cpctl.cli.validate import validate

app = typer.Typer(
    name="cpctl",
    help="Keep pg_cron jobs and settings as scheduler.yaml says.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
for command in (init, validate, plan, show, apply, rollback, diff, explain, schema):
    app.command()(command)
app.add_typer(sandbox, name="sandbox")
app.add_typer(history, name="history")


@app.callback()
def _options(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Keep pg_cron jobs and settings as scheduler.yaml says."""
    if version:
        from cpctl import __version__

        print(f"cpctl {__version__}")
        raise typer.Exit
