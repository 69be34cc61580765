"""The table of commands; each file beside this one that bears a command's name is that command."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Annotated, Final

import typer

COMMANDS: Final = (
    "init",
    "validate",
    "plan",
    "show",
    "render",
    "apply",
    "rollback",
    "pause",
    "resume",
    "trigger",
    "diff",
    "doctor",
    "grants",
    "explain",
    "schema",
    "sandbox",
    "history",
    "status",
    "jobs",
    "health",
    "runs",
    "serve",
)


def app_for(arguments: Sequence[str]) -> typer.Typer:
    """The command line: every command, or only the one that is named.

    To read the options of all the others would take a twentieth of a plan's time.
    """
    app = typer.Typer(
        name="cpctl",
        help="Keep pg_cron jobs and settings as scheduler.yaml says.",
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )
    app.callback()(_options)
    for name in [word for word in arguments[:1] if word in COMMANDS] or COMMANDS:
        command = getattr(import_module(f"cpctl.cli.{name}"), name)
        if isinstance(command, typer.Typer):
            app.add_typer(command, name=name)
        else:
            app.command()(command)
    return app


def _options(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Keep pg_cron jobs and settings as scheduler.yaml says."""
    if version:
        from cpctl import __version__

        print(f"cpctl {__version__}")
        raise typer.Exit
