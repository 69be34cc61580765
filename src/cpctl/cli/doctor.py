"""`cpctl doctor`: what is wrong with the scheduler, and what to do about it; reads only."""

from __future__ import annotations

from typing import Annotated

import typer

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
    read_task,
)
from cpctl.cli.screen import show
from cpctl.cli.zone import local_zone

Probe = Annotated[bool, typer.Option("--probe", help="Ask each URL, too: OPTIONS, without a key.")]


def doctor(
    file: Files = None,
    probe: Probe = False,
    format: Annotated[TextOrJson, typer.Option(help="How to show it.")] = TextOrJson.text,
    database_url: DatabaseUrl = None,
    env_file: EnvFiles = None,
    quiet: Quiet = False,
    no_color: NoColor = False,
    debug: Debug = False,
) -> int:
    """Find what is wrong with the scheduler, and how to mend it (exit 2). Writes nothing."""
    from cpctl.operate.doctor import Options, examine
    from cpctl.postgres.session import Session

    common = Common(file, database_url, env_file, SecretsMode.skip.value, None, quiet)
    task = read_task(common)
    with (
        progress("Examining the scheduler", quiet=quiet),
        Session(common.server, "cpctl doctor") as session,
    ):
        report = examine(task, session, Options(probe, local_zone()))
    if format == TextOrJson.json:
        from cpctl.render.as_json import dumps
        from cpctl.render.doctor import doctor_json

        print(dumps(doctor_json(report)))
    else:
        from cpctl.render.doctor import doctor_text

        show(doctor_text(report), plain=no_color)
    return 0 if report.well else 2
