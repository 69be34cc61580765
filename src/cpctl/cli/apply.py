"""`cpctl apply`: bring the database to the file, or execute a saved plan."""

from __future__ import annotations

from typing import Annotated

import typer

from cpctl.cli.execute import (
    Asking,
    AutoApprove,
    LockTimeout,
    StatementTimeout,
    execute,
    limits,
)
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
    read_task,
)


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

    patience = limits(lock_timeout, statement_timeout)
    saved = load_saved(plan, file) if plan is not None else None
    files = saved.files if saved else file
    mode = (secrets or SecretsMode.require).value
    common = Common(files, database_url, env_file, mode, allow, quiet)
    asking = Asking(auto_approve, format == TextOrJson.json, no_color)
    return execute(read_task(common), common, patience, asking, saved)
