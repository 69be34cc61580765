"""Clients that mean no good: large bodies, requests that never end, pages of other sites."""

from __future__ import annotations

import resource
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.integration.remembering import applied
from tests.integration.serving import KEY, PATH, Api, serving
from tests.integration.steps import document, job, untouched
from tests.servers import Database

SLOW = 150
LARGE = 10 * 1024 * 1024
PATIENCE = 10.0
"""Seconds that a request may take to come in."""


pytestmark = pytest.mark.parametrize("cluster", ["17"], indirect=True)


@pytest.fixture
def database(database: Database) -> Database:
    applied(database, document(name="shop", jobs={"shop_a": job()}))
    return database


@pytest.fixture
def api(database: Database) -> Iterator[Api]:
    with serving(database) as found:
        yield found


def memory(api: Api) -> int:
    """Kilobytes."""
    status = Path(f"/proc/{api.process.pid}/status").read_text(encoding="ascii")
    return int(status.partition("VmRSS:")[2].split()[0])


def opened(api: Api, text: bytes) -> socket.socket:
    parts = urlsplit(api.url)
    connection = socket.create_connection((parts.hostname, parts.port), 5)
    connection.sendall(text)
    return connection


def test_slow_clients_cost_nothing_and_are_cut_off(api: Api) -> None:
    """Some send nothing, some half a head, some a head and half a body."""
    key = KEY.encode()
    head = b"POST %s?action=toggle&job=nobody&enable=true HTTP/1.1\r\nHost: x\r\n" % PATH.encode()
    body = head + b"Authorization: Bearer " + key + b"\r\nContent-Length: 999\r\n\r\nhalf"
    api.get("status")
    before = memory(api)
    with ExitStack() as stack:
        started = time.monotonic()
        slow = [stack.enter_context(opened(api, text)) for text in (b"", head, body) * (SLOW // 3)]
        while time.monotonic() - started < PATIENCE / 2:
            called = time.perf_counter()
            assert api.get("status").status_code == 200
            assert time.perf_counter() - called < 1
            for one in slow[1::3]:
                one.sendall(b"X-More: y\r\n")
            time.sleep(0.2)
        for one in slow:
            one.settimeout(PATIENCE)
            while closed(one):
                pass
        assert PATIENCE - 1 < time.monotonic() - started < PATIENCE + 4
    assert memory(api) - before < 20_000


def closed(connection: socket.socket) -> bytes:
    """What still comes; empty when the other side has ended it."""
    try:
        return connection.recv(65536)
    except ConnectionError:
        return b""


def test_many_clients_that_only_wait_hinder_nobody(api: Api) -> None:
    """A connection to the database may get a number above all that select() knows."""
    soft, hard = resource.prlimit(api.process.pid, resource.RLIMIT_NOFILE)
    assert soft == hard
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(4_096, hard), hard))
    with ExitStack() as stack:
        for _ in range(1_050):
            stack.enter_context(opened(api, b""))
        assert api.post("toggle", job="shop_a", enable="false").status_code == 200
        assert api.post("trigger", job="shop_a").status_code == 200
        assert "\ncpctl_database_up 1.0\n" in api.client.get("/metrics").text


def test_no_descriptor_left_is_said_once_a_second(api: Api) -> None:
    api.get("status")
    resource.prlimit(api.process.pid, resource.RLIMIT_NOFILE, (64, 64))
    with ExitStack() as stack:
        for _ in range(80):
            stack.enter_context(opened(api, b""))
        time.sleep(1.5)
    assert api.get("status").status_code == 200
    said = [line for line in api.lines() if "out of system resource" in line["event"]]
    assert 1 <= len(said) <= 5


def test_a_large_body_is_not_kept(database: Database, api: Api) -> None:
    target = f"{PATH}?action=toggle&job=nobody&enable=false"
    api.client.post(target)
    before = memory(api)
    with untouched(database):
        for _ in range(5):
            declared = api.client.post(target, content=b"x" * LARGE)
            assert declared.status_code == 413
            assert declared.json()["remedy"] == "send no body"
            chunked = api.client.post(target, content=(b"x" * 65536 for _ in range(160)))
            assert chunked.status_code == 404, "it is not read, and the call is what it is"
    assert api.client.post(target, json={}).status_code == 404
    assert memory(api) - before < 5_000


PAGES: tuple[tuple[dict[str, str], int], ...] = (
    ({"Host": "evil.example"}, 403),
    ({"Origin": "https://evil.example"}, 403),
    ({"Host": "localhost.evil.example:8000"}, 403),
    ({"Origin": "null"}, 403),
    ({"Host": "[::1"}, 403),
    ({"Host": "0x7f.1"}, 403),
    ({"Origin": "http://localhost:3000"}, 404),
    ({"Host": "127.0.0.2:8000"}, 404),
    ({}, 404),
)


def test_without_a_key_only_this_machine_may_call(database: Database) -> None:
    target = f"{PATH}?action=toggle&job=nobody&enable=false"
    with serving(database, "--insecure-no-auth") as api:
        assert api.data("status")["total_jobs"] == 1
        for headers, status in PAGES:
            assert api.client.post(target, headers=headers).status_code == status, headers
        assert api.lines()[0]["key"] is False
