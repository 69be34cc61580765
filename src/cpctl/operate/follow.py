"""Runs as they happen: each one when it is seen to begin, and when it is over."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

from cpctl.core.watched import OneRun, Runs

PAUSE = 1.0
"""Seconds between two looks; pg_cron starts nothing more often."""

WINDOW = 5_000
"""So many runs before the newest are looked at again: one that goes on, or whose row is committed
only with its end."""

_Key = tuple[str, int]
_SOURCES = ("cron.job_run_details", "job_runs")


class Follower:
    """Knows what was told already. `look`: asks for the newest runs after these ids."""

    def __init__(self, look: Callable[[tuple[int, int]], Runs]) -> None:
        self._look = look
        self._told: dict[_Key, bool] = {}
        self._after = (0, 0)

    def first(self) -> Runs:
        """What is there already."""
        found = self._look(self._after)
        self._note(found.runs)
        return found

    def next(self) -> Runs:
        """What has begun or ended since, the oldest first."""
        found = self._look(self._after)
        news = [run for run in found.runs if self._told.get(_key(run)) is not run.over]
        self._note(found.runs)
        return found._replace(runs=tuple(reversed(news)))

    def _note(self, runs: Sequence[OneRun]) -> None:
        self._told = {key: over for key, over in self._told.items() if key[1] > self._floor(key)}
        self._told |= {_key(run): run.over for run in runs}
        cron, edge = (self._next_floor(runs, source) for source in _SOURCES)
        self._after = (cron, edge)

    def _floor(self, key: _Key) -> int:
        return self._after[_SOURCES.index(key[0])]

    def _next_floor(self, runs: Sequence[OneRun], source: str) -> int:
        """Never beyond a run that goes on."""
        ids = [run.id for run in runs if run.source == source]
        going = [run.id for run in runs if run.source == source and run.goes_on]
        before = self._after[_SOURCES.index(source)]
        if not ids:
            return before
        return max(before, min([max(ids) - WINDOW, *(runid - 1 for runid in going)]))


def _key(run: OneRun) -> _Key:
    return run.source, run.id


def following(follower: Follower) -> Iterator[Runs]:
    """What is new, again and again, until somebody stops it."""
    while True:
        time.sleep(PAUSE)
        found = follower.next()
        if found.runs:
            yield found
