"""`cpctl grants`: the least rights that a role needs for the file, as SQL for psql."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import Annotated

import typer

from cpctl.cli.options import (
    Common,
    DatabaseUrl,
    Debug,
    EnvFiles,
    Files,
    Quiet,
    SecretsMode,
    progress,
    read_task,
)


class For(StrEnum):
    plan = "plan"
    apply = "apply"
    diff = "diff"


What = Annotated[For, typer.Option("--for", help="What the role is to do.")]
Role = Annotated[str, typer.Option("--role", help="The role that is to do it.")]


def grants(
    purpose: What,
    role: Role,
    file: Files = None,
    database_url: DatabaseUrl = None,
    env_file: EnvFiles = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> int:
    """Print the least GRANTs that a role needs for the file, for psql. Writes nothing."""
    from cpctl.operate.grants import find_grants
    from cpctl.postgres.session import Session
    from cpctl.render.grants import grants_sql

    common = Common(file, database_url, env_file, SecretsMode.auto.value, None, quiet)
    task = read_task(common)
    with (
        progress("Reading the database", quiet=quiet),
        Session(common.server, "cpctl grants") as session,
    ):
        found = find_grants(task, session, role, purpose.value)
    print(grants_sql(found.request, found.files, found.target, found.rights), end="")
    for warning in found.request.dangers:
        print(f"Warning: {warning}", file=sys.stderr)
    return 0
