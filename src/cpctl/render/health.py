"""Which of a file's jobs are well: what fails comes first, because it is what one looks for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from cpctl.core.watched import DAYS, View, Watched
from cpctl.render.parts.escape import escaped
from cpctl.render.parts.paused import paused, paused_json
from cpctl.render.parts.sentences import count, headline
from cpctl.render.parts.target import target_json
from cpctl.render.parts.watching import beside, looked_json, ran, why
from cpctl.render.shapes import FORMAT_VERSION
from cpctl.render.watch_shapes import HealthShape, WatchedComponentShape

_ORDER = {"unhealthy": 0, "inactive": 1, "healthy": 2}


class Summary(NamedTuple):
    """Counts. `overall`: healthy jobs in percent of all; None where there are none."""

    total: int
    healthy: int
    unhealthy: int
    inactive: int
    overall: float | None


def summary(view: View) -> Summary:
    """How many are well."""
    states = [job.state for job in view.jobs]
    healthy = states.count("healthy")
    overall = round(100 * healthy / len(states), 1) if states else None
    counts = (states.count("unhealthy"), states.count("inactive"))
    return Summary(len(states), healthy, *counts, overall)


def health_text(view: View) -> str:
    """A line for each job."""
    jobs = sorted(view.jobs, key=lambda job: _ORDER[job.state])
    width = max((len(str(job.address)) for job in jobs), default=0)
    lines = (line for job in jobs for line in _lines(job, view, min(width, 60)))
    head = headline(view.name, view.target)
    return "\n".join([head, "", *lines, *beside(view), _counts(summary(view))])


def _counts(counts: Summary) -> str:
    if counts.overall is None:
        return "Health: there are no jobs."
    parts = f"{counts.healthy} healthy, {counts.unhealthy} unhealthy, {counts.inactive} inactive"
    return f"Health: {counts.overall:g} % of {count(counts.total, 'job')}: {parts}."


def _lines(job: Watched, view: View, width: int) -> Iterator[str]:
    facts = "; ".join((_rate(job), ran(job.last, view.clock, view.looked)))
    yield f"  {job.state:<9}  {escaped(str(job.address)):<{width}}  {facts}"
    if not job.active and view.remembered:
        yield f"             # {paused(job, view)}"
    if said := why(job):
        yield f"             # {said}"
    if job.alerted:
        yield f"             # an alert about {escaped(job.function)} is open"


def _rate(job: Watched) -> str:
    if not job.finished:
        return f"no run over in {DAYS} days"
    runs = count(job.finished, "run")
    return f"{job.success_rate:g} % of {runs} in {DAYS} days, {job.failed} failed"


def health_json(view: View) -> HealthShape:
    """The same for programs."""
    counts = summary(view)
    return {
        "format_version": FORMAT_VERSION,
        "as_of": view.clock.as_of,
        "target": target_json(view.target),
        "name": view.name,
        "health": [component_json(job) for job in view.jobs],
        "summary": {
            "total_jobs": counts.total,
            "healthy_jobs": counts.healthy,
            "inactive_jobs": counts.inactive,
            "overall_health": counts.overall,
        },
        "missing": [str(address) for address in view.missing],
        "looked": looked_json(view.looked),
    }


def component_json(job: Watched) -> WatchedComponentShape:
    """One job for programs."""
    return {
        "component": job.name or "",
        "status": job.state,
        "last_run": (job.last.started or None) if job.last else None,
        "next_run": job.next_run or None,
        "error_count": job.failed,
        "success_rate": job.success_rate,
        "address": str(job.address),
        "alerted": job.alerted,
        "error": job.outcome.message if job.outcome and job.outcome.failed else None,
        **paused_json(job),
    }
