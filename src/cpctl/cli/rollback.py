"""`cpctl rollback`: the state before an apply, as a plan that is shown, approved and executed."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
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
    TextOrJson,
    read_task,
)


def rollback(
    number: Annotated[
        int | None, typer.Argument(help="An apply, from cpctl history. [default: the last]", min=1)
    ] = None,
    file: Files = None,
    auto_approve: AutoApprove = False,
    lock_timeout: LockTimeout = "60s",
    statement_timeout: StatementTimeout = "60s",
    format: Annotated[TextOrJson, typer.Option(help="How to show it.")] = TextOrJson.text,
    database_url: DatabaseUrl = None,
    env_file: EnvFiles = None,
    allow: Allow = None,
    quiet: Quiet = False,
    no_color: NoColor = False,
    debug: Debug = False,
) -> int:
    """Restore what was before an apply of this file.

    Later applies of it are undone with it.
    """
    from cpctl.rollback import survey_past

    patience = limits(lock_timeout, statement_timeout)
    common = Common(file, database_url, env_file, SecretsMode.auto.value, allow, quiet)
    task = replace(read_task(common), look=partial(survey_past, number=number))
    asking = Asking(auto_approve, format == TextOrJson.json, no_color)
    return execute(task, common, patience, asking)
