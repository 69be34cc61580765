"""`cpctl resume`: switch jobs on again."""

from __future__ import annotations

from typing import Annotated

import typer

from cpctl.cli.execute import StatementTimeout
from cpctl.cli.options import (
    Common,
    DatabaseUrl,
    Debug,
    EnvFiles,
    Files,
    NoColor,
    Quiet,
    SecretsMode,
    TextOrJson,
)
from cpctl.cli.switching import Asked, Format, LockTimeout, Words, carry_out


def resume(
    jobs: Words = None,
    all: Annotated[
        bool, typer.Option("--all", help="All jobs of the file that cpctl has paused.")
    ] = False,
    reason: Annotated[str, typer.Option(help="Why, for the history.")] = "",
    file: Files = None,
    lock_timeout: LockTimeout = "60s",
    statement_timeout: StatementTimeout = "60s",
    format: Format = TextOrJson.text,
    database_url: DatabaseUrl = None,
    env_file: EnvFiles = None,
    quiet: Quiet = False,
    no_color: NoColor = False,
    debug: Debug = False,
) -> int:
    """Let paused jobs run again."""
    common = Common(file, database_url, env_file, SecretsMode.skip.value, None, quiet)
    asked = Asked(
        active=True,
        jobs=jobs,
        all=all,
        reason=reason,
        lock_timeout=lock_timeout,
        statement_timeout=statement_timeout,
        json=format == TextOrJson.json,
        plain=no_color,
    )
    return carry_out(common, asked)
