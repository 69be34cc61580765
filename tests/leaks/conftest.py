"""Servers that log all they can, and the tables at the end of the run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
import pytest

from ground import Cluster, provide
from tests.leaks.place import Place
from tests.leaks.tally import TALLIES, Tally, tally
from tests.leaks.watch import QUIET, Activity
from tests.leaks.ways import WAYS, Way
from tests.runner import Nursery, Runner
from tests.servers import VERSIONS, empty

TALKATIVE = {
    "shared_preload_libraries": "pg_cron,pg_stat_statements",
    "pg_stat_statements.track": "all",
    "log_statement": "all",
    "log_min_duration_statement": "0",
    "log_min_error_statement": "notice",
    "log_min_messages": "notice",
    "log_parameter_max_length": "-1",
    "log_parameter_max_length_on_error": "-1",
    "log_error_verbosity": "verbose",
    "log_connections": "on",
    "log_disconnections": "on",
    "log_lock_waits": "on",
    "track_activity_query_size": "100kB",
    "max_connections": "50",
}


class Server(NamedTuple):
    """One for the whole run."""

    cluster: Cluster
    admin: psycopg.Connection[Any]
    activity: Activity
    runner: Runner


@pytest.fixture(scope="session")
def server_of(
    nursery: Nursery, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], Server]]:
    with ExitStack() as stack:
        known: dict[str, Server] = {}

        def opened(version: str) -> Server:
            if version not in known:
                folder = tmp_path_factory.mktemp(f"leaks-{version}")
                known[version] = stack.enter_context(_running(version, nursery, folder))
            return known[version]

        yield opened


@contextmanager
def _running(version: str, nursery: Nursery, folder: Path) -> Iterator[Server]:
    cluster = Cluster(version, "leaks", TALKATIVE)
    provide(cluster.release)
    with cluster:
        url = cluster.url()
        with (
            psycopg.connect(url, autocommit=True, options=QUIET) as admin,
            closing(Activity(url)) as activity,
            closing(Runner(nursery, folder)) as runner,
        ):
            admin.execute("set application_name = 'the test'")
            admin.execute("create extension pg_stat_statements")
            yield Server(cluster, admin, activity, runner)
        cluster.stop("immediate")


@pytest.fixture(params=VERSIONS)
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=WAYS, ids=str)
def way(request: pytest.FixtureRequest) -> Way:
    found: Way = request.param
    return found


@pytest.fixture
def server(version: str, server_of: Callable[[str], Server]) -> Server:
    return server_of(version)


@pytest.fixture
def place(server: Server, way: Way, version: str, tmp_path: Path) -> Iterator[Place]:
    """The old state, at a place that nothing but this test has been at."""
    _empty(server.admin)
    way.prepare(server.admin)
    server.runner.folder = tmp_path
    found = Tally(f"PostgreSQL {version}: secrets looked for, store {way.store}")
    place = Place(way, server.cluster, server.runner, server.admin, server.activity, found)
    place.old_state()
    yield place
    tally(found.title).add(found)
    place.drain()


def _empty(admin: psycopg.Connection[Any]) -> None:
    admin.execute("alter database postgres owner to postgres")
    empty(admin)
    admin.execute("set application_name = 'the test'")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    for title, found in sorted(TALLIES.items()):
        terminalreporter.section(title)
        for line in found.lines():
            terminalreporter.write_line(line)
