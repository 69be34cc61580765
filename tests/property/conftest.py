"""The counts of the generated pairs, at the end of the run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.property import world
from tests.property.categories import COUNTS
from tests.servers import Database


@pytest.fixture
def ready(database: Database) -> Iterator[Database]:
    """Roles, another database and lines in postgresql.conf, for as many pairs as a test wants."""
    with world.prepared(database):
        yield database


def pytest_terminal_summary(terminalreporter: Any) -> None:
    for title, counts in COUNTS.items():
        noun = "pairs" if counts["pairs"] else "applies"
        terminalreporter.section(f"{title}: {counts[noun]} generated {noun}")
        for name, count in sorted(counts.items(), key=lambda item: -item[1]):
            share = 100 * count / (counts[noun] or 1)
            terminalreporter.write_line(f"{count:6} {share:5.0f} %  {name}")
