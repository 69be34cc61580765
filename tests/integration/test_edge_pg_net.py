"""Over pg_net a call is over at once, and its outcome is collected by the recovery."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from tests import pg_net
from tests.edge_server import EdgeServer, answer, echo, refused_port, reset
from tests.integration.edges import FUNCTION
from tests.integration.pack_by_hand import KEY, Runtime, installed
from tests.integration.running import until
from tests.servers import Database

BIG = 3 * 1024 * 1024


@pytest.fixture(autouse=True)
def net(database: Database) -> Iterator[None]:
    with (
        installed(database.admin, Runtime("pg_net", FUNCTION)),
        pg_net.standing_in(database),
    ):
        yield


def trigger(database: Database, url: str) -> dict[str, Any]:
    """What the call itself answers."""
    with psycopg.connect(database.url(), autocommit=True) as session:
        session.execute("select set_config('app.job_url', %s, false)", (url,))
        session.execute("select set_config('app.service_role_key', %s, false)", (KEY,))
        ((said,),) = session.execute("select pipeline.trigger_job()").fetchall()
    assert isinstance(said, dict)
    return said


def collected(database: Database, run_id: int) -> dict[str, Any]:
    """The run, once the recovery has seen what became of it."""
    query = "select * from pipeline.job_runs where id = %s"

    def run() -> dict[str, Any]:
        with database.admin.cursor(row_factory=dict_row) as cursor:
            database.run("select pipeline.recover_edge_functions()")
            found = cursor.execute(query, (run_id,)).fetchone()
        assert found is not None
        return found

    until(lambda: run()["status"] != "running", "the outcome")
    found = run()
    assert KEY not in repr(found)
    return found


def test_a_run_that_succeeds(database: Database, edge: EdgeServer) -> None:
    edge.behaviours["/f"] = answer(200, {"success": True}, after=0.2)
    said = trigger(database, edge.url("/f"))
    assert (said["status"], said["http_status"], said["error"]) == ("running", None, None)
    status = "select status, metadata->>'request_id' from pipeline.job_runs"
    assert database.rows(status) == [("running", str(said["request_id"]))]
    run = collected(database, said["run_id"])
    assert (run["status"], run["http_status"], run["response"]) == (
        "succeeded",
        200,
        {"success": True},
    )
    (seen,) = edge.seen
    assert (seen.method, seen.bearer) == ("POST", f"Bearer {KEY}")
    assert seen.body == {"trigger_type": "manual", "function": "job", "run_id": run["id"]}
    assert 200 <= run["processing_time_ms"] < 1000


ANSWERS = {
    "http_404": (answer(404, "no"), 404, "HTTP 404: no"),
    "http_500": (echo, 500, "HTTP 500: .*Bearer \\(key\\)"),
    "redirect": (answer(302, "", None, Location="/g"), 302, "HTTP 302, which is not followed"),
    "invalid_json": (answer(200, "{"), 200, "json that is not JSON"),
    "wrong_content": (answer(200, "<p>", "text/html"), 200, "text/html that is not JSON"),
    "too_large": (answer(200, b"1" * BIG), 200, f"the answer has {BIG} bytes; more than"),
    "timeout": (answer(200, after=3), None, "Timeout of 1000 ms reached"),
    "reset": (reset, None, "Failure when receiving data from the peer"),
}


def test_each_answer_as_itself(database: Database, edge: EdgeServer) -> None:
    """All are asked before any is collected."""
    for code, (behaviour, _, _) in ANSWERS.items():
        edge.behaviours[f"/{code}"] = behaviour
    asked = {code: trigger(database, edge.url(f"/{code}"))["run_id"] for code in ANSWERS}
    for code, (_, status, words) in ANSWERS.items():
        run = collected(database, asked[code])
        assert (run["status"], run["error_code"], run["http_status"]) == ("failed", code, status)
        assert re.search(words, run["error_message"], re.DOTALL), run["error_message"]


def test_what_never_gets_there(database: Database) -> None:
    cases = {
        f"http://127.0.0.1:{refused_port()}/": "unreachable",
        "http://nowhere.invalid/": "dns",
    }
    for url, code in cases.items():
        run = collected(database, trigger(database, url)["run_id"])
        assert (run["status"], run["error_code"]) == ("failed", code)
    assert trigger(database, "")["error_code"] == "missing_setting"


def test_an_answer_that_repeats_the_key(database: Database, edge: EdgeServer) -> None:
    edge.behaviours["/f"] = answer(200, {"you sent": KEY})
    database.run(f"set app.service_role_key = '{KEY}'")  # which the recovery reads, too
    run = collected(database, trigger(database, edge.url("/f"))["run_id"])
    assert run["response"] == {"you sent": "(key)"}


def test_what_pg_net_does_not_take(database: Database) -> None:
    database.run("drop function net.http_post")
    said = trigger(database, "http://127.0.0.1/")
    assert (said["status"], said["error_code"]) == ("failed", "call_failed")
    assert said["error"].startswith("pg_net did not take the request: function net.http_post(")


def test_a_number_that_was_given_before_a_crash(database: Database, edge: EdgeServer) -> None:
    """pg_net counts from one again; an answer is nobody's that was there before the run."""
    database.run("insert into net._http_response (id, status_code) select n, 200 from "
                 "generate_series(1, 9) n")  # fmt: skip
    edge.behaviours["/f"] = answer(500)
    run = collected(database, trigger(database, edge.url("/f"))["run_id"])
    assert run["error_code"] == "http_500"


def test_an_answer_that_never_comes(database: Database, edge: EdgeServer) -> None:
    edge.behaviours["/f"] = answer(200)
    run_id = trigger(database, edge.url("/f"))["run_id"]
    until(lambda: edge.seen, "the request")
    until(lambda: database.rows("select from net._http_response"), "the answer")
    database.run("delete from net._http_response")
    for age, status in ((59, "running"), (62, "failed")):
        database.run(f"update pipeline.job_runs set started_at = now() - interval '{age} s'")
        database.run("select pipeline.recover_edge_functions()")
        query = "select id, status, error_code, error_message from pipeline.job_runs"
        stale = ("stale", "no outcome within 61 s") if status == "failed" else (None, None)
        assert database.rows(query) == [(run_id, status, *stale)]


def test_without_pg_net_a_run_is_stale_all_the_same(database: Database) -> None:
    database.run("drop table net._http_response")
    database.run(
        "insert into pipeline.job_runs (status, started_at, metadata) "
        "values ('running', now() - interval '62 s', '{\"function\": \"job\"}')"
    )
    ((said,),) = database.rows("select pipeline.recover_edge_functions()")
    assert (said["collected"], said["stale"]) == (0, 1)
