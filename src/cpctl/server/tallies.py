"""What counts up for as long as the process lives."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import accumulate

from prometheus_client.utils import floatToGoString

from cpctl.core.watched import FAILED, SUCCEEDED, OneRun

OUTCOMES = (SUCCEEDED, FAILED)
RUN_BOUNDS = (0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0)
"""Seconds: from a statement to what runs for an hour; each job has as many series."""
REQUEST_BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Histogram:
    """How many took how long. `bounds`: the upper ends of the buckets, in seconds, in order."""

    __slots__ = ("_bounds", "_counts", "total")

    def __init__(self, bounds: Sequence[float]) -> None:
        self._bounds = bounds
        self._counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def add(self, seconds: float) -> None:
        self._counts[bisect_left(self._bounds, seconds)] += 1
        self.total += seconds

    @property
    def buckets(self) -> list[tuple[str, float]]:
        """Each with all that are in the smaller ones, too."""
        names = [*map(floatToGoString, self._bounds), "+Inf"]
        return list(zip(names, accumulate(self._counts), strict=True))


class JobTally:
    """The runs of one job."""

    __slots__ = ("durations", "outcomes")

    def __init__(self) -> None:
        self.outcomes = dict.fromkeys(OUTCOMES, 0)
        self.durations = Histogram(RUN_BOUNDS)


class Ran:
    """The runs of all jobs, by the job's name."""

    def __init__(self) -> None:
        self.jobs: dict[str, JobTally] = {}

    def count(self, runs: Iterable[OneRun], jobs: Iterable[str]) -> None:
        """Count these runs. Jobs that are neither known now nor have run are forgotten."""
        known = dict.fromkeys(jobs)
        for run in runs:
            known[run.address.name] = None
        self.jobs = {name: self.jobs.get(name) or JobTally() for name in known}
        for run in runs:
            tally = self.jobs[run.address.name]
            tally.outcomes[run.status] += 1
            if run.milliseconds is not None:
                tally.durations.add(max(0, run.milliseconds) / 1000)


class Asked:
    """The requests that were answered, by what was asked for."""

    def __init__(self) -> None:
        self.answers: dict[tuple[str, int], int] = {}
        self.durations: dict[str, Histogram] = {}

    def count(self, action: str, status: int, seconds: float) -> None:
        self.answers[action, status] = self.answers.get((action, status), 0) + 1
        self.durations.setdefault(action, Histogram(REQUEST_BOUNDS)).add(seconds)
