"""`cpctl sandbox`: a throw-away PostgreSQL with pg_cron, from installed binaries."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from cpctl.cli.options import Debug, progress

sandbox = typer.Typer(
    help="A throw-away PostgreSQL with pg_cron on a local socket.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


def state_directory() -> Path:
    """Where the sandbox of this user lives."""
    state = os.environ.get("XDG_STATE_HOME")
    return (Path(state) if state else Path.home() / ".local" / "state") / "cpctl" / "sandbox"


@sandbox.command()
def start(
    version: Annotated[str, typer.Option(help="A PostgreSQL version, like 15.")] = "",
    debug: Debug = False,
) -> int:
    """Start it, empty; does nothing where it runs already."""
    from cpctl.operate import sandbox as throw_away

    with progress("Starting PostgreSQL", quiet=False):
        made = throw_away.start(state_directory(), os.environ.get("PATH", ""), version)
    print(f"PostgreSQL {made.version} with pg_cron is running.")
    print(f'  export CPCTL_DATABASE_URL="{made.url}"')
    print("  its data end with: cpctl sandbox stop")
    return 0


@sandbox.command()
def stop(debug: Debug = False) -> int:
    """Stop it and remove its data."""
    from cpctl.operate import sandbox as throw_away

    stopped = throw_away.stop(state_directory())
    print("Stopped, and its data removed." if stopped else "There was no sandbox.")
    return 0


@sandbox.command()
def status(debug: Debug = False) -> int:
    """Say whether it runs."""
    from cpctl.operate import sandbox as throw_away

    found = throw_away.status(state_directory())
    where = f": PostgreSQL {found.sandbox.version}, {found.sandbox.url}" if found.sandbox else ""
    print(f"{found.state}{where}")
    return 0


@sandbox.command()
def url(debug: Debug = False) -> int:
    """Print its URL, for CPCTL_DATABASE_URL."""
    from cpctl.operate import sandbox as throw_away

    print(throw_away.url(state_directory()))
    return 0
