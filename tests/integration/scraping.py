"""A watched scheduler as Prometheus sees it: each scrape is one look, told and read back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from cpctl.core.kind import Query
from cpctl.document import known_parts, load, read_sources
from cpctl.operate.watching import Sighting, Watch
from cpctl.postgres.connect import Server
from cpctl.postgres.session import Session
from cpctl.scene import Task
from cpctl.secrets import Mode, Secrets
from cpctl.server.metrics import Metrics
from tests.integration.steps import document, job
from tests.integration.watching import SCHEDULE, ran, schedule
from tests.servers import Database

NAMES = ("pipe_bad", "pipe_good", "pipe_late", "pipe_new")
FILE = document(
    scope={"jobs": ["pipe_*"]},
    jobs={name: job(SCHEDULE, f"select '{name}'") for name in (*NAMES, "pipe_absent")},
)


def made(database: Database) -> dict[str, int]:
    """The jobs, and one that nobody manages; all but the last have a past."""
    database.write(FILE)
    jobs = {name: schedule(database, name) for name in (*NAMES, "other")}
    for name in ("pipe_bad", "pipe_good", "pipe_late"):
        ran(database, jobs[name], "failed", "3 days")
        ran(database, jobs[name], "succeeded", "2 days")
    return jobs


class Scraped:
    """One exposition, as Prometheus would have read it."""

    def __init__(self, text: bytes) -> None:
        self.families = list(text_string_to_metric_families(text.decode()))
        self.samples: dict[tuple[str, frozenset[tuple[str, str]]], float] = {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in self.families
            for sample in family.samples
        }

    def value(self, name: str, **labels: str) -> float | None:
        return self.samples.get((name, frozenset(labels.items())))

    def of_job(self, name: str) -> dict[str, float]:
        """By job; a metric that has further labels is none of these."""
        return {
            dict(labels)["job_name"]: value
            for (metric, labels), value in self.samples.items()
            if metric == name and len(labels) == 1
        }

    @property
    def runs(self) -> dict[str, tuple[float, float]]:
        """How many of each job succeeded, and failed; jobs without any are left out."""
        name = "cpctl_job_runs_total"
        found = {
            job: tuple(
                self.samples[name, frozenset({("job_name", job), ("outcome", outcome)})]
                for outcome in ("succeeded", "failed")
            )
            for job in self.of_job("cpctl_job_active")
        }
        return {job: (good, bad) for job, (good, bad) in found.items() if good or bad}

    @property
    def drift(self) -> dict[str, float]:
        """Classes that have any."""
        return {
            dict(labels)["class"]: value
            for (metric, labels), value in self.samples.items()
            if metric == "cpctl_drift" and value
        }


class CutOff(Session):
    """A session whose backend is gone when it asks for the nth time."""

    def __init__(self, database: Database, asks: int) -> None:
        super().__init__(Server(database.url(), "the test"), "cpctl serve")
        self.database, self.left = database, asks

    def ask(self, queries: Sequence[Query], *, doing: str) -> Mapping[str, Sequence[Any]]:
        self.left -= 1
        if not self.left:
            pid = self.connection.info.backend_pid
            self.database.run("select pg_terminate_backend(%s, 5000)", pid)
        return super().ask(queries, doing=doing)


class Scraper:
    """A watch with its metrics, on a session that may be put in the place of another."""

    def __init__(self, database: Database, session: Session, task: Task) -> None:
        self.database, self.session = database, session
        self.watch, self.metrics = Watch(task), Metrics()
        self.sighting: Sighting | None = None

    def scrape(self) -> Scraped:
        self.sighting = self.watch.look(self.session)
        idle = "select state from pg_stat_activity where pid = %s"
        assert self.database.rows(idle, self.session.connection.info.backend_pid) == [("idle",)]
        return Scraped(self.metrics.exposition(self.sighting, 0.25))


def task_of(database: Database, *files: str, secrets: Mode = "auto") -> Task:
    """As the program makes it from the files in the test's folder."""
    sources = read_sources([str(database.folder / name) for name in files or ("scheduler.yaml",)])
    environment = database.environment
    return Task(
        load(sources, environment, parts=known_parts("", ())), Secrets(environment, secrets)
    )


@contextmanager
def scraping(database: Database, *files: str, secrets: Mode = "auto") -> Iterator[Scraper]:
    with Session(Server(database.url(), "the test"), "cpctl serve") as session:
        yield Scraper(database, session, task_of(database, *files, secrets=secrets))
