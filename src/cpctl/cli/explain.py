"""`cpctl explain`: what a schedule means, when it runs next, and what each pg_cron makes of it."""

from __future__ import annotations

from typing import Annotated

import typer

from cpctl.cli.options import Debug
from cpctl.errors import CpctlError


def explain(
    schedule: Annotated[str, typer.Argument(help='A schedule in quotes: "0 2 * * 1".')],
    timezone: Annotated[
        str, typer.Option(help="The server's cron.timezone; pg_cron 1.4 knows only GMT.")
    ] = "GMT",
    debug: Debug = False,
) -> int:
    """Say in words what a schedule does.

    And what each version of pg_cron makes of it.
    """
    from datetime import UTC, datetime

    from cpctl.render.explanation import explanation_text
    from cpctl.schedule.speech import known_zone

    if not known_zone(timezone):
        what = f'--timezone "{timezone}" is no time zone'
        raise CpctlError(what, remedy="a name like GMT or Europe/Berlin")
    now = datetime.now(UTC).isoformat(timespec="seconds")
    text, understood = explanation_text(schedule, timezone, now)
    print(text)
    return 0 if understood else 1
