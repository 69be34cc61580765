"""Real servers for every test that asks for one; a server that cannot be had fails the run."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from ground import Cluster, provide
from tests.runner import Nursery, Runner
from tests.servers import VERSIONS, Database, empty

_COLLECTED: Counter[str] = Counter()
_PASSED: Counter[str] = Counter()


@pytest.fixture(scope="session")
def clusters() -> dict[str, Cluster]:
    """The standing servers, started once for the run with every statement in their logs."""
    found = {}
    for version in VERSIONS:
        cluster = Cluster(version)
        provide(cluster.release)
        cluster.fresh()
        with psycopg.connect(cluster.url(), autocommit=True) as admin:
            admin.execute("alter system set log_statement = 'all'")
            admin.execute("select pg_reload_conf()")
        found[version] = cluster
    return found


@pytest.fixture(params=VERSIONS)
def cluster(request: pytest.FixtureRequest, clusters: dict[str, Cluster]) -> Cluster:
    found: Cluster = clusters[request.param]
    return found


@pytest.fixture(scope="session")
def nursery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    """Where runs of cpctl are forked from."""
    with Nursery(tmp_path_factory.mktemp("nursery")) as found:
        yield found


@pytest.fixture(scope="session")
def runner(nursery: Nursery, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runner]:
    """For tests that run cpctl again and again, one run after the other."""
    with closing(Runner(nursery, tmp_path_factory.mktemp("runs"))) as found:
        yield found


@pytest.fixture
def database(cluster: Cluster, tmp_path: Path, runner: Runner) -> Iterator[Database]:
    """An empty scheduler on each of the servers in turn."""
    with psycopg.connect(cluster.url(), autocommit=True) as admin:
        empty(admin, "log_statement")
        yield Database(cluster, admin, tmp_path, runner=runner)


def _leg(nodeid: str) -> str:
    found = [version for version in VERSIONS if f"[{version}" in nodeid or f"-{version}" in nodeid]
    return f"PostgreSQL {found[0]}" if found else "without a server"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """`CPCTL_TEST_LEG`: one of the parts that `make test` runs side by side."""
    wanted = os.environ.get("CPCTL_TEST_LEG")
    if not wanted:
        return
    others = [item for item in items if _leg(item.nodeid) != wanted]
    config.hook.pytest_deselected(items=others)
    items[:] = [item for item in items if _leg(item.nodeid) == wanted]


def pytest_collection_finish(session: pytest.Session) -> None:
    _COLLECTED.update(_leg(item.nodeid) for item in session.items)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.when == "call" and report.passed and not hasattr(report, "wasxfail"):
        _PASSED[_leg(report.nodeid)] += 1


def pytest_terminal_summary(terminalreporter: Any) -> None:
    for leg in sorted(_COLLECTED):
        same = "=" if _COLLECTED[leg] == _PASSED[leg] else "≠"
        line = f"{leg}: {_COLLECTED[leg]} collected {same} {_PASSED[leg]} passed"
        terminalreporter.write_line(line)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """A test that did not run is a failure: skips and xfails must not count as green."""
    if exitstatus == 0 and not session.config.option.collectonly and _COLLECTED != _PASSED:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
