"""Sightings by hand: what a test says is what differs from a file with one job that is well."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cpctl.core.drift import CLASSES
from cpctl.core.resource import Address
from cpctl.core.speech import Clock
from cpctl.core.watched import Looked, OneRun, Ran, View, Watched
from cpctl.operate.watching import Sighting
from cpctl.server.metrics import Metrics
from tests.unit.render.plans import TARGET

AS_OF = "2026-11-25T12:00:00Z"
JOB = Watched(
    address=Address("job", "nightly"),
    jobid=1,
    name="nightly",
    username="postgres",
    schedule="0 3 * * *",
    command="SELECT 1;",
    database="postgres",
    active=True,
    declared=True,
    managed=True,
    upkeep=False,
    success=Ran("2026-11-25T03:00:00.000Z", "succeeded", ""),
    next_run="2026-11-26T03:00:00Z",
)
RUN = OneRun(
    source="cron.job_run_details",
    id=1,
    address=JOB.address,
    jobid=1,
    function="",
    status="succeeded",
    started="2026-11-25T03:00:00.000Z",
    ended="2026-11-25T03:00:02.000Z",
    milliseconds=2000,
    message="",
)
NO_DRIFT = dict.fromkeys((*CLASSES, "paused", "unmanaged"), 0)


def sighting(
    jobs: Sequence[Watched] = (JOB,),
    over: Sequence[OneRun] = (),
    drift: Mapping[str, int] | None = NO_DRIFT,
    **more: Any,
) -> Sighting:
    view = View(
        name="pipeline",
        target=TARGET,
        clock=Clock("1.6", "GMT", AS_OF),
        jobs=tuple(jobs),
        upkeep=(),
        missing=(),
        unmanaged=(),
        looked=Looked("", whole=True, lacking=False),
    )
    late = {job.address: 0.0 for job in jobs}
    return Sighting(view, tuple(over), late, drift, frozenset(), "")._replace(**more)


def whole_exposition() -> bytes:
    """One that has every metric."""
    metrics = Metrics()
    metrics.answered("status", 200, 0.02)
    return metrics.exposition(sighting(over=[RUN]), 0.1)
