"""Servers of their own for faults, several side by side, and the tables at the end of the run."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from ground import Cluster, provide
from tests.faults.lane import Lane
from tests.faults.tally import TALLIES
from tests.runner import Nursery, Runner
from tests.servers import VERSIONS

LANES = int(os.environ.get("CPCTL_FAULTS_LANES", "6"))
"""Servers of each version that are broken side by side: most points wait most of the time."""


@pytest.fixture(scope="session")
def open_lane(
    nursery: Nursery, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str, str], Lane]]:
    """A lane of that version and name, with a fresh server, once per run."""
    with ExitStack() as stack:
        known: dict[tuple[str, str], Lane] = {}

        def opened(version: str, name: str) -> Lane:
            if (version, name) not in known:
                cluster = Cluster(version, f"faults-{name}", {"log_statement": "all"})
                stack.enter_context(running(cluster))
                folder: Path = tmp_path_factory.mktemp(f"lane-{version}-{name}")
                lane = Lane(cluster, Runner(nursery, folder))
                stack.callback(lane.close)
                known[version, name] = lane
            return known[version, name]

        yield opened


@contextmanager
def running(cluster: Cluster) -> Iterator[None]:
    """Stopped in the fastest way: nobody wants its data."""
    provide(cluster.release)
    with cluster:
        try:
            yield
        finally:
            cluster.stop("immediate")


@pytest.fixture(params=VERSIONS)
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def lanes(version: str, open_lane: Callable[[str, str], Lane]) -> list[Lane]:
    return [open_lane(version, str(number)) for number in range(LANES)]


@pytest.fixture
def lane(lanes: list[Lane]) -> Lane:
    """One of them, in the old state."""
    lanes[0].restore()
    return lanes[0]


def pytest_terminal_summary(terminalreporter: Any) -> None:
    for found in TALLIES:
        terminalreporter.section(found.title)
        for line in found.lines():
            terminalreporter.write_line(line)
