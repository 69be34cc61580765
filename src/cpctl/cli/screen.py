"""Text on its way out: colour only decorates, and only a terminal gets it."""

from __future__ import annotations

import os
import sys

MOST_COLOURED = 200
"""Lines; beyond this rich takes longer than the plan itself."""

_STYLES = {"+": "green", "~": "yellow", "-": "red", "!": "bold red", "#": "dim"}


def write_no_more() -> None:
    """The reader went away (`cpctl plan | head`): keep Python from writing again at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def show(text: str, *, plain: bool) -> None:
    """Print a result; `plain` or NO_COLOR: without colour."""
    text = text.rstrip("\n")
    if plain or os.environ.get("NO_COLOR") or not sys.stdout.isatty():
        print(text)
        return
    lines = text.split("\n")
    if len(lines) > MOST_COLOURED:
        print(text)
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False)
    for line in lines:
        style = _STYLES.get(line.lstrip()[:1], "")
        console.print(Text(line, style=style), soft_wrap=True)
