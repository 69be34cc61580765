"""One edge function, `job`, that tests trigger by hand, and how they look at it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

import psycopg
from psycopg.rows import dict_row

from tests.integration.pack_by_hand import KEY, Edge
from tests.servers import Database

FUNCTION = {"job": Edge(timeout_ms=1000, retries=0)}
HELD = (
    "select extract(epoch from max(clock_timestamp() - xact_start))::float8 from pg_stat_activity "
    "where query like '%trigger_job%' and state = 'active' and pid <> pg_backend_pid()"
)


def trigger(database: Database, url: str | None, key: str | None = KEY) -> dict[str, Any]:
    """One call in a session of its own; what it answers is what job_runs says."""
    with psycopg.connect(database.url(), autocommit=True, row_factory=dict_row) as session:
        for name, value in (("job_url", url), ("service_role_key", key)):
            if value is not None:
                session.execute("select set_config(%s, %s, false)", (f"app.{name}", value))
        (row,) = session.execute("select pipeline.trigger_job() as said").fetchall()
        run = session.execute(
            "select * from pipeline.job_runs where id = %s", (row["said"]["run_id"],)
        ).fetchone()
    assert run is not None
    said = row["said"]
    assert (said["status"], said["http_status"], said["error_code"], said["error"]) == (
        run["status"], run["http_status"], run["error_code"], run["error_message"],
    )  # fmt: skip
    assert KEY not in repr((said, run))
    return run


def bundle(database: Database) -> Path:
    release = database.cluster.release
    return release.on_host(PurePosixPath("/etc/ssl/certs/ca-certificates.crt"))


@contextmanager
def watched(database: Database) -> Iterator[list[float]]:
    """How long the backend has been held, looked at a hundred times a second."""
    ended = threading.Event()
    held = [0.0]

    def watch() -> None:
        with psycopg.connect(database.url(), autocommit=True) as session:
            while not ended.wait(0.01):
                ((age,),) = session.execute(HELD).fetchall()
                held.append(age or 0.0)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield held
    finally:
        ended.set()
        watcher.join()
