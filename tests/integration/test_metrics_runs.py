"""Each run that ends is told to Prometheus once, whatever comes between two scrapes."""

from __future__ import annotations

from dataclasses import replace

import psycopg
import pytest

from cpctl.errors import CpctlError
from cpctl.postgres.connect import Server
from cpctl.postgres.session import Session
from cpctl.postgres.wire import ConnectionLost
from ground import Cluster
from tests.integration.pipeline import FILES, KEY, apply, pipeline
from tests.integration.scraping import NAMES, CutOff, Scraped, made, scraping
from tests.integration.watching import ran, schedule
from tests.servers import Database

ENDED = (
    "update cron.job_run_details set status = 'succeeded', end_time = start_time + "
    "interval '90 s' where runid = %s"
)


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


@pytest.mark.parametrize("cluster", ["17"], indirect=True)
def test_another_server_brings_no_news_with_it(database: Database) -> None:
    """An upgraded one has taken the place of the old: its history is not what ran meanwhile."""
    jobs = made(database)
    with (
        Cluster("17", "another") as cluster,
        psycopg.connect(cluster.url(), autocommit=True) as admin,
        scraping(database) as scraper,
    ):
        other = replace(database, cluster=cluster, admin=admin)
        made(other)
        scraper.scrape()
        ran(database, jobs["pipe_good"], ago="0 s")
        assert scraper.scrape().runs == {"pipe_good": (1, 0)}
        other.run("select setval('cron.runid_seq', 1000)")
        for _ in range(3):
            ran(other, other.jobs()["pipe_good", "postgres"]["jobid"])
        with Session(Server(other.url(), "the test"), "cpctl serve") as session:
            scraper.database, scraper.session = other, session
            assert scraper.scrape().runs == {"pipe_good": (1, 0)}
            ran(other, other.jobs()["pipe_bad", "postgres"]["jobid"], "failed", "0 s")
            assert scraper.scrape().runs == {"pipe_good": (1, 0), "pipe_bad": (0, 1)}


def test_a_pg_cron_that_is_made_again_begins_again(database: Database) -> None:
    """Its first jobs and runs have the numbers that the first ones had before."""
    jobs = made(database)
    with scraping(database) as scraper:
        scraper.scrape()
        ran(database, jobs["pipe_good"], ago="0 s")
        assert scraper.scrape().runs == {"pipe_good": (1, 0)}
        database.run("drop extension pg_cron")
        with pytest.raises(CpctlError, match="pg_cron is not there"):
            scraper.scrape()
        database.run("create extension pg_cron")
        again = {name: schedule(database, name) for name in reversed(NAMES)}
        ran(database, again["pipe_bad"], ago="2 days")
        ran(database, again["pipe_bad"], ago="0 s")
        for _ in range(2):
            found = scraper.scrape()
            assert found.runs == {"pipe_good": (1, 0), "pipe_bad": (1, 0)}
            assert [*found.of_job("cpctl_job_last_success_age_seconds")] == ["pipe_bad"]
        ran(database, again["pipe_bad"], ago="0 s")
        assert scraper.scrape().runs == {"pipe_good": (1, 0), "pipe_bad": (2, 0)}


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
