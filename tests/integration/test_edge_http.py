"""Whatever the network or the other side does, the run is recorded as itself (http extension)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.edge_server import Behaviour, EdgeServer, answer, echo, refused_port, reset, trickle
from tests.integration.edges import trigger
from tests.integration.pack_by_hand import KEY, Edge, Runtime, installed
from tests.integration.running import until
from tests.servers import Database

pytestmark = [
    pytest.mark.parametrize("cluster", ["17"], indirect=True),
    pytest.mark.usefixtures("runtime"),
]
ODD = "odd \"name' of a schema"
BIG = 10 * 1024 * 1024


def test_a_run_that_succeeds(database: Database, edge: EdgeServer) -> None:
    edge.behaviours["/f"] = answer(200, {"success": True, "n": "€"}, after=0.1)
    run = trigger(database, edge.url("/f"))
    (seen,) = edge.seen
    assert (seen.method, seen.bearer, seen.content_type) == (
        "POST", f"Bearer {KEY}", "application/json",
    )  # fmt: skip
    assert seen.body == {"trigger_type": "manual", "function": "job", "run_id": run["id"]}
    assert (run["status"], run["http_status"], run["error_code"]) == ("succeeded", 200, None)
    assert run["response"] == {"success": True, "n": "€"}
    assert run["metadata"] == {"function": "job", "trigger_type": "manual", "attempt": 0}
    assert run["started_at"] < run["completed_at"]
    assert 100 <= run["processing_time_ms"] < 1000


JSON = "application/json"
ANSWERS = {
    "http_400": (answer(400, {"error": "gone"}), 400, r'HTTP 400: \{"error": "gone"\}'),
    "http_401": (answer(401, "who?", "text/plain"), 401, "HTTP 401: who\\?"),
    "http_404": (answer(404), 404, "HTTP 404"),
    "http_429": (answer(429), 429, "HTTP 429"),
    "http_500": (answer(500, "x" * 5000), 500, "HTTP 500: x{500}"),
    "http_503": (answer(503, b"\xff\xfe"), 503, "HTTP 503"),
    "invalid_json": (answer(200, '{"a": '), 200, r'json that is not JSON \(.*\): {"a":'),
    "wrong_content": (answer(200, "<p>hi", "text/html"), 200, "with text/html that .*: <p>hi"),
    "too_large": (answer(200, b"1" * BIG), 200, f": the answer has {BIG} bytes; more than 1048576"),
    "timeout": (answer(200, after=5), None, ": Operation timed out after 1\\d\\d\\d milliseconds"),
    "reset": (reset, None, ": Recv failure: Connection reset by peer"),
}  # fmt: skip


def triggered(
    database: Database, edge: EdgeServer, behaviours: Mapping[str, Behaviour]
) -> dict[str, dict[str, Any]]:
    """A run of each, at once: those that take their time take the same time."""
    for number, behaviour in enumerate(behaviours.values()):
        edge.behaviours[f"/{number}"] = behaviour
    with ThreadPoolExecutor(len(behaviours)) as pool:
        urls = [edge.url(f"/{number}?token=s3cr3t") for number, _ in enumerate(behaviours)]
        runs = pool.map(lambda url: trigger(database, url), urls)
        return dict(zip(behaviours, runs, strict=True))


def test_each_answer_as_itself(database: Database, edge: EdgeServer) -> None:
    runs = triggered(database, edge, {code: behaviour for code, (behaviour, *_) in ANSWERS.items()})
    for code, (_, status, words) in ANSWERS.items():
        run = runs[code]
        assert (run["status"], run["error_code"], run["http_status"]) == ("failed", code, status)
        assert re.search(words, run["error_message"]), run["error_message"]
        assert "s3cr3t" not in run["error_message"]
        assert len(run["error_message"]) < 700
        assert run["response"] is None


OTHER = {
    "nul": (answer(200, b'"a\\u0000"'), "invalid_json"),
    "nul bytes": (answer(200, b'"a\x00b"'), "wrong_content"),
    "latin1 undeclared": (answer(200, b'"\xe9"'), "wrong_content"),
    "utf-8 declared": (answer(200, b'"\xe9"', f"{JSON}; charset=utf-8"), "wrong_content"),
    "latin1 declared": (answer(200, b'"\xe9"', f"{JSON}; charset=iso-8859-1"), None),
    "unknown charset": (answer(200, b'"\xff"', f"{JSON}; charset=klingon"), "wrong_content"),
    "too deep": (answer(200, b"[" * 50_000), "invalid_json"),
    "json as text": (answer(200, '{"a": 1}', "text/plain;charset=UTF-8"), None),
    "untyped": (answer(200, "hi", None), "invalid_json"),
    "empty": (answer(200), None),
    "no content": (answer(204, content_type=None), None),
    "scalar": (answer(200, '"ok"'), None),
    "made elsewhere": (answer(201, {"a": 1}, Location="/x"), None),
    "not modified": (answer(304), "redirect"),
    "no end": (trickle(4), "timeout"),
}


def test_odd_answers(database: Database, edge: EdgeServer) -> None:
    runs = triggered(database, edge, {name: behaviour for name, (behaviour, _) in OTHER.items()})
    assert {name: (run["error_code"], run["status"]) for name, run in runs.items()} == {
        name: (code, "failed" if code else "succeeded") for name, (_, code) in OTHER.items()
    }
    assert runs["latin1 declared"]["response"] == "é"


def test_what_never_gets_there(database: Database) -> None:
    cases = {
        f"http://user:pw@127.0.0.1:{refused_port()}/f?x=pw": ("unreachable", "Could not connect"),
        "https://nowhere.invalid/f": ("dns", "Could not resolve host: nowhere.invalid"),
    }
    for url, (code, words) in cases.items():
        run = trigger(database, url)
        assert (run["status"], run["error_code"], run["http_status"]) == ("failed", code, None)
        assert words in run["error_message"]
        assert "pw" not in run["error_message"]


SETTINGS = {
    "no url": (None, KEY, "missing_setting", "setting app.job_url is not set"),
    "empty url": ("", KEY, "missing_setting", "setting app.job_url is not set"),
    "no key": ("/f", None, "missing_setting", "setting app.service_role_key is not set"),
    "neither": (None, None, "missing_setting", "app.job_url is not set; setting app.service_role"),
    "file": ("file:///etc/passwd", KEY, "bad_setting", "app.job_url is not a URL that begins with"),
    "blank": ("http://127.0.0.1/ f", KEY, "bad_setting", "app.job_url is not a URL"),
    "split": ("/f", f"{KEY}\r\nX-More: 1", "bad_setting", "has a line break"),
}


def test_settings_that_are_missing_or_no_good(database: Database, edge: EdgeServer) -> None:
    for name, (url, key, code, words) in SETTINGS.items():
        run = trigger(database, edge.url(url) if url and url[0] == "/" else url, key)
        assert (run["status"], run["error_code"]) == ("failed", code), name
        assert words in run["error_message"]
    assert edge.seen == []


def test_no_key_is_declared_and_stores_that_cannot_be_read(
    database: Database, edge: EdgeServer
) -> None:
    edge.behaviours["/f"] = answer(200)
    url = f"'{edge.url('/f')}'"
    functions = {
        "open": Edge(url=url, key=None),
        "shut": Edge(url="(select v from nowhere.secrets)", url_label="vault secret shut_url"),
    }
    database.run("set app.service_role_key = 'a key'")
    with installed(database.admin, Runtime("http", functions, schema=ODD)) as made:
        ((said,),) = database.rows(f"select {made.place}.trigger_open()")
        assert said["status"] == "succeeded"
        assert [seen.bearer for seen in edge.seen] == [None]
        ((said,),) = database.rows(f"select {made.place}.trigger_shut()")
        checks = f"select status, details from {made.place}.initialize_scheduler()"
        (seen,) = database.rows(f"{checks} where component = 'url shut'")
    assert said["error_code"] == "bad_setting"
    assert seen == ("error", said["error"])
    assert said["error"] == (
        'vault secret shut_url cannot be read: relation "nowhere.secrets" does not exist'
    )


@pytest.mark.parametrize("key", [KEY, 'odd "key\\ with /all', "sb_secret_0123456789abcdef"])
def test_a_page_that_repeats_the_key(database: Database, edge: EdgeServer, key: str) -> None:
    edge.behaviours["/f"] = echo
    run = trigger(database, edge.url("/f"), key)
    assert run["error_code"] == "http_500"
    assert "Authorization: Bearer (key)" in run["error_message"]
    edge.behaviours["/f"] = answer(200, {"you sent": [f"Bearer {key}", key]})
    run = trigger(database, edge.url("/f"), key)
    assert run["response"] == {"you sent": ["Bearer (key)", "(key)"]}


def test_a_trigger_that_cannot_even_record_is_unhealthy(database: Database) -> None:
    """Then job_runs knows nothing of it, and pg_cron does."""
    database.run("alter table pipeline.job_runs add check (job_id is null)")
    command = "SELECT pipeline.trigger_job();"
    database.run("select cron.schedule('content_pipeline_a', '1 seconds', %s)", command)
    health = "select status, error_count > 0 from pipeline.get_scheduler_health()"
    until(lambda: database.rows(health) == [("unhealthy", True)], "the failure")
    assert database.rows("select count(*) from pipeline.job_runs") == [(0,)]
    database.run("select cron.unschedule('content_pipeline_a')")
