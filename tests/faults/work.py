"""Many points over many lanes, with a word now and then where somebody waits for hours."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from queue import Empty, Queue
from typing import TypeVar

from tests.faults.lane import Lane
from tests.faults.tally import Tally

Point = TypeVar("Point")

ALL = os.environ.get("CPCTL_FAULTS") == "all"
"""Everything, as `make faults` does; else the sample that every test run can afford."""

SEED = int(os.environ.get("CPCTL_FAULTS_SEED", "20241123"))
MINUTES = float(os.environ.get("CPCTL_FAULTS_MINUTES", "0"))
"""The most that one suite may take; 0: as long as it needs."""

_TOO_MANY = 50
_EVERY = 30.0


def spread(
    lanes: Sequence[Lane],
    points: Iterable[Point],
    test: Callable[[Lane, Point], None],
    counts: Tally,
) -> None:
    """Each point on whichever lane is free. `test` counts what it found itself."""
    waiting: Queue[Point] = Queue()
    for point in points:
        waiting.put(point)
    total, started = waiting.qsize(), time.monotonic()
    deadline = started + MINUTES * 60 if MINUTES else float("inf")

    def work(lane: Lane) -> None:
        while time.monotonic() < deadline and len(counts.failures) < _TOO_MANY:
            try:
                point = waiting.get_nowait()
            except Empty:
                return
            test(lane, point)

    with ThreadPoolExecutor(len(lanes)) as pool:
        futures = [pool.submit(work, lane) for lane in lanes]
        _watch(futures, counts, total, started)
    for future in futures:
        future.result()
    if counts.points < total:
        counts.title += f": {counts.points} of {total} points"


def _watch(futures: Sequence[Future[None]], counts: Tally, total: int, started: float) -> None:
    said = started
    while not all(future.done() for future in futures):
        time.sleep(0.05)
        if ALL and time.monotonic() - said > _EVERY:
            said = time.monotonic()
            spent = (said - started) / 60
            done, broken = counts.points, len(counts.failures)
            print(
                f"{counts.title}: {done} of {total} points in {spent:.0f} min, {broken} broken",
                file=sys.stderr,
                flush=True,
            )
