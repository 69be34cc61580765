"""`cpctl diff`: nightly drift; reads only, and needs no right to write."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cpctl.cli.kept import keep
from cpctl.cli.options import (
    Common,
    DatabaseUrl,
    Debug,
    DriftFormat,
    EnvFiles,
    Files,
    NoColor,
    Quiet,
    SecretsMode,
    SecretsOption,
    Verbose,
    progress,
    read_task,
)
from cpctl.cli.screen import show

if TYPE_CHECKING:
    from cpctl.core.plan import Plan


def diff(
    file: Files = None,
    format: Annotated[DriftFormat, typer.Option(help="How to show it.")] = DriftFormat.text,
    database_url: DatabaseUrl = None,
    env_file: EnvFiles = None,
    secrets: SecretsOption = None,
    verbose: Verbose = False,
    quiet: Quiet = False,
    no_color: NoColor = False,
    debug: Debug = False,
) -> int:
    """Find where the database differs from the file (exit 2)."""
    from cpctl.operate.dating import dated
    from cpctl.reconcile import connect

    mode = (secrets or SecretsMode.auto).value
    common = Common(file, database_url, env_file, mode, None, quiet)
    task = read_task(common)
    with progress("Reading the database", quiet=quiet):
        session, found, _ = connect(task, common.server, "cpctl diff", common.say)
        with session:
            found = dated(found, session)
    keep(found)
    show(_render(found, format, verbose=verbose), plain=no_color or format != DriftFormat.text)
    return 2 if found.changes else 0


def _render(found: Plan, format: DriftFormat, *, verbose: bool) -> str:
    match format:
        case DriftFormat.text:
            from cpctl.render.drift import drift_text

            return drift_text(found, verbose=verbose)
        case DriftFormat.json:
            from cpctl.render.as_json import drift_json, dumps

            return dumps(drift_json(found))
        case DriftFormat.markdown:
            from cpctl.render.markdown import drift_markdown

            return drift_markdown(found)
