"""`cpctl validate`: everything that can be known without a database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cpctl.cli.options import Common, Debug, EnvFiles, Files, Quiet, SecretsMode, read_document

if TYPE_CHECKING:
    from cpctl.document import Document

VERSIONS = ("1.4", "1.5", "1.6")

PgCron = Annotated[
    str | None, typer.Option("--pg-cron", help="Check for this version: 1.4, 1.5 or 1.6.")
]


def validate(
    file: Files = None,
    pg_cron: PgCron = None,
    no_env: Annotated[bool, typer.Option(help="Leave variables as written.")] = False,
    print_: Annotated[
        bool, typer.Option("--print", help="Show the merged file with each value's origin.")
    ] = False,
    env_file: EnvFiles = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> int:
    """Check the file, offline."""
    common = Common(file, None, env_file, SecretsMode.skip.value, None, quiet)
    document = read_document(common, resolve=not no_env)
    if pg_cron is not None:
        _check_version(document, pg_cron)
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


def _check_version(document: Document, pg_cron: str) -> None:
    """Raises InputError for what that version of pg_cron cannot do."""
    from cpctl.errors import CpctlError, Fault, InputError
    from cpctl.lints.jobs import name_fault

    if pg_cron not in VERSIONS:
        what = f'--pg-cron "{pg_cron}" is no version that cpctl knows'
        raise CpctlError(what, remedy=f"one of {', '.join(VERSIONS)}")
    faults = [
        Fault(what, str(key.place), "shorten it")
        for key, spec in document.entries.get("jobs", {}).items()
        if (what := name_fault(spec.name or key, pg_cron))
    ]
    if faults:
        raise InputError(tuple(faults))
