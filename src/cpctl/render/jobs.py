"""The file's jobs as the database has them: when they run, what they run, and how it went."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cpctl.core.speech import Clock
from cpctl.core.watched import View, Watched
from cpctl.render.parts.escape import escaped
from cpctl.render.parts.paused import paused, paused_json
from cpctl.render.parts.sentences import count, headline
from cpctl.render.parts.target import target_json
from cpctl.render.parts.values import value_text
from cpctl.render.parts.watching import beside, looked_json, ran, why
from cpctl.render.parts.words import with_next
from cpctl.render.shapes import FORMAT_VERSION
from cpctl.render.watch_shapes import JobsShape, WatchedShape

COLUMN = 46
"""Where an explanation beside one value starts, as in a plan."""


def jobs_text(view: View, *, verbose: bool = False) -> str:
    """A block for each job."""
    lines = [headline(view.name, view.target), ""]
    lines += _blocks(view.jobs, view)
    if view.upkeep:
        lines += ["# the runtime's own jobs", *_blocks(view.upkeep, view)]
    if view.unmanaged and verbose:
        lines += ["# not managed", *_blocks(view.unmanaged, view)]
    elif view.unmanaged:
        lines += [f"Unmanaged: {count(len(view.unmanaged), 'job')} (--verbose)."]
    return "\n".join([*lines, *beside(view), f"{count(len(view.jobs), 'job')}."])


def _blocks(jobs: Sequence[Watched], view: View) -> Iterator[str]:
    for job in jobs:
        yield from _block(job, view)
        yield ""


def _block(job: Watched, view: View) -> Iterator[str]:
    marks = [
        *([] if job.active else [paused(job, view)]),
        *(["not in the file"] if job.managed and not job.declared else []),
    ]
    marked = f"  ({', '.join(marks)})" if marks else ""
    yield f"{escaped(str(job.address))}{marked}"
    schedule = f"  schedule = {value_text(job.schedule)}"
    words = _words(job, view.clock)
    yield f"{schedule:<{COLUMN}}# {words}" if words else schedule
    yield f"  command  = {value_text(job.command)}"
    yield f"  # {ran(job.last, view.clock, view.looked)}{_failure(job)}"


def _failure(job: Watched) -> str:
    """What its last run said, or the one before where that goes on."""
    said = why(job)
    if not said:
        return ""
    return f": {said}" if job.last and job.last.over else f"; the one before failed: {said}"


def _words(job: Watched, clock: Clock) -> str:
    from cpctl.schedule.speech import speak

    said = speak(job.schedule, clock)
    if said is None:
        return "pg_cron rejects it: it never runs"
    return with_next(said) if job.active else said.words


def jobs_json(view: View, *, verbose: bool = False) -> JobsShape:
    """The same for programs."""
    return {
        "format_version": FORMAT_VERSION,
        "as_of": view.clock.as_of,
        "target": target_json(view.target),
        "name": view.name,
        "jobs": [job_json(job) for job in view.jobs],
        "count": len(view.jobs),
        "upkeep": [job_json(job) for job in view.upkeep],
        "missing": [str(address) for address in view.missing],
        "unmanaged": [job_json(job) for job in view.unmanaged] if verbose else [],
        "looked": looked_json(view.looked),
    }


def job_json(job: Watched) -> WatchedShape:
    """One job for programs."""
    return {
        "job_name": job.name,
        "schedule": job.schedule,
        "command": job.command,
        "active": job.active,
        "last_run": (job.last.started or None) if job.last else None,
        "next_run": job.next_run or None,
        "address": str(job.address),
        "jobid": str(job.jobid),
        "username": job.username,
        "database": job.database,
        "declared": job.declared,
        "function": job.function or None,
        "last_status": job.last.status if job.last else None,
        "error": job.outcome.message if job.outcome and job.outcome.failed else None,
        **paused_json(job),
    }
