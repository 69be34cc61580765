"""What Prometheus is told of a file's jobs, and that it is told each run once."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import psycopg
import pytest

from cpctl.errors import CpctlError
from cpctl.postgres.wire import ConnectionLost
from cpctl.server.metrics import Metrics
from tests.integration.pipeline import FILES, KEY, apply, pipeline
from tests.integration.remembering import alter, applied, by_hand
from tests.integration.scraping import CutOff, Scraped, scraping
from tests.integration.steps import document, job
from tests.integration.watching import SCHEDULE, pause, ran, schedule
from tests.servers import Database

ROOT = Path(__file__).parents[2]
NAMES = ("pipe_bad", "pipe_good", "pipe_late", "pipe_new")
FILE = document(
    scope={"jobs": ["pipe_*"]},
    jobs={name: job(SCHEDULE, f"select '{name}'") for name in (*NAMES, "pipe_absent")},
)
ENDED = (
    "update cron.job_run_details set status = 'succeeded', end_time = start_time + "
    "interval '90 s' where runid = %s"
)


def made(database: Database) -> dict[str, int]:
    """The jobs, and one that nobody manages; all but the last have a past."""
    database.write(FILE)
    jobs = {name: schedule(database, name) for name in (*NAMES, "other")}
    for name in ("pipe_bad", "pipe_good", "pipe_late"):
        ran(database, jobs[name], "failed", "3 days")
        ran(database, jobs[name], "succeeded", "2 days")
    return jobs


def near(found: float | None, expected: Any) -> bool:
    return found is not None and abs(found - float(expected)) < 10


def test_each_run_is_counted_once(database: Database) -> None:
    jobs = made(database)
    going = ran(database, jobs["pipe_new"], "running", "2 min")
    with scraping(database) as scraper:
        first = scraper.scrape()
        assert first.of_job("cpctl_job_active") == dict.fromkeys(NAMES, 1)
        assert first.runs == {}
        for name in NAMES:
            bucket = first.value("cpctl_job_run_duration_seconds_bucket", job_name=name, le="0.1")
            assert bucket == 0
        with psycopg.connect(database.url()) as slow:
            slow.execute(
                "insert into cron.job_run_details (jobid, status, start_time, end_time) "
                "values (%s, 'succeeded', now(), now())",
                (jobs["pipe_late"],),
            )
            for _ in range(2):
                ran(database, jobs["pipe_good"])
            ran(database, jobs["pipe_bad"], "failed", "0 s")
            ran(database, jobs["other"], "failed", "0 s")
            expected = {"pipe_good": (2, 0), "pipe_bad": (0, 1)}
            assert scraper.scrape().runs == expected
            assert scraper.scrape().runs == expected
            slow.commit()
        database.run(ENDED, going)
        last = {**expected, "pipe_late": (1, 0), "pipe_new": (1, 0)}
        assert scraper.scrape().runs == last
        assert scraper.sighting
        told_again = Scraped(scraper.metrics.exposition(scraper.sighting, 0))
        assert told_again.runs == last
        assert scraper.scrape().runs == last


def test_how_runs_went_and_how_long_they_took(database: Database) -> None:
    jobs = made(database)
    with scraping(database) as scraper:
        going = ran(database, jobs["pipe_new"], "running", "2 min")
        scraper.scrape()
        for _ in range(2):
            ran(database, jobs["pipe_good"])
        ran(database, jobs["pipe_bad"], "failed", "0 s")
        database.run(ENDED, going)
        found, durations = scraper.scrape(), "cpctl_job_run_duration_seconds"
        assert found.value(f"{durations}_sum", job_name="pipe_new") == 90
        assert found.value(f"{durations}_bucket", job_name="pipe_new", le="60.0") == 0
        assert found.value(f"{durations}_bucket", job_name="pipe_new", le="300.0") == 1
        assert found.value(f"{durations}_count", job_name="pipe_good") == 2
        assert found.of_job("cpctl_job_failing") == {
            "pipe_bad": 1, "pipe_good": 0, "pipe_late": 0, "pipe_new": 0,
        }  # fmt: skip


def test_a_long_time_without_a_look_loses_nothing(database: Database) -> None:
    jobs = made(database)
    with scraping(database) as scraper:
        scraper.scrape()
        database.run(
            "insert into cron.job_run_details (jobid, status, start_time, end_time) "
            "select %s, 'succeeded', now(), now() from generate_series(1, 20000)",
            jobs["pipe_good"],
        )
        assert scraper.scrape().runs == {"pipe_good": (20_000, 0)}


def test_a_look_that_breaks_off_loses_nothing(database: Database) -> None:
    """The connection is gone before each question that a look asks, one after the other."""
    jobs = made(database)
    with scraping(database) as scraper:
        scraper.scrape()
        for asks in range(1, 9):
            ran(database, jobs["pipe_good"], ago="0 s")
            with CutOff(database, asks) as dying, pytest.raises(ConnectionLost):
                scraper.watch.look(dying)
            assert scraper.scrape().runs == {"pipe_good": (asks, 0)}
        with CutOff(database, asks + 1) as whole:
            scraper.watch.look(whole)  # it asks no more often than that


def test_jobs_that_come_and_go(database: Database) -> None:
    jobs = made(database)
    for _ in range(3):
        ran(database, jobs["other"])
    with scraping(database) as scraper:
        first = scraper.scrape()
        assert first.value("cpctl_jobs", state="healthy") == 4
        assert first.value("cpctl_jobs_missing") == 1
        ran(database, jobs["pipe_good"], ago="0 s")
        assert scraper.scrape().runs == {"pipe_good": (1, 0)}
        database.run("update cron.job set jobname = 'pipe_other' where jobname = 'other'")
        database.run("select cron.unschedule('pipe_good')")
        pause(database, jobs["pipe_bad"])
        new = schedule(database, "pipe_absent")
        ran(database, new, ago="0 s")
        found = scraper.scrape()
        assert found.runs == {"pipe_absent": (1, 0)}, "what a renamed job brings is no news"
        assert not [labels for _, labels in found.samples if ("job_name", "pipe_good") in labels]
        assert found.of_job("cpctl_job_active")["pipe_bad"] == 0
        assert found.value("cpctl_jobs", state="inactive") == 1
        assert found.value("cpctl_jobs_missing") == 1, "pipe_good now"
        ran(database, jobs["other"], ago="0 s")
        assert scraper.scrape().runs["pipe_other"] == (1, 0)


def test_how_long_ago_the_last_success_was(database: Database) -> None:
    jobs = made(database)
    database.run("delete from cron.job_run_details")
    for name in ("pipe_bad", "pipe_good", "pipe_late"):
        ran(database, jobs[name], "succeeded", "400 days")
    ran(database, jobs["pipe_bad"], "failed", "1 hour")
    pause(database, jobs["pipe_late"])
    ((late,),) = database.rows(
        "select extract(epoch from now() at time zone 'UTC' - (date_trunc('year', "
        "now() at time zone 'UTC' - interval '400 days') + interval '1 year'))"
    )
    ((next_run,),) = database.rows(
        "select extract(epoch from (date_trunc('year', now() at time zone 'UTC') "
        "+ interval '1 year') at time zone 'UTC')"
    )
    with scraping(database) as scraper:
        for history in ("there", "deleted"):
            found = scraper.scrape()
            ages = found.of_job("cpctl_job_last_success_age_seconds")
            assert ages.keys() == {"pipe_bad", "pipe_good", "pipe_late"}, history
            assert all(near(age, 400 * 86_400) for age in ages.values())
            overdue = found.of_job("cpctl_job_overdue_seconds")
            assert near(overdue["pipe_bad"], late)
            assert near(overdue["pipe_good"], late)
            assert overdue["pipe_late"] == 0, "it is paused"
            assert overdue["pipe_new"] == 0, "it was never seen to be due"
            assert found.of_job("cpctl_job_next_run_timestamp_seconds") == dict.fromkeys(
                ("pipe_bad", "pipe_good", "pipe_new"), float(next_run)
            )
            database.run("delete from cron.job_run_details")
        database.run("select cron.alter_job(%s, active := true)", jobs["pipe_late"])
        database.run("select cron.alter_job(%s, schedule := '0 1 1 1 *')", jobs["pipe_good"])
        overdue = scraper.scrape().of_job("cpctl_job_overdue_seconds")
        assert overdue["pipe_late"] == 0, "nothing was due while it was paused"
        assert overdue["pipe_good"] == 0, "nothing was due by the new schedule"
        assert near(overdue["pipe_bad"], late)


def test_drift_by_class(database: Database) -> None:
    names = ("pipe_a", "pipe_b", "pipe_c")
    file = document(scope={"jobs": ["pipe_*"]}, jobs={name: job(SCHEDULE) for name in names})
    applied(database, file)
    with scraping(database) as scraper:
        found = scraper.scrape()
        page = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
        documented = set(re.findall(r"^\| `(cpctl_\w+?)(?:_total)?` \|", page, re.MULTILINE))
        assert {family.name for family in found.families} == documented
        assert found.drift == {}
        assert found.value("cpctl_drift_known") == 1
        alter(database, "pipe_a", "schedule := '0 1 1 1 *'")
        alter(database, "pipe_b", "active := false")
        database.run("select cron.unschedule('pipe_c')")
        by_hand(database, "pipe_d")
        by_hand(database, "theirs")
        found = scraper.scrape()
        assert found.drift == {"drifted": 1, "missing": 1, "extra": 1, "paused": 1, "unmanaged": 1}
        assert found.of_job("cpctl_job_paused") == {"pipe_a": 0, "pipe_b": 1, "pipe_d": 0}
        zero = {("cpctl_drift", frozenset({("class", name)})) for name in ("both", "pending")}
        assert zero <= found.samples.keys()


def test_where_no_plan_can_be_made(database: Database) -> None:
    """The survey breaks off with its snapshot open; the next look must not see that one."""
    jobs = made(database)
    database.write(FILE + 'store: database\nsecrets: {key: {from: "env:NOT_SET"}}\n')
    with scraping(database, secrets="require") as scraper:
        scraper.scrape()
        ran(database, jobs["pipe_good"], ago="0 s")
        found = scraper.scrape()
        assert found.value("cpctl_drift_known") == 0
        assert not [
            name for name, _ in found.samples if name in ("cpctl_drift", "cpctl_job_paused")
        ]
        assert found.runs == {"pipe_good": (1, 0)}
        assert scraper.sighting
        assert "NOT_SET" in scraper.sighting.undrifted


def test_a_look_that_is_refused_leaves_no_snapshot_behind(database: Database) -> None:
    jobs = made(database)
    with scraping(database) as scraper:
        scraper.scrape()
        database.run("alter table cron.job_run_details rename to away")
        try:
            with pytest.raises(CpctlError, match="job_run_details"):
                scraper.scrape()
        finally:
            database.run("alter table cron.away rename to job_run_details")
        ran(database, jobs["pipe_good"], ago="0 s")
        assert scraper.scrape().runs == {"pipe_good": (1, 0)}


def test_without_the_database_nothing_old_is_told(database: Database) -> None:
    made(database)
    with scraping(database) as scraper:
        scraper.metrics.answered("status", 200, 0.02)
        assert scraper.scrape().value("cpctl_database_up") == 1
        found = Scraped(scraper.metrics.exposition(None, 0))
    assert found.value("cpctl_database_up") == 0
    assert found.value("cpctl_http_requests_total", action="status", status="200") == 1
    assert {family.name for family in found.families} == {
        "cpctl_build_info", "cpctl_database_up", "cpctl_http_requests",
        "cpctl_http_request_duration_seconds",
    }  # fmt: skip
    assert Scraped(Metrics().exposition(None, 0)).value("cpctl_database_up") == 0


def test_runs_of_edge_functions_are_those_of_the_runtime(database: Database) -> None:
    """pg_cron calls each of them a success. A row may be committed with its end, and late."""
    insert = (
        "insert into public.job_runs (job_id, status, completed_at, processing_time_ms, metadata) "
        "select jobid, %s, clock_timestamp(), 2000, jsonb_build_object('function', %s::text) "
        "from cron.job where jobname = %s"
    )
    cleanup, monitor, retention = (
        f"content_pipeline_{name}" for name in ("cleanup", "monitor", "retention")
    )
    with pipeline(database):
        apply(database)
        jobs = {name: row["jobid"] for (name, _), row in database.jobs().items()}

        def runs(found: Scraped) -> dict[str, tuple[float, float]]:
            """Of those that pg_cron does not run meanwhile."""
            return {name: found.runs.get(name, (0, 0)) for name in (cleanup, monitor, retention)}

        with scraping(database, *FILES[1::2]) as scraper:
            assert set(runs(scraper.scrape()).values()) == {(0, 0)}
            with psycopg.connect(database.url()) as slow:
                for status in ("succeeded", "failed"):
                    slow.execute(insert, (status, "cleanup", cleanup))
                ran(database, jobs[monitor])
                database.run(insert, "failed", "monitoring", monitor)
                ran(database, jobs[retention], "failed", "0 s")
                expected = {cleanup: (0, 0), monitor: (0, 1), retention: (0, 1)}
                assert runs(scraper.scrape()) == expected
                slow.commit()
            found = scraper.scrape()
            assert runs(found) == {**expected, cleanup: (1, 1)}
            ages = found.of_job("cpctl_job_last_success_age_seconds")
            assert {*ages} & {*expected} == {cleanup}
            failing = found.of_job("cpctl_job_failing")
            assert (failing[cleanup], failing[monitor], failing[retention]) == (1, 1, 1)
            counted = (found.value("cpctl_jobs", state=s) or 0 for s in ("healthy", "unhealthy"))
            assert sum(counted) == 6, "the runtime's own jobs are in no count"
            assert found.drift == {}
            assert KEY not in str(found.samples)
