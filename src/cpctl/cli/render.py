"""`cpctl render`: the whole file as SQL for other tools to run; asks no database."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cpctl.cli.options import (
    Common,
    Debug,
    EnvFiles,
    Files,
    Quiet,
    SecretsMode,
    allowed,
    read_document,
)
from cpctl.cli.screen import show
from cpctl.cli.whole import write_whole
from cpctl.errors import CpctlError, Refused
from cpctl.render.parts.escape import escaped

if TYPE_CHECKING:
    from cpctl.core.finding import Finding
    from cpctl.core.migration import Script
    from cpctl.document import Document


class RenderFormat(StrEnum):
    migration = "migration"


class MigrationSecrets(StrEnum):
    auto = "auto"
    skip = "skip"


Secrets = Annotated[
    MigrationSecrets,
    typer.Option("--secrets", help="auto: a file with secrets is refused; skip: leave them out."),
]
Out = Annotated[str | None, typer.Option(help="Write it there, and not to stdout.")]


def render(
    file: Files = None,
    format: Annotated[RenderFormat, typer.Option(help="What to make.")] = RenderFormat.migration,
    out: Out = None,
    env_file: EnvFiles = None,
    secrets: Secrets = MigrationSecrets.auto,
    allow: Annotated[
        list[str] | None,
        typer.Option(help="Let a file without jobs remove all in its scope: EMPTY_FILE."),
    ] = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> int:
    """Write the file as one idempotent migration, offline."""
    from cpctl.render.migration import Heading, migration_sql, skipped_line

    common = Common(file, None, env_file, SecretsMode.skip.value, allow, quiet)
    lifted, document = allowed(common), read_document(common)
    scripts = _scripts(document, skip_secrets=secrets == MigrationSecrets.skip)
    refusals = [found for script in scripts for found in script.refusals]
    _refuse([*refusals, *_empty_file(document)], document, lifted)
    globs = {key: glob for key, glob in document.expect if glob is not None}
    _write(migration_sql(Heading(document.name, document.files, globs), scripts), out)
    if skipped := [address for script in scripts for address in script.skipped]:
        common.say(skipped_line(skipped))
    return 0


def _scripts(document: Document, *, skip_secrets: bool) -> tuple[Script, ...]:
    from cpctl.core.migration import Offline
    from cpctl.kinds import registry
    from cpctl.render.migration import quote, scripts_of

    owner = getattr(document.defaults, "username", None)
    file, scope = document.files[0], document.scope
    offline = Offline(file, document.store, owner, scope, skip_secrets, quote)
    return scripts_of(registry(), document.entries, offline)


def _empty_file(document: Document) -> list[Finding]:
    """A migration does not see what it would remove, so a file without jobs counts as emptied."""
    from cpctl.core.finding import Finding

    if document.entries.get("jobs") or not document.scope:
        return []
    what = "it declares no jobs, so everything in its scope would be removed"
    return [Finding("EMPTY_FILE", what, None, "if that is meant: --allow EMPTY_FILE")]


def _refuse(found: list[Finding], document: Document, lifted: frozenset[str]) -> None:
    """Raises Refused."""
    from cpctl.render.migration import refusal

    refusals = [finding for finding in found if finding.code not in lifted]
    if refusals:
        what, details, remedy = refusal(refusals, document.files)
        raise Refused(what, details=details, remedy=remedy)


def _write(text: str, out: str | None) -> None:
    if out is None:
        show(text.removesuffix("\n"), plain=True)
        return
    try:
        write_whole(Path(out), text)
    except OSError as error:
        what = f"the migration could not be written: {error.strerror}"
        raise CpctlError(what, where=out, remedy="name a file in a folder you may write") from None
    print(f"Wrote {escaped(out)}.")
