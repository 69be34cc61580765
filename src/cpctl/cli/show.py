"""`cpctl show`: a saved plan in every format, stale or not; asks no database and reads no file."""

from __future__ import annotations

from typing import Annotated

import typer

from cpctl.cli import screen
from cpctl.cli.options import Debug, NoColor, PlanFormat, Verbose


def show(
    plan: Annotated[str, typer.Argument(help="A plan saved by plan --out.")],
    format: Annotated[PlanFormat, typer.Option(help="How to show it.")] = PlanFormat.text,
    verbose: Verbose = False,
    no_color: NoColor = False,
    debug: Debug = False,
) -> int:
    """Show a saved plan, without a database and without its files."""
    from cpctl.cli.plan import render
    from cpctl.cli.saved import read_plan

    saved = read_plan(plan)
    if format == PlanFormat.json:
        from cpctl.render.as_json import dumps

        text = dumps(saved.document)
    else:
        text = render(saved.plan, format, verbose=verbose)
    screen.show(text, plain=no_color or format != PlanFormat.text)
    return 0
