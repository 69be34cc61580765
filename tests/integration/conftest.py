"""Fixtures that several of these files share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from ground import Cluster
from tests.edge_server import EdgeServer
from tests.integration.edges import FUNCTION
from tests.integration.functions.shop import opened
from tests.integration.pack_by_hand import Runtime, installed
from tests.integration.pausing import opened as opened_scheduler
from tests.integration.saved import prepared
from tests.integration.tables.market import opened as opened_market
from tests.integration.toys import toyed
from tests.runner import Runner
from tests.servers import VERSIONS, Database, empty

# Only 17 has the http extension; what HTTP clients do has nothing to do with the server's version.
_ON_17 = ["edge_http*", "edge_recovery", "serve"]
_ON_17 += [f"serve_{about}" for about in ("clients", "names", "options", "restart", "schema")]
collect_ignore_glob = [] if "17" in VERSIONS else [f"test_{name}.py" for name in _ON_17]


@pytest.fixture(scope="module", params=VERSIONS)
def latin(request: pytest.FixtureRequest) -> Iterator[Cluster]:
    """A server whose cron database is LATIN1."""
    with Cluster(request.param, "latin", {"cron.database_name": "latin"}) as cluster:
        with psycopg.connect(cluster.url(), autocommit=True) as admin:
            admin.execute("drop database latin with (force)")
            admin.execute("create database latin encoding 'LATIN1' locale 'C' template template0")
        cluster.restart()
        with psycopg.connect(cluster.url("latin"), autocommit=True) as admin:
            admin.execute("create extension pg_cron")
        yield cluster


@pytest.fixture
def saved(database: Database) -> Database:
    """A database, and a plan for it in the file `plan` of the test's folder."""
    return prepared(database)


@pytest.fixture
def scheduler(database: Database) -> Database:
    """Three jobs of a file that says nothing of `active`, and one of nobody."""
    return opened_scheduler(database)


@pytest.fixture(scope="session")
def toys(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runner]:
    """Runs of a cpctl with expansions that make functions, and tables."""
    with toyed(tmp_path_factory.mktemp("toys")) as found:
        yield found


@pytest.fixture
def shop(database: Database, toys: Runner) -> Iterator[Database]:
    """A database with a schema for functions, and a cpctl that makes some."""
    with opened(database, toys) as found:
        yield found


@pytest.fixture
def market(database: Database, toys: Runner) -> Iterator[Database]:
    """A database with a schema for tables, and a cpctl that makes some."""
    with opened_market(database, toys) as found:
        yield found


@pytest.fixture
def edge() -> Iterator[EdgeServer]:
    with EdgeServer() as server:
        yield server


@pytest.fixture
def runtime(database: Database) -> Iterator[Runtime]:
    """`pipeline.trigger_job()`, over the http extension."""
    with installed(database.admin, Runtime("http", FUNCTION)) as made:
        yield made


@pytest.fixture(scope="session")
def restartable() -> Iterator[Cluster]:
    """A 15 that tests may stop and start as they like."""
    with Cluster("15", "restartable", {"log_statement": "all"}) as cluster:
        yield cluster
        cluster.stop("immediate")


@pytest.fixture
def brisk(
    cluster: Cluster, tmp_path: Path, runner: Runner, request: pytest.FixtureRequest
) -> Iterator[Database]:
    """An empty scheduler for jobs that really run, SOON."""
    found: Cluster = cluster if cluster.version != "15" else request.getfixturevalue("restartable")
    with psycopg.connect(found.url(), autocommit=True) as admin:
        empty(admin, "log_statement")
        database = Database(found, admin, tmp_path, runner=runner)
        yield database
        database.admin.close()
