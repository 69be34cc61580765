"""What Prometheus is told: how the jobs are, what has run, and what was asked of the API.

There is no registry: series come and go with the jobs, and nothing old is told of a database that
cannot be read.
"""

from __future__ import annotations

from threading import Lock

from prometheus_client import generate_latest

from cpctl.operate.recall import every_job
from cpctl.operate.watching import Sighting
from cpctl.server.families import Collected, of_api, of_process, of_runs, of_sighting
from cpctl.server.tallies import Asked, Ran

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
"""Of an exposition: the format that every Prometheus reads."""


class Metrics:
    """Counts from the start of the process; threads may share it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._asked = Asked()
        self._ran = Ran()
        self._counted: Sighting | None = None

    def answered(self, action: str, status: int, seconds: float) -> None:
        """One request of the API was answered."""
        with self._lock:
            self._asked.count(action, status, seconds)

    def exposition(self, sighting: Sighting | None, seconds: float) -> bytes:
        """All of it as text; without a sighting, of the process alone.

        `seconds`: how long the look took. A sighting's runs are counted once, however often it is
        told.
        """
        with self._lock:
            families = [*of_process(up=sighting is not None), *of_api(self._asked)]
            if sighting is not None:
                self._count(sighting)
                families += [*of_sighting(sighting, seconds), *of_runs(self._ran.jobs)]
        return generate_latest(Collected(families))

    def _count(self, sighting: Sighting) -> None:
        if sighting is not self._counted:
            names = [job.address.name for job in every_job(sighting.view)]
            self._ran.count(sighting.over, names)
            self._counted = sighting
