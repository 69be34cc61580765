"""Runs that failed, some time ago, and what the recovery makes of them."""

from __future__ import annotations

from typing import Any

from tests.servers import Database


def trigger(database: Database, name: str = "a") -> dict[str, Any]:
    ((said,),) = database.rows(f"select pipeline.trigger_{name}()")
    assert isinstance(said, dict)
    return said


def recover(database: Database) -> list[int]:
    """Which runs it began."""
    ((said,),) = database.rows("select pipeline.recover_edge_functions()")
    assert isinstance(said["retried"], list)
    return said["retried"]


def ago(database: Database, seconds: float, run: int) -> None:
    """That run was all over so long ago."""
    database.run(
        "update pipeline.job_runs set started_at = now() - make_interval(secs => %s + 1), "
        "completed_at = clock_timestamp() - make_interval(secs => %s) where id = %s",
        seconds, seconds, run,
    )  # fmt: skip


def failed(
    database: Database, code: str = "http_500", attempt: int = 0, job: int | None = None
) -> int:
    """A run of `a` that failed two hours ago."""
    query = (
        "insert into pipeline.job_runs (job_id, status, started_at, completed_at, error_code, "
        "metadata) values (%s, 'failed', now() - interval '2 h', now() - interval '2 h', %s, "
        "jsonb_build_object('function', 'a', 'trigger_type', 'manual', 'attempt', %s)) returning id"
    )
    ((run,),) = database.rows(query, job, code, attempt)
    assert isinstance(run, int)
    return run
