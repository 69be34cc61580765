"""`cpctl history`: the applies that the ledger of a database knows."""

from __future__ import annotations

from typing import Annotated

import typer

from cpctl.cli.options import (
    Common,
    DatabaseUrl,
    Debug,
    EnvFiles,
    NoColor,
    Quiet,
    SecretsMode,
    TextOrJson,
    progress,
)
from cpctl.cli.screen import show as show_text

history = typer.Typer(
    help="The applies of this database, the newest first.",
    invoke_without_command=True,
    rich_markup_mode=None,
)

Number = Annotated[int, typer.Argument(help="The number of an apply.", min=1)]
Most = Annotated[int, typer.Option("--limit", help="How many at the most.", min=1, max=10_000)]
Format = Annotated[TextOrJson, typer.Option(help="How to show it.")]


@history.callback()
def applies(
    context: typer.Context,
    limit: Most = 20,
    format: Format = TextOrJson.text,
    database_url: DatabaseUrl = None,
    env_file: EnvFiles = None,
    quiet: Quiet = False,
    no_color: NoColor = False,
    debug: Debug = False,
) -> int:
    """The applies of this database, the newest first."""
    if context.invoked_subcommand is not None:
        return 0
    from cpctl.operate.history import history as read
    from cpctl.postgres.session import Session
    from cpctl.render.history import history_json, history_text

    common = Common(None, database_url, env_file, SecretsMode.skip.value, None, quiet)
    with (
        progress("Reading the ledger", quiet=quiet),
        Session(common.server, "cpctl history") as session,
    ):
        found = read(session, limit)
    if format == TextOrJson.json:
        from cpctl.render.as_json import dumps

        print(dumps(history_json(found.applies)))
    else:
        text = history_text(found.where, found.applies, found.timezone)
        show_text(text, plain=no_color)
    return 0


@history.command()
def show(
    number: Number,
    format: Format = TextOrJson.text,
    database_url: DatabaseUrl = None,
    env_file: EnvFiles = None,
    quiet: Quiet = False,
    no_color: NoColor = False,
    debug: Debug = False,
) -> int:
    """One apply: who, when, and each field that it changed."""
    from cpctl.operate.history import past_apply
    from cpctl.postgres.session import Session
    from cpctl.render.history import apply_json, apply_text

    common = Common(None, database_url, env_file, SecretsMode.skip.value, None, quiet)
    with (
        progress("Reading the ledger", quiet=quiet),
        Session(common.server, "cpctl history") as session,
    ):
        found = past_apply(session, number)
    if format == TextOrJson.json:
        from cpctl.render.as_json import dumps

        print(dumps(apply_json(found.applied, found.changes)))
    else:
        show_text(apply_text(found.applied, found.changes, found.timezone), plain=no_color)
    return 0
