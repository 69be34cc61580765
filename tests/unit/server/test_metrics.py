"""The exposition: what a scrape is told, whatever the jobs are called; and its page."""

from __future__ import annotations

import re
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from cpctl.core.resource import Address
from cpctl.core.watched import Ran
from cpctl.server.metrics import Metrics
from tests.unit.server.sightings import JOB, RUN, sighting, whole_exposition

PAGE = Path(__file__).parents[3] / "docs" / "metrics.md"


def samples(text: bytes, name: str) -> list[tuple[dict[str, str], float]]:
    families = text_string_to_metric_families(text.decode())
    return [(s.labels, s.value) for f in families for s in f.samples if s.name == name]


def test_the_page_has_each_metric_with_its_type_and_labels() -> None:
    told = set()
    for family in text_string_to_metric_families(whole_exposition().decode()):
        name = f"{family.name}_total" if family.type == "counter" else family.name
        labels = {label for sample in family.samples for label in sample.labels} - {"le"}
        assert family.documentation
        told.add((name, family.type, frozenset(labels)))
    rows = re.findall(
        r"^\| `(cpctl_\w+)` \| (\w+) \|([^|]*)\|", PAGE.read_text("utf-8"), re.MULTILINE
    )
    assert {
        (n, kind, frozenset(re.findall(r"`(\w+)`", labels))) for n, kind, labels in rows
    } == told


def test_names_that_need_quoting_arrive() -> None:
    """Prometheus keeps `job` for what it scrapes: a series has `job_name`."""
    names = ('a "b"', "back\\slash", "new\nline", "anna/purge", "schlüssel")
    jobs = [JOB._replace(address=Address("job", name), jobid=n) for n, name in enumerate(names)]
    found = samples(Metrics().exposition(sighting(jobs), 0), "cpctl_job_active")
    assert sorted(labels["job_name"] for labels, _ in found) == sorted(names)
    assert {name for labels, _ in found for name in labels} == {"job_name"}


def test_a_run_that_nobody_timed_is_counted() -> None:
    metrics = Metrics()
    failed = RUN._replace(status="failed", milliseconds=None)
    text = metrics.exposition(sighting(over=[RUN, failed]), 0)
    runs = {labels["outcome"]: n for labels, n in samples(text, "cpctl_job_runs_total")}
    assert runs == {"succeeded": 1, "failed": 1}
    assert samples(text, "cpctl_job_run_duration_seconds_count") == [({"job_name": "nightly"}, 1)]
    assert samples(text, "cpctl_job_run_duration_seconds_sum") == [({"job_name": "nightly"}, 2)]


def test_a_run_that_ended_before_it_began_took_no_time() -> None:
    """The clock was set back meanwhile; a sum that falls would be a restart to Prometheus."""
    metrics = Metrics()
    text = metrics.exposition(sighting(over=[RUN, RUN._replace(milliseconds=-3_600_000)]), 0)
    assert samples(text, "cpctl_job_run_duration_seconds_count") == [({"job_name": "nightly"}, 2)]
    assert samples(text, "cpctl_job_run_duration_seconds_sum") == [({"job_name": "nightly"}, 2)]


def test_a_run_of_a_job_that_the_view_does_not_have_yet_is_kept() -> None:
    """It was made between the two snapshots of a look."""
    metrics, new = Metrics(), Address("job", "new")
    metrics.exposition(sighting(over=[RUN._replace(address=new)]), 0)
    later = sighting([JOB, JOB._replace(address=new, jobid=2)])
    runs = samples(metrics.exposition(later, 0), "cpctl_job_runs_total")
    assert {labels["job_name"]: n for labels, n in runs if labels["outcome"] == "succeeded"} == {
        "nightly": 0,
        "new": 1,
    }


def test_what_is_not_known_has_no_series() -> None:
    job = JOB._replace(success=None, next_run="")
    for name in ("cpctl_job_last_success_age_seconds", "cpctl_job_next_run_timestamp_seconds"):
        assert samples(Metrics().exposition(sighting([job]), 0), name) == []
    unstarted = JOB._replace(success=Ran("", "succeeded", ""))
    text = Metrics().exposition(sighting([unstarted]), 0)
    assert samples(text, "cpctl_job_last_success_age_seconds") == []
    unplanned = Metrics().exposition(sighting(drift=None), 0)
    assert samples(unplanned, "cpctl_drift") == samples(unplanned, "cpctl_job_paused") == []
    assert samples(unplanned, "cpctl_drift_known") == [({}, 0)]


def test_buckets_have_what_is_as_long_as_they_reach() -> None:
    metrics = Metrics()
    for seconds in (0.005, 0.006, 11):
        metrics.answered("health", 200, seconds)
    text = metrics.exposition(None, 0)
    found = samples(text, "cpctl_http_request_duration_seconds_bucket")
    counts = {labels["le"]: n for labels, n in found}
    assert (counts["0.005"], counts["0.01"], counts["10.0"], counts["+Inf"]) == (1, 2, 2, 3)
