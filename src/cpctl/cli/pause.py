"""`cpctl pause`: switch jobs off, with a reason that others will read."""

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


def pause(
    jobs: Words = None,
    all: Annotated[bool, typer.Option("--all", help="All active jobs of the file.")] = False,
    reason: Annotated[str, typer.Option(help="Why, for whoever finds it paused.")] = "",
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
    """Stop jobs from running, and remember who did it and why."""
    common = Common(file, database_url, env_file, SecretsMode.skip.value, None, quiet)
    asked = Asked(
        active=False,
        jobs=jobs,
        all=all,
        reason=reason,
        lock_timeout=lock_timeout,
        statement_timeout=statement_timeout,
        json=format == TextOrJson.json,
        plain=no_color,
    )
    return carry_out(common, asked)
