"""A cpctl with two expansions more: functions, and tables. Nothing here imports cpctl."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from tests.runner import Nursery, Runner
from tests.servers import Database

HERE = Path(__file__).parent
SOURCE = HERE.parents[1] / "src" / "cpctl"
EXPANSIONS = {"toys": HERE / "functions", "stalls": HERE / "tables"}


@contextmanager
def toyed(folder: Path) -> Iterator[Runner]:
    """Runs of a cpctl that has `toys:` and `stalls:`, forked from a nursery of their own."""
    package = folder / "cpctl"
    shutil.copytree(SOURCE, package, ignore=shutil.ignore_patterns("__pycache__"))
    for key, where in EXPANSIONS.items():
        shutil.copy(where / "expansion.py", package / "document" / "expand" / f"{key}.py")
    with Nursery(folder, [folder]) as nursery, closing(Runner(nursery, folder)) as runner:
        yield runner


def apply(database: Database, text: str = "", *options: str, user: str = "postgres") -> str:
    """Apply; a second plan is empty."""
    if text:
        database.write(text)
    done = database.cpctl("apply", "--auto-approve", *options, user=user)
    assert done.code == 0, done
    again = database.cpctl("plan", "--detailed-exitcode", user=user)
    assert again.code == 0, again
    return done.out
