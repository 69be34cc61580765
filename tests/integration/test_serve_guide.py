"""The HTTP calls of the scheduler's guide, on its own jobs: the guide's answers, key for key."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from tests.edge_server import EdgeServer
from tests.guide import calls
from tests.integration.pipeline import FILES, apply, broken, cpctl, pipeline
from tests.integration.pipeline import KEY as SECRET
from tests.integration.serving import KEY as API_KEY
from tests.integration.serving import PATH, Api, serving
from tests.servers import Database

JOBS = tuple(
    f"content_pipeline_{name}"
    for name in ("cleanup", "health", "main", "metrics", "monitor", "sweeper")
)


@pytest.fixture
def edge(database: Database) -> Iterator[EdgeServer]:
    with pipeline(database) as server:
        apply(database)
        yield server


@pytest.fixture
def api(database: Database, edge: EdgeServer) -> Iterator[Api]:
    with serving(database, files=FILES) as found:
        yield found
    assert edge.url("")


def shape(value: Any) -> Any:
    """Keys in their order, and the type of each value; a moment is one, and an absent one, too."""
    if isinstance(value, dict):
        return {key: shape(one) for key, one in value.items()}
    if isinstance(value, list):
        return [shape(one) for one in value[:1]]
    if value is None or (isinstance(value, str) and re.match(r"\d{4}-\d\d-\d\dT", value)):
        return "moment"
    return "number" if isinstance(value, float) else type(value).__name__


def collected(database: Database) -> None:
    """pg_net's answers come later, and a job of the runtime's own collects them."""
    for _ in range(100):
        database.run("select public.recover_edge_functions()")
        if not database.rows("select from public.job_runs where status = 'running'"):
            return
        time.sleep(0.05)
    raise AssertionError(database.rows("select metadata, status from public.job_runs"))


def test_each_call_of_the_guide_has_the_guides_answer(
    database: Database, api: Api, edge: EdgeServer
) -> None:
    """In the guide's order; each job has run before, so that nothing is unknown."""
    for job in JOBS:
        assert api.post("trigger", job=job).status_code == 200
    collected(database)
    found = calls()
    assert [method for method, _, _ in found] == ["GET"] * 3 + ["POST"] * 2
    for method, target, expected in found:
        assert target.startswith(PATH)
        answer = api.client.request(method, target)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "application/json"
        assert shape(answer.json()) == shape(expected), target
        assert json.dumps(shape(answer.json())) == json.dumps(shape(expected)), "the order"
        if method == "POST":
            assert answer.json() == expected
    collected(database)
    assert database.jobs()["content_pipeline_main", "postgres"]["active"] is False
    assert [it.path for it in edge.seen].count("/functions/v1/content-automation") == 2
    said = [api.client.request(method, target).text for method, target, _ in found[:3]]
    said += [api.client.get("/metrics").text, api.log.read_text("utf-8")]
    assert not [text for text in said if SECRET in text or API_KEY in text]


def test_what_is_told_is_so(database: Database, api: Api) -> None:
    status = api.data("status")
    assert (status["total_jobs"], status["active_jobs"], status["failed_jobs"]) == (6, 6, 0)
    jobs = api.data("jobs")
    assert jobs["count"] == 6
    assert [job["job_name"] for job in jobs["jobs"]] == list(JOBS)
    for job in jobs["jobs"]:
        row = database.jobs()[job["job_name"], "postgres"]
        told = {name: job[name] for name in ("schedule", "command", "active")}
        assert told == {name: row[name] for name in told}
    first = min(job["next_run"] for job in jobs["jobs"])
    assert status["next_run"] == first
    ((now,),) = database.rows("select now()")
    assert 0 <= (datetime.fromisoformat(first) - now).total_seconds() <= 300
    health = api.data("health")
    assert [it["component"] for it in health["health"]] == list(JOBS)
    expected = {"total_jobs": 6, "healthy_jobs": 6, "inactive_jobs": 0, "overall_health": 100.0}
    assert health["summary"] == expected


def test_a_failure_is_told(database: Database, api: Api, edge: EdgeServer) -> None:
    """Over pg_net nobody knows yet that the call fails, when the command has ended."""
    broken(edge)
    answer = api.post("trigger", job="content_pipeline_sweeper")
    assert answer.status_code == {"15": 200, "17": 424}[database.version]
    if database.version == "17":
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["success"] is False
        assert 'HTTP 500: {"error": "down"}' in answer.json()["detail"]
    collected(database)
    assert api.data("status")["failed_jobs"] == 1
    (sweeper,) = [it for it in api.data("health")["health"] if it["component"].endswith("sweeper")]
    assert (sweeper["status"], sweeper["error_count"]) == ("unhealthy", 1)


def test_toggle_is_known_and_goes_back(database: Database, api: Api) -> None:
    """The guide's own SQL would change `active`, too; here the ledger knows who and why."""
    ran = {"job": "content_pipeline_main", "reason": "WordPress down"}
    message = api.post("toggle", enable="false", **ran).json()["data"]["message"]
    assert message == "Job disabled: content_pipeline_main"
    assert api.data("status")["active_jobs"] == 5
    said = cpctl(database, "diff").out
    assert 'by postgres through the API ("WordPress down")' in said
    apply(database)
    assert api.data("status")["active_jobs"] == 5, "a deploy leaves the pause"
    message = api.post("toggle", job="job.content_pipeline_main", enable="true").json()
    assert message["data"]["message"] == "Job enabled: content_pipeline_main"
    assert api.data("status")["active_jobs"] == 6
    assert "Paused by hand" not in cpctl(database, "diff").out
