"""The runtime in a schema of its own, beside an extension that is wherever it is."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from tests.edge_server import EdgeServer
from tests.integration.pipeline import OVERLAY, apply, pipeline
from tests.servers import Database

PLACE = "select nspname from pg_extension e join pg_namespace n on n.oid = extnamespace "
PLACE += "where extname = 'http'"
DECLARED = "extensions: {http: {schema: net tools}}\n"


@pytest.fixture
def edge(database: Database) -> Iterator[EdgeServer]:
    database.run('create schema "net tools"')
    database.run('create schema "the jobs"')
    with pipeline(database) as server:
        database.run("drop extension if exists http")
        overlay = (database.folder / OVERLAY).read_text(encoding="utf-8")
        database.write(overlay.replace("runtime:\n", "runtime:\n  schema: the jobs\n", 1), OVERLAY)
        yield server
        database.run('drop schema "net tools", "the jobs" cascade')


def declare(database: Database) -> None:
    overlay = (database.folder / OVERLAY).read_text(encoding="utf-8")
    database.write(DECLARED + overlay, OVERLAY)


def calls(database: Database, edge: EdgeServer) -> None:
    apply(database)
    with psycopg.connect(database.url()) as session:
        session.execute('select "the jobs".trigger_sweeper()')
    assert [request.path for request in edge.seen] == ["/functions/v1/sweeper"]
    assert database.rows('select status from "the jobs".job_runs') == [("succeeded",)]


@pytest.mark.parametrize("cluster", ["17"], indirect=True)
@pytest.mark.parametrize(
    ("declared", "place"), [(False, "net tools"), (True, "net tools"), (False, "public")]
)
def test_http_stays_where_it_is(
    database: Database, edge: EdgeServer, place: str, *, declared: bool
) -> None:
    """Others may call it there."""
    database.run(f'create extension http schema "{place}"')
    if declared:
        declare(database)
    calls(database, edge)
    assert database.rows(PLACE) == [(place,)]


@pytest.mark.parametrize("cluster", ["17"], indirect=True)
@pytest.mark.parametrize(("declared", "place"), [(True, "net tools"), (False, "public")])
def test_http_is_made_where_the_file_wants_it(
    database: Database, edge: EdgeServer, place: str, *, declared: bool
) -> None:
    if declared:
        declare(database)
    calls(database, edge)
    assert database.rows(PLACE) == [(place,)]
