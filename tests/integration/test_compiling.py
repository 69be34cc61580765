"""PostgreSQL may compile a query that it takes for an expensive one; that costs half a second."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from ground import Cluster
from tests import vault
from tests.integration.steps import document, job
from tests.runner import Runner
from tests.servers import VERSIONS, Database

SETTINGS = {
    "shared_preload_libraries": "pg_cron,pg_stat_statements",
    "jit": "on",
    "jit_above_cost": "1",
}
COMPILED = "select query from pg_stat_statements where jit_functions > 0"


@pytest.fixture(params=VERSIONS)
def eager(request: pytest.FixtureRequest, tmp_path: Path, runner: Runner) -> Iterator[Database]:
    """A server that compiles whatever is worth a plan."""
    with (
        Cluster(request.param, "eager", SETTINGS) as cluster,
        psycopg.connect(cluster.url(), autocommit=True) as admin,
    ):
        admin.execute("create extension pg_stat_statements")
        vault.install(admin)
        yield Database(cluster, admin, tmp_path, {"KEY": "secret"}, runner)


@pytest.mark.parametrize("store", ["system", "database", "vault", "table"])
def test_no_query_of_an_apply_is_compiled(eager: Database, store: str) -> None:
    eager.run("select count(*) from pg_proc")
    assert eager.rows(COMPILED), "the control: this server compiles"
    eager.run("select pg_stat_statements_reset()")
    eager.write(document(store=store, jobs={"mine": job()}, secrets={"key": {"from": "env:KEY"}}))
    for _ in range(2):
        done = eager.cpctl("apply", "--auto-approve")
        assert done.code == 0, done
    assert [query for (query,) in eager.rows(COMPILED) if "pg_stat_statements" not in query] == []
