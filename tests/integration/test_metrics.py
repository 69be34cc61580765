"""What Prometheus is told of a file's jobs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from cpctl.server.metrics import Metrics
from tests.integration.remembering import alter, applied, by_hand
from tests.integration.scraping import FILE, Scraped, made, scraping
from tests.integration.steps import document, job
from tests.integration.watching import SCHEDULE, pause, ran, schedule
from tests.servers import Database

ROOT = Path(__file__).parents[2]


def near(found: float | None, expected: Any) -> bool:
    return found is not None and abs(found - float(expected)) < 10


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
