"""The Scheduler Management API under load, and how long it takes to turn somebody away."""

from __future__ import annotations

import asyncio
import os
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from statistics import median, quantiles

import psycopg
import pytest

from ground import Cluster, provide
from tests.bench.callers import Called, Caller
from tests.integration.remembering import applied
from tests.integration.serving import PATH, Api, serving
from tests.integration.steps import document, job
from tests.servers import Database, empty

KEY = "a-key-that-nobody-guesses"
CLIENTS = 100
SECONDS = float(os.environ.get("CPCTL_LOAD_SECONDS", "30"))
TOGGLERS = 4
ALONE = 3.0
TIMES = 2_000
APART = 0.05
"""By so much the medians may differ."""

JOBS = 20
READS = [f"{PATH}?action={action}" for action in ("status", "jobs", "health")]


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    """Twenty jobs of one file."""
    cluster = Cluster("17", "bench")
    provide(cluster.release)
    cluster.fresh()
    with psycopg.connect(cluster.url(), autocommit=True) as admin:
        empty(admin)
        database = Database(cluster, admin, tmp_path, {"API_KEY": KEY})
        applied(database, document(jobs={f"a_{number:02d}": job() for number in range(JOBS)}))
        with serving(database) as found:
            yield found


def test_a_hundred_clients(api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    """Four of them pause and resume, the others look; and one before, with nobody beside."""
    alone = len(asyncio.run(_client(api, TOGGLERS, time.monotonic() + ALONE))) / ALONE
    made = asyncio.run(_all(api, time.monotonic() + SECONDS))
    reads = [it.seconds for calls in made[TOGGLERS:] for it in calls]
    writes = [it.seconds for calls in made[:TOGGLERS] for it in calls]
    statuses = Counter(it.status for calls in made for it in calls)
    with capsys.disabled():
        print(f"\n{CLIENTS} clients for {SECONDS:g} s: {dict(statuses)}")
        print(f"{'reads':8} {len(reads) / SECONDS / alone:7.2f} x those of one client alone")
        for name, seconds in (("reads", reads), ("pauses", writes)):
            cuts = quantiles(seconds, n=100)
            rate, (middle, last) = len(seconds) / SECONDS, (cuts[49] * 1000, cuts[98] * 1000)
            print(f"{name:8} {rate:7.1f}/s   p50 {middle:6.0f} ms   p99 {last:6.0f} ms")
    assert set(statuses) == {200}
    assert all(calls for calls in made)


async def _all(api: Api, end: float) -> list[list[Called]]:
    return await asyncio.gather(*(_client(api, number, end) for number in range(CLIENTS)))


async def _client(api: Api, number: int, end: float) -> list[Called]:
    made: list[Called] = []
    async with Caller(api.url, KEY) as caller:
        while time.monotonic() < end:
            if number < TOGGLERS:
                enable = "true" if len(made) % 2 else "false"
                target = f"{PATH}?action=toggle&job=a_{number:02d}&enable={enable}"
                made.append(await caller.call(target, "POST"))
            else:
                made.append(await caller.call(READS[len(made) % len(READS)]))
    return made


KEYS = {"missing": None, "wrong": "x" * len(KEY), "nearly right": f"{KEY[:-1]}X"}


def test_the_time_to_turn_away_tells_nothing(api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    """Keys take turns, so that a slow moment hits all alike."""
    found = {name: median(times) for name, times in asyncio.run(_turned_away(api)).items()}
    with capsys.disabled():
        for name, seconds in found.items():
            print(f"\n{name:12} {seconds * 1e6:7.1f} µs, median of {TIMES:,}", end="")
    assert max(found.values()) / min(found.values()) < 1 + APART


async def _turned_away(api: Api) -> dict[str, list[float]]:
    callers = {name: Caller(api.url, key) for name, key in KEYS.items()}
    times: dict[str, list[float]] = {name: [] for name in KEYS}
    for caller in callers.values():
        await caller.__aenter__()
    for _ in range(TIMES):
        for name, caller in callers.items():
            called = await caller.call(READS[0])
            assert called.status == 401
            times[name].append(called.seconds)
    for caller in callers.values():
        await caller.__aexit__()
    return times
