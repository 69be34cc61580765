"""The database goes away under load, and comes back: 503 in between, and then well by itself."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import httpx
import psycopg
import pytest

from ground import Cluster
from tests.integration.remembering import applied
from tests.integration.serving import PATH, PATIENCE, Api, bearer, serving
from tests.integration.steps import document, job
from tests.servers import Database

CLIENTS = 20


@pytest.fixture(params=["17"])
def own(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A server that the test may stop."""
    with Cluster(request.param, "served") as cluster:
        admin = psycopg.connect(cluster.url(), autocommit=True)
        yield Database(cluster, admin, tmp_path)
        admin.close()


class Load:
    """Clients that call as fast as they can; what they are answered, by moment."""

    def __init__(self, api: Api) -> None:
        self.answers: list[tuple[float, int, str]] = []
        self._api = api
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._call) for _ in range(CLIENTS)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _call(self) -> None:
        with httpx.Client(
            base_url=self._api.url, headers=bearer(), timeout=PATIENCE, trust_env=False
        ) as client:
            while not self._over.is_set():
                answer = client.get(PATH, params={"action": "status"})
                self.answers.append((time.monotonic(), answer.status_code, answer.text))

    def until(self, status: int) -> None:
        """The next answer of that status."""
        start, deadline = len(self.answers), time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if any(it[1] == status for it in self.answers[start:]):
                return
            time.sleep(0.01)
        raise AssertionError(Counter(it[1] for it in self.answers))


def readiness(api: Api) -> int:
    """What /readyz says is a second old at the most."""
    time.sleep(1.1)
    return api.client.get("/readyz").status_code


@pytest.mark.parametrize("how", ["fast", "immediate"])
def test_a_restart_under_load(own: Database, how: str) -> None:
    applied(own, document(name="shop", jobs={"shop_a": job()}))
    with serving(own) as api, Load(api) as load:
        load.until(200)
        own.cluster.stop(how)
        load.until(503)
        assert readiness(api) == 503
        assert api.client.get("/healthz").status_code == 200
        assert "\ncpctl_database_up 0.0\n" in api.client.get("/metrics").text
        own.cluster.start()
        load.until(200)
        back = time.monotonic()
        assert readiness(api) == 200
        assert "\ncpctl_database_up 1.0\n" in api.client.get("/metrics").text
    assert {status for _, status, _ in load.answers} == {200, 503}
    assert {status for moment, status, _ in load.answers if moment > back + 0.2} == {200}
    text = next(text for _, status, text in load.answers if status == 503)
    assert '"success": false' in text
    assert "Traceback" not in api.log.read_text("utf-8")
