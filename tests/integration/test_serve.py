"""`cpctl serve` and who calls it: keys, parameters, errors, its log, its end."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator

import httpx
import psycopg
import pytest

from tests.integration.remembering import applied
from tests.integration.serving import KEY, PATH, Api, bearer, problem, serving
from tests.integration.steps import document, job, untouched
from tests.servers import Database

FILE = document(
    name="shop",
    scope={"jobs": ["shop_*"]},
    jobs={"shop_a": job("*/5 * * * *", command="SELECT 1"), "shop_b": job(command="SELECT 1/0")},
)
SQL = "shop_a'; DROP TABLE cron.job; --"
TOGGLE = {"action": "toggle", "job": "shop_a", "enable": "false"}


pytestmark = pytest.mark.parametrize("cluster", ["17"], indirect=True)


@pytest.fixture
def database(database: Database) -> Database:
    applied(database, FILE)
    database.run("select cron.schedule('theirs', '* * * * *', 'select 2')")
    return database


@pytest.fixture
def api(database: Database) -> Iterator[Api]:
    with serving(database) as found:
        yield found


KEYS: dict[str, dict[bytes, bytes]] = {
    "none": {},
    "wrong": bearer("wrong"),
    "nearly": bearer(KEY[:-1]),
    "longer": bearer(KEY + "x"),
    "empty": {b"Authorization": b"Bearer"},
    "Basic": {b"Authorization": f"Basic {KEY}".encode()},
    "bare": {b"Authorization": KEY.encode()},
    "Latin-1": {b"Authorization": f"Bearer {KEY}".encode("latin-1")},
}


def test_only_the_key_opens(database: Database, api: Api) -> None:
    with untouched(database):
        for name, headers in KEYS.items():
            with httpx.Client(base_url=api.url, headers=headers, trust_env=False) as client:
                for answer in (
                    client.get(PATH, params={"action": "status"}),
                    client.get(PATH, params={"action": "nonsense"}),
                    client.post(PATH, params=TOGGLE),
                    client.get("/metrics"),
                ):
                    assert problem(answer, 401).startswith("the key is missing or wrong"), name
                    assert answer.headers["www-authenticate"] == "Bearer"
                assert client.get("/healthz").status_code == 200
                assert client.get("/readyz").status_code == 200
    assert api.get("status").status_code == 200


WRONG: tuple[tuple[str, dict[str, str], str], ...] = (
    ("GET", {}, "action: it is missing"),
    ("GET", {"action": "status", "job": "shop_a"}, "a GET has no parameter but action"),
    ("GET", {"action": "toggle"}, "action: Input should be 'status', 'jobs' or 'health'"),
    ("GET", {"action": SQL}, "action: Input should be"),
    ("POST", {}, "action: it is missing"),
    ("POST", {"action": "status", "job": "shop_a"}, "action: it is neither toggle nor trigger"),
    ("POST", {"action": SQL, "job": "shop_a"}, "action: it is neither toggle nor trigger"),
    ("POST", {"action": "toggle", "enable": "true"}, "job: it is missing"),
    ("POST", {"action": "toggle", "job": "shop_a"}, "enable: it is missing"),
    ("POST", {**TOGGLE, "enable": SQL}, "enable: Input should be 'true' or 'false'"),
    ("POST", {**TOGGLE, "job": ""}, "job: String should have at least 1 character"),
    ("POST", {**TOGGLE, "job": "x" * 513}, "job: String should have at most 512 characters"),
    ("POST", {**TOGGLE, "reason": "x" * 1001}, "reason: String should have at most 1000"),
    ("POST", {**TOGGLE, "reason": "a\0b"}, "reason: String should match pattern"),
    ("POST", {**TOGGLE, "enabled": "true"}, "enabled: there is no such parameter here"),
    (
        "POST",
        {"action": "trigger", "job": "shop_a", "enable": "true"},
        "enable: there is no such parameter",
    ),
)


def test_wrong_parameters_are_named_and_nothing_is_done(database: Database, api: Api) -> None:
    with untouched(database):
        for method, parameters, said in WRONG:
            answer = api.client.request(method, PATH, params=parameters)
            assert problem(answer, 400).startswith(said), (parameters, answer.text)
            assert "DROP TABLE" not in answer.text
        twice = api.client.post(f"{PATH}?action=toggle&job=shop_a&job=shop_b&enable=false")
        assert problem(twice, 400).startswith("a parameter is given twice")
        for word in (SQL, "theirs", "job.theirs", "shop_", "\x00", "%27", "shop_a\n"):
            for more in ({"action": "trigger"}, {"action": "toggle", "enable": "false"}):
                answer = api.client.post(PATH, params={**more, "job": word})
                assert problem(answer, 404).startswith("shop has no such job"), word
        assert "did you mean shop_a?" in api.post("trigger", job="shop_aa").text
        for path, allowed in {PATH: "GET, POST", "/metrics": "GET", "/healthz": "GET"}.items():
            answer = api.client.put(path)
            assert problem(answer, 405)
            assert answer.headers["allow"] == allowed, path
        assert problem(api.client.get("/functions/v1/"), 404)


def test_a_reason_is_text_and_nothing_else(database: Database, api: Api) -> None:
    assert api.post("toggle", job="shop_a", enable="false", reason=SQL).status_code == 200
    assert f'postgres through the API ("{SQL}")' in database.cpctl("history").out
    assert database.jobs()["shop_a", "postgres"]["active"] is False


def test_what_fails_says_so(database: Database, api: Api) -> None:
    said = problem(api.post("trigger", job="shop_b"), 424)
    assert said.startswith("job.shop_b: failed after 0.0 s: division by zero (22012)")
    database.run("select cron.unschedule('shop_b')")
    assert problem(api.post("trigger", job="shop_b"), 404).endswith("cpctl apply makes it")


def test_who_waits_in_vain_is_told(database: Database) -> None:
    with serving(database, "--timeout", "1s") as api:
        with database.admin.transaction():
            database.run("lock table cron.job in exclusive mode")
            busy = api.post("toggle", job="shop_a", enable="false")
        with database.admin.transaction():
            database.run("lock table cron.job in access exclusive mode")
            unread = api.get("status")
        database.run("select cron.alter_job(jobid, command := 'select pg_sleep(9)') from cron.job")
        slow = api.post("trigger", job="shop_a")
    said = problem(busy, 503)
    assert said.startswith("job.shop_a could not be paused. Nothing was changed; another session")
    assert busy.headers["retry-after"] == "1"
    assert problem(unread, 503).startswith("a lock was not to be had in time")
    assert problem(slow, 424).startswith("job.shop_a: was cancelled after 1 s")
    assert database.jobs()["shop_a", "postgres"]["active"] is True


def test_the_log_has_every_call_and_no_secret(database: Database, api: Api) -> None:
    api.get("status")
    api.client.get(PATH, params={"action": KEY, KEY: KEY})
    api.client.get(f"/{KEY}", headers={**bearer(KEY + "x"), b"X-Api-Key": b"41b7"})
    api.post("trigger", job=KEY)
    assert api.stop() == 0
    first, ready, *calls, stopping, stopped = api.lines()
    assert (first["event"], first["url"], first["key"]) == ("serving", api.url, True)
    assert (ready["event"], ready["database"], ready["role"]) == ("ready", "postgres", "postgres")
    assert [(it["event"], it["action"], it["status"]) for it in calls] == [
        ("request", "status", 200),
        ("request", "other", 400),
        ("request", "other", 404),
        ("request", "trigger", 404),
    ]
    assert (stopping["event"], stopped["event"]) == ("stopping", "stopped")
    text = api.log.read_text("utf-8")
    assert "k\\u00e9y" not in text
    assert "41b7" not in text
    assert "41b7" not in "".join(database.statements(0))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_it_ends_when_what_is_under_way_has_ended(database: Database, number: int) -> None:
    database.run("select cron.alter_job(jobid, command := 'select pg_sleep(1.5)') from cron.job")
    with serving(database) as api:
        answers: list[httpx.Response] = []
        caller = threading.Thread(target=lambda: answers.append(api.post("trigger", job="shop_a")))
        caller.start()
        until_it_sleeps(database)
        assert api.stop(number) == 0
        caller.join()
    assert [answer.status_code for answer in answers] == [200]
    with pytest.raises(httpx.ConnectError):
        httpx.get(api.url, trust_env=False)


def test_who_is_cut_off_at_the_end_is_told_that_nobody_knows(database: Database) -> None:
    """A backend that is stopped answers for longer than --timeout."""
    waiting = "select pid from pg_stat_activity where application_name = 'cpctl serve: pause'"
    with serving(database, "--timeout", "1s") as api, psycopg.connect(database.url()) as other:
        other.execute("lock table cron.job in exclusive mode")
        answers: list[httpx.Response] = []
        caller = threading.Thread(
            target=lambda: answers.append(api.client.post(PATH, params=TOGGLE))
        )
        caller.start()
        while not (found := database.rows(f"{waiting} and wait_event_type = 'Lock'")):
            threading.Event().wait(0.02)
        os.kill(found[0][0], signal.SIGSTOP)
        try:
            assert api.stop() == 0
        finally:
            os.kill(found[0][0], signal.SIGCONT)
        caller.join()
    assert problem(answers[0], 504).startswith("cpctl was stopped before this was over")
    assert [line["status"] for line in api.lines() if line["event"] == "request"] == [504]


def until_it_sleeps(database: Database) -> None:
    asked = "select from pg_stat_activity where query like 'select pg_sleep%' and state = 'active'"
    for _ in range(200):
        if database.rows(asked):
            return
        threading.Event().wait(0.02)
    raise AssertionError("the command has not begun")
