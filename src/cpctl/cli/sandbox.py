"""`cpctl sandbox`: a throw-away PostgreSQL with pg_cron, from installed binaries."""

from __future__ import annotations

import os
from pathlib import Path

import typer

sandbox = typer.Typer(
    help="A throw-away PostgreSQL with pg_cron on a local socket.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


def state_directory() -> Path:
    """Where the sandbox of this user lives."""
    state = os.environ.get("XDG_STATE_HOME")
    return (Path(state) if state else Path.home() / ".local" / "state") / "cpctl" / "sandbox"
