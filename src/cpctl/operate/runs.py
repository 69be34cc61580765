"""Single runs, the newest first: of all jobs of a file, or of one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from difflib import get_close_matches
from typing import Any, NamedTuple

from cpctl.core.job_address import adopting, stranger
from cpctl.core.kind import Query
from cpctl.core.resource import Address
from cpctl.core.watched import OneRun, Runs, Watched
from cpctl.document import Document
from cpctl.errors import CpctlError
from cpctl.operate.ground import Ground, stand
from cpctl.operate.runtime import about, sql
from cpctl.postgres.session import Session


class Wish(NamedTuple):
    """Which runs are asked for.

    `job`: the name or address of one; empty: all that are not the runtime's own. `since`: seconds
    before now. `most`: so many at the most. `after`: ids in cron.job_run_details and job_runs.
    `upkeep`: those of the runtime's own, too.
    """

    job: str = ""
    failed: bool = False
    since: float | None = None
    most: int = 20
    after: tuple[int, int] = (0, 0)
    upkeep: bool = False


def runs(document: Document, session: Session, wish: Wish) -> Runs:
    """Look once, in one read-only snapshot. Raises CpctlError, Refused."""
    found = all_runs(document, session, wish)
    return found._replace(runs=found.runs[: wish.most])


def all_runs(document: Document, session: Session, wish: Wish) -> Runs:
    """The same, with as many as `most` of each of the two tables."""
    ground = stand(document, session)
    jobs = _wanted(ground, wish)
    rows = session.inspect(tuple(_queries(ground, jobs, wish)))
    found = [*_cron(rows["cron"], jobs), *_edge(rows.get("edge", ()), jobs)]
    newest = sorted(found, key=lambda run: (run.started or "~", run.id), reverse=True)
    return Runs(document.name, ground.target, ground.clock, tuple(newest), ground.looked)


def _wanted(ground: Ground, wish: Wish) -> Sequence[Watched]:
    """Raises CpctlError where there is no such job."""
    name, known = wish.job, [job for job in ground.jobs if job.managed or job.upkeep]
    if not name:
        return [job for job in known if wish.upkeep or not job.upkeep]
    wanted = [job for job in known if name in job.called]
    if wanted:
        return wanted
    strangers = {word: it for it in ground.strangers for word in (str(it), it.name)}
    if name in strangers:
        owner = ground.strangers[strangers[name]]
        what, remedy = f"{name} {stranger(owner, ground.target.role)}", adopting(owner)
    elif any(name in (str(address), address.name) for address in ground.missing):
        what, remedy = f"{name} is in the file, and not in the database", "cpctl apply makes it"
    else:
        near = get_close_matches(name, [job.address.name for job in known], n=1)
        what = f"no job of {ground.document.name} is called {name}"
        remedy = f"did you mean {near[0]}?" if near else "cpctl jobs lists them"
    raise CpctlError(what, where=ground.document.files[0], remedy=remedy)


def _queries(ground: Ground, jobs: Sequence[Watched], wish: Wish) -> Iterator[Query]:
    runtime = ground.runtime
    calling = [job for job in jobs if job.function and runtime]
    plain = [job.jobid for job in jobs if not (job.function and runtime)]
    since = begins_after(ground.capabilities.as_of, wish.since)
    cron, edge = map(max, zip(ground.after, wish.after, strict=True))
    jobids = [job.jobid for job in calling]
    asked = (cron, plain, jobids, wish.failed, since, wish.most)
    for role in ground.readers:
        yield Query("cron", sql("cron_runs"), asked, role)
    if runtime and calling:
        functions = sorted({job.function for job in calling})
        about_them = (edge, functions, jobids, wish.failed, since, wish.most)
        yield Query("edge", about(runtime.schema, "edge_runs"), about_them, runtime.role)


def begins_after(as_of: str, seconds: float | None) -> str | None:
    """So many seconds before that moment, as the moments of runs are written."""
    if seconds is None:
        return None
    return f"{datetime.fromisoformat(as_of) - timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%S.000Z}"


def _cron(rows: Iterable[tuple[Any, ...]], jobs: Sequence[Watched]) -> Iterator[OneRun]:
    known = {job.jobid: job for job in jobs}
    for runid, jobid, status, message, pid, began, ended, took in rows:
        yield OneRun(
            source="cron.job_run_details",
            id=runid,
            address=known[jobid].address,
            jobid=jobid,
            function=known[jobid].function,
            status=status,
            started=began or "",
            ended=ended or "",
            milliseconds=took,
            message=(message or "").strip(),
            pid=pid,
        )


def _edge(rows: Iterable[tuple[Any, ...]], jobs: Sequence[Watched]) -> Iterator[OneRun]:
    known = {job.jobid: job.address for job in jobs}
    callers: dict[str, Address] = {}
    for job in jobs:
        callers.setdefault(job.function, job.address)
    for runid, jobid, status, message, http, code, function, trigger, tries, began, *rest in rows:
        ended, took = rest
        yield OneRun(
            source="job_runs",
            id=runid,
            address=known.get(jobid) or callers[function],
            jobid=jobid,
            function=function,
            status=status,
            started=began or "",
            ended=ended or "",
            milliseconds=took,
            message=(message or "").strip(),
            http_status=http,
            error_code=code or "",
            attempts=tries,
            trigger=trigger or "",
        )
