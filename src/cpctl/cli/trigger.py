"""`cpctl trigger`: run a job's command now, and see what comes of it."""

from __future__ import annotations

from typing import Annotated

import typer

from cpctl.cli.execute import parse_seconds
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
    progress,
)
from cpctl.cli.screen import show
from cpctl.cli.switching import Format, task_for


def trigger(
    job: Annotated[str, typer.Argument(help="A key of the file, a job's name, or job.NAME.")],
    wait: Annotated[
        bool, typer.Option("--wait", help="Wait for an answer that is collected later (pg_net).")
    ] = False,
    as_owner: Annotated[
        bool, typer.Option("--as-owner", help="Run another role's job in a session of yours.")
    ] = False,
    file: Files = None,
    statement_timeout: Annotated[
        str, typer.Option(help="How long the command may take, and an answer be waited for.")
    ] = "10min",
    format: Format = TextOrJson.text,
    database_url: DatabaseUrl = None,
    env_file: EnvFiles = None,
    quiet: Quiet = False,
    no_color: NoColor = False,
    debug: Debug = False,
) -> int:
    """Run a job's command now, in its database and as its owner."""
    from cpctl.operate.trigger import Wanted
    from cpctl.operate.trigger import trigger as run
    from cpctl.render.trigger import trigger_json, trigger_text

    common = Common(file, database_url, env_file, SecretsMode.skip.value, None, quiet)
    wanted = Wanted(job, wait, as_owner, parse_seconds("--statement-timeout", statement_timeout))
    with progress(f"Running {job}", quiet=quiet):
        done = run(task_for(common, whole=False), common.server, wanted)
    if format == TextOrJson.json:
        from cpctl.render.as_json import dumps

        print(dumps(trigger_json(done)))
    else:
        show(trigger_text(done), plain=no_color)
    return 0
