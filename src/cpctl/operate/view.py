"""The jobs of a file as they run: what status, jobs and health tell, each in its own way."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

from cpctl.core.kind import Query
from cpctl.core.speech import Clock
from cpctl.core.watched import DAYS, Ran, View, Watched
from cpctl.document import Document
from cpctl.operate.ground import Ground, stand
from cpctl.operate.runtime import about, sql
from cpctl.postgres.session import Session


def view(document: Document, session: Session) -> View:
    """Look once, in one read-only snapshot. Raises CpctlError, Refused."""
    ground = stand(document, session)
    rows = session.inspect(tuple(_queries(ground)))
    cron, edge = _cron(rows["cron"]), _edge(rows.get("edge", ()))
    alerted = frozenset(name for (name,) in rows.get("alerts", ()))
    upcoming = _upcoming(ground.clock)
    jobs = sorted(
        (_ran(job, cron, edge, alerted, upcoming, calls=ground.runtime is not None))
        for job in ground.jobs
    )
    return View(
        name=document.name,
        target=ground.target,
        clock=ground.clock,
        jobs=tuple(job for job in jobs if job.managed and not job.upkeep),
        upkeep=tuple(job for job in jobs if job.upkeep),
        missing=ground.missing,
        unmanaged=tuple(job for job in jobs if not job.managed),
        looked=ground.looked,
        strangers=ground.strangers,
    )


def _queries(ground: Ground) -> Iterable[Query]:
    week = datetime.fromisoformat(ground.capabilities.as_of) - timedelta(days=DAYS)
    cron, edge = ground.after
    for role in ground.readers:
        yield Query("cron", sql("last_runs"), (cron, week.isoformat()), role)
    runtime = ground.runtime
    if runtime is not None:
        runs = about(runtime.schema, "last_edge_runs")
        yield Query("edge", runs, (edge, week.isoformat()), runtime.role)
        yield Query("alerts", about(runtime.schema, "open_alerts"), role=runtime.role)


class _History(NamedTuple):
    """How one job ran, as one table has it."""

    last: Ran | None = None
    outcome: Ran | None = None
    failure: Ran | None = None
    success: Ran | None = None
    finished: int = 0
    failed: int = 0


_NEVER = _History()


def _cron(rows: Sequence[tuple[Any, ...]]) -> Mapping[int, _History]:
    found: dict[int, _History] = {}
    for jobid, status, message, began, last, outcome, failure, success, *counts in rows:
        ran = Ran(began or "", status, message or "")
        known = found.get(jobid, _NEVER)
        found[jobid] = _History(
            ran if last else known.last,
            ran if outcome else known.outcome,
            ran if failure else known.failure,
            ran if success else known.success,
            *counts,
        )
    return found


def _edge(rows: Sequence[tuple[Any, ...]]) -> Mapping[tuple[str, int | None], _History]:
    found: dict[tuple[str, int | None], _History] = {}
    for function, jobid, status, message, began, last, outcome, success, *counts in rows:
        ran = Ran(began or "", status, message or "")
        known = found.get((function, jobid), _NEVER)
        found[function, jobid] = _History(
            ran if last else known.last,
            ran if outcome else known.outcome,
            None,
            ran if success else known.success,
            *counts,
        )
    return found


def _ran(
    job: Watched,
    cron: Mapping[int, _History],
    edge: Mapping[tuple[str, int | None], _History],
    alerted: frozenset[str],
    upcoming: Callable[[str], str],
    *,
    calls: bool,
) -> Watched:
    history = cron.get(job.jobid, _NEVER)
    if job.function and calls:
        only = history._replace(
            last=history.failure, outcome=history.failure, success=None, finished=history.failed
        )
        own = edge.get((job.function, job.jobid), _NEVER)
        history = _united(only, own, edge.get((job.function, None), _NEVER))
    return job._replace(
        last=history.last,
        outcome=history.outcome,
        success=history.success,
        finished=history.finished,
        failed=history.failed,
        alerted=job.function in alerted,
        next_run=upcoming(job.schedule) if job.active else "",
    )


def _united(*histories: _History) -> _History:
    return _History(
        _latest(history.last for history in histories),
        _latest(history.outcome for history in histories),
        None,
        _latest(history.success for history in histories),
        sum(history.finished for history in histories),
        sum(history.failed for history in histories),
    )


def _latest(runs: Iterable[Ran | None]) -> Ran | None:
    return max((run for run in runs if run), key=lambda run: run.started, default=None)


def _upcoming(clock: Clock) -> Callable[[str], str]:
    """The next start of a schedule; many jobs share one."""
    from cpctl.schedule.speech import next_run

    return cache(lambda schedule: next_run(schedule, clock))
