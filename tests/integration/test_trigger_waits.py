"""A run by hand of what calls over pg_net: its outcome comes later, and may be waited for."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests import pg_net
from tests.edge_server import EdgeServer, answer
from tests.integration.edges import FUNCTION
from tests.integration.pack_by_hand import KEY, Runtime, installed
from tests.integration.remembering import found, said
from tests.integration.running import Running, until
from tests.integration.steps import document, given, job
from tests.servers import Database

FILE = document(
    runtime={"transport": "pg_net", "schema": "pipeline"},
    urls={"job": "https://example.org/f"},
    edge_functions={"job": {"key": "none"}},
    jobs={"a_one": job(command="SELECT pipeline.trigger_job()")},
)


@pytest.fixture(autouse=True)
def net(database: Database, edge: EdgeServer) -> Iterator[None]:
    with (
        installed(database.admin, Runtime("pg_net", FUNCTION)),
        pg_net.standing_in(database),
    ):
        database.run(f"alter database postgres set app.job_url = '{edge.url('/f')}'")
        database.run(f"alter database postgres set app.service_role_key = '{KEY}'")
        given(database, jobs={"a_one": job(command="SELECT pipeline.trigger_job()")})
        database.write(FILE)
        yield


def outcome(database: Database, running: Running) -> None:
    """Collect what has come, as the recovery does every minute, until the trigger has ended."""

    def ended() -> bool:
        database.run("select pipeline.recover_edge_functions()")
        return running.ended

    until(ended, "the end of the trigger")


def test_without_wait_it_says_that_the_answer_comes_later(
    database: Database, edge: EdgeServer
) -> None:
    edge.behaviours["/f"] = answer(200, {"success": True})
    text = said(database.cpctl("trigger", "a_one"), 0)
    assert "waits for its answer, which is collected later: --wait waits for it" in text
    run = found(database.cpctl("trigger", "a_one", "--format", "json"))["run"]
    assert run["status"] == "running"
    query = "select metadata->>'trigger_type' from pipeline.job_runs order by id"
    assert database.rows(query) == [("manual",), ("manual",)]


def test_it_waits_for_the_outcome(database: Database, edge: EdgeServer) -> None:
    edge.behaviours["/f"] = answer(200, {"success": True}, after=0.2)
    with Running(database, "trigger", "a_one", "--wait", "--format", "json") as running:
        outcome(database, running)
        done = running.finish()
    assert done.code == 0, done
    run = json.loads(done.out)["run"]
    assert (run["status"], run["http_status"]) == ("succeeded", 200)


def test_what_it_called_may_fail(database: Database, edge: EdgeServer) -> None:
    edge.behaviours["/f"] = answer(500, "down")
    with Running(database, "trigger", "a_one", "--wait") as running:
        outcome(database, running)
        done = running.finish()
    text = said(done, 1)
    assert "job.a_one: ran, and what it called failed: http_500, HTTP 500: down" in text


def test_it_does_not_wait_for_ever(database: Database, edge: EdgeServer) -> None:
    edge.behaviours["/f"] = answer(200, {"success": True})
    done = database.cpctl("trigger", "a_one", "--wait", "--statement-timeout", "1s")
    assert "waits for its answer" in said(done, 0)
