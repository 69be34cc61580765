"""The metrics by name: what each means, and its samples of one sighting."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import get_args

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily

from cpctl import __version__
from cpctl.core.watched import State, Watched
from cpctl.operate.recall import every_job
from cpctl.operate.watching import Sighting
from cpctl.server.tallies import Asked, JobTally

JOB = "job_name"
"""Not `job`: Prometheus has a label of that name for what it scrapes, and would rename this one."""


def of_process(*, up: bool) -> Iterator[Metric]:
    """What is known without the database."""
    build = _gauge("cpctl_build_info", "The version of cpctl that serves this.", "version")
    build.add_metric([__version__], 1)
    yield build
    yield _one("cpctl_database_up", "Whether the last look at the database succeeded.", up)


def of_api(asked: Asked) -> Iterator[Metric]:
    """What the API answered."""
    requests = CounterMetricFamily(
        "cpctl_http_requests", "Requests that were answered.", labels=["action", "status"]
    )
    for (action, status), number in sorted(asked.answers.items()):
        requests.add_metric([action, str(status)], number)
    yield requests
    durations = HistogramMetricFamily(
        "cpctl_http_request_duration_seconds",
        "How long requests took to be answered.",
        labels=["action"],
    )
    for action, histogram in sorted(asked.durations.items()):
        durations.add_metric([action], histogram.buckets, histogram.total)
    yield durations


def of_sighting(sighting: Sighting, seconds: float) -> Iterator[Metric]:
    """What the database has."""
    seen = sighting.view
    yield _one("cpctl_look_seconds", "How long this look at the database took.", seconds)
    states = Counter(job.state for job in seen.jobs)
    jobs = _gauge("cpctl_jobs", "Jobs of the file and in its scope, by how they are.", "state")
    for state in get_args(State):
        jobs.add_metric([state], states[state])
    yield jobs
    yield _one(
        "cpctl_jobs_missing",
        "Jobs that the file declares and the database lacks.",
        len(seen.missing),
    )
    yield from _of_jobs(sighting)
    yield from _of_drift(sighting)


def of_runs(tallies: Mapping[str, JobTally]) -> Iterator[Metric]:
    """What has run."""
    runs = CounterMetricFamily(
        "cpctl_job_runs", "Runs that ended since cpctl was started.", labels=[JOB, "outcome"]
    )
    durations = HistogramMetricFamily(
        "cpctl_job_run_duration_seconds",
        "How long runs took that ended since cpctl was started.",
        labels=[JOB],
    )
    for job, tally in sorted(tallies.items()):
        for outcome, number in tally.outcomes.items():
            runs.add_metric([job, outcome], number)
        durations.add_metric([job], tally.durations.buckets, tally.durations.total)
    yield runs
    yield durations


def _of_jobs(sighting: Sighting) -> Iterator[Metric]:
    now = datetime.fromisoformat(sighting.view.clock.as_of)
    jobs = sorted(every_job(sighting.view))

    def family(name: str, words: str, value: Callable[[Watched], float | None]) -> Metric:
        found = _gauge(name, words, JOB)
        for job in jobs:
            if (known := value(job)) is not None:
                found.add_metric([job.address.name], known)
        return found

    yield family("cpctl_job_active", "0 where the job is paused.", lambda job: job.active)
    yield family("cpctl_job_failing", "Whether its last run has failed.", lambda job: job.failing)
    yield family(
        "cpctl_job_last_success_age_seconds",
        "Time since the start of its last run that succeeded, by the database's clock.",
        lambda job: _age(job, now),
    )
    yield family(
        "cpctl_job_overdue_seconds",
        "Time since the first start that its schedule had after its last success.",
        lambda job: sighting.overdue[job.address],
    )
    yield family(
        "cpctl_job_next_run_timestamp_seconds",
        "When its schedule has its next start.",
        lambda job: datetime.fromisoformat(job.next_run).timestamp() if job.next_run else None,
    )
    if sighting.drift is not None:
        yield family(
            "cpctl_job_paused",
            "Whether it is paused, and not by the file.",
            lambda job: job.address in sighting.paused,
        )


def _of_drift(sighting: Sighting) -> Iterator[Metric]:
    known = sighting.drift is not None
    yield _one("cpctl_drift_known", "Whether database and file could be compared.", known)
    if sighting.drift is None:
        return
    drift = _gauge("cpctl_drift", "Resources that differ from the file, by class.", "class")
    for name, number in sighting.drift.items():
        drift.add_metric([name], number)
    yield drift


def _age(job: Watched, now: datetime) -> float | None:
    if job.success is None or not job.success.started:
        return None
    return max(0.0, (now - datetime.fromisoformat(job.success.started)).total_seconds())


def _gauge(name: str, words: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, words, labels=labels)


def _one(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(name, words, value=value)


class Collected(tuple[Metric, ...]):
    """Families that are told once, in place of a registry."""

    __slots__ = ()

    def collect(self) -> Iterable[Metric]:
        return self
