"""`cpctl runs --follow`: each run when it begins and when it is over, once; Ctrl-C is its end."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psycopg
import pytest

from tests.integration.pipeline import FILES, apply, pipeline
from tests.integration.running import Started, until
from tests.integration.watching import FILE, ran, schedule
from tests.servers import Database

SWEEPER = "content_pipeline_sweeper"


class Following:
    """What a follower has printed so far."""

    def __init__(self, running: Started) -> None:
        self.running = running
        assert running.process.stdout is not None
        self.pipe = running.process.stdout.fileno()
        os.set_blocking(self.pipe, False)
        self.text = ""

    def lines(self) -> list[str]:
        with suppress(BlockingIOError):
            self.text += os.read(self.pipe, 100_000).decode()
        return [line for line in self.text.splitlines() if " job." in line]

    def shows(self, *expected: tuple[str, str]) -> None:
        """Until it has as many lines; each has its status and its job, and nothing is repeated."""
        until(lambda: len(self.lines()) >= len(expected), f"{expected} in {self.text}", 10)
        found = [tuple(line.split(" GMT  ")[1].split()[:2]) for line in self.lines()]
        assert found == list(expected), self.text


@contextmanager
def following(database: Database, *options: str) -> Iterator[Following]:
    with Started(database, "runs", "--follow", *options) as running:
        found = Following(running)
        yield found
        running.signal(signal.SIGINT)
        until(lambda: running.ended, "its end")
        assert running.process.returncode == 0
        assert running.process.stderr is not None
        assert running.process.stderr.read() == ""


def test_a_run_is_told_when_it_begins_and_when_it_is_over(database: Database) -> None:
    database.write(FILE)
    good, new = schedule(database, "pipe_good"), schedule(database, "pipe_new")
    for ago in ("3 min", "2 min", "1 min"):
        ran(database, good, ago=ago)
    before = [("succeeded", "job.pipe_good")] * 2
    with following(database, "--limit", "2") as found:
        found.shows(*before)
        runid = ran(database, new, "running", "1 s")
        found.shows(*before, ("running", "job.pipe_new"))
        ran(database, good, ago="0 s")
        found.shows(*before, ("running", "job.pipe_new"), ("succeeded", "job.pipe_good"))
        database.run(
            "update cron.job_run_details set status = 'failed', end_time = now(), "
            "return_message = 'ERROR:  too late' where runid = %s",
            runid,
        )
        found.shows(
            *before,
            ("running", "job.pipe_new"),
            ("succeeded", "job.pipe_good"),
            ("failed", "job.pipe_new"),
        )
        assert "too late" in found.text


def test_of_one_job_those_that_failed(database: Database) -> None:
    database.write(FILE)
    good, new = schedule(database, "pipe_good"), schedule(database, "pipe_new")
    ran(database, new, "failed", "1 hour")
    with following(database, "pipe_new", "--failed", "--since", "10min") as found:
        until(lambda: "pipeline -> " in found.text or found.lines(), "its first line")
        ran(database, good, "failed", "0 s")
        ran(database, new, "succeeded", "0 s")
        ran(database, new, "failed", "0 s")
        found.shows(("failed", "job.pipe_new"))


@pytest.mark.parametrize("cluster", ["17"], indirect=True)
def test_real_runs_of_pg_cron_are_seen(database: Database) -> None:
    """pg_cron 1.4 knows no seconds."""
    database.write(FILE)
    jobid = schedule(database, "pipe_good")
    with following(database, "pipe_good") as found:
        until(lambda: "pipeline -> " in found.text or found.lines(), "its first line")
        database.run("select cron.alter_job(%s, schedule := '1 second')", jobid)
        until(lambda: len(found.lines()) > 1, "two runs", 10)
        database.run("select cron.unschedule(%s)", jobid)
        assert all(" job.pipe_good" in line for line in found.lines())


def test_a_run_that_is_committed_with_its_end_is_not_missed(database: Database) -> None:
    """A call by http writes its row in the transaction that waits for the answer."""
    insert = (
        "insert into public.job_runs (status, completed_at, metadata) values "
        "('succeeded', now(), jsonb_build_object('function', %s::text))"
    )
    with pipeline(database):
        apply(database)
        with (
            psycopg.connect(database.url()) as slow,
            following(database, *FILES, "--limit", "1") as found,
        ):
            slow.execute(insert, ("sweeper",))
            database.run(insert, "monitoring")
            found.shows(("succeeded", "job.content_pipeline_monitor"))
            slow.commit()
            found.shows(
                ("succeeded", "job.content_pipeline_monitor"), ("succeeded", f"job.{SWEEPER}")
            )
