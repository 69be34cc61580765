"""`cpctl validate`: everything that can be known without a database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cpctl.cli.options import Common, Debug, EnvFiles, Files, Quiet, SecretsMode, read_document
from cpctl.errors import CpctlError

if TYPE_CHECKING:
    from cpctl.document import Document

VERSIONS = ("1.4", "1.5", "1.6")

PgCron = Annotated[str, typer.Option("--pg-cron", help="Check for this version: 1.4, 1.5 or 1.6.")]


def validate(
    file: Files = None,
    pg_cron: PgCron = "1.6",
    no_env: Annotated[bool, typer.Option("--no-env", help="Leave variables as written.")] = False,
    print_: Annotated[
        bool, typer.Option("--print", help="Show the merged file with each value's origin.")
    ] = False,
    env_file: EnvFiles = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> int:
    """Check the file, offline."""
    if pg_cron not in VERSIONS:
        what = f'--pg-cron "{pg_cron}" is no version that cpctl knows'
        raise CpctlError(what, remedy=f"one of {', '.join(VERSIONS)}")
    common = Common(file, None, env_file, SecretsMode.skip.value, None, quiet)
    document = read_document(common, resolve=not no_env, pg_cron=pg_cron)
    print(document.printed() if print_ else _summary(document))
    return 0


def _summary(document: Document) -> str:
    counts = [
        f"{len(entries)} {key if len(entries) != 1 else key.rstrip('s')}"
        for key, entries in document.entries.items()
        if entries
    ]
    listed = ", ".join(counts) or "nothing declared"
    return f"{' + '.join(document.files)} is valid: {listed}."
