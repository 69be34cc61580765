"""How a file's jobs are, in numbers: the first look of whoever is on call."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cpctl.core.pauses import Pause
from cpctl.core.resource import Address
from cpctl.core.watched import View, Watched
from cpctl.render.parts.escape import escaped
from cpctl.render.parts.paused import paused_json, whose
from cpctl.render.parts.sentences import count, headline
from cpctl.render.parts.target import target_json
from cpctl.render.parts.watching import MOST, at, beside, looked_json, named, why
from cpctl.render.shapes import FORMAT_VERSION
from cpctl.render.watch_shapes import StatusShape


def status_text(view: View) -> str:
    """A fact a line."""
    return "\n".join([headline(view.name, view.target), "", *_facts(view), *beside(view)])


def _facts(view: View) -> Iterator[str]:
    paused = [job for job in view.jobs if not job.active]
    running = [job.address for job in view.jobs if _running(job)]
    active = len(view.jobs) - len(paused)
    yield _fact("jobs", f"{len(view.jobs)}: {active} active, {len(paused)} paused")
    yield from _failed(view)
    yield from _paused(paused, view)
    if running:
        yield _fact("running", named(running))
    last, following = _last(view), _next(view)
    if last is not None and last.last is not None:
        what = f"{escaped(str(last.address))}, {escaped(last.last.status)}"
        yield _fact("last run", f"{at(last.last.started, view.clock)}, {what}")
    else:
        yield _fact("last run", "none is recorded")
    if following is not None:
        when = at(following.next_run, view.clock)
        yield _fact("next run", f"{when}, {escaped(str(following.address))}")
    else:
        yield _fact("next run", "none is known")


def _paused(jobs: Sequence[Watched], view: View) -> Iterator[str]:
    """Those that were paused at once on one line, the latest pause first."""
    if not view.remembered:
        yield from [_fact("paused", named([job.address for job in jobs]))] if jobs else []
        return
    together: dict[Pause | None, list[Address]] = {}
    for job in sorted(jobs, key=lambda job: -(job.pause.number if job.pause else 0)):
        together.setdefault(job.pause, []).append(job.address)
    for number, (pause, addresses) in enumerate(together.items()):
        if number == MOST:
            left = sum(map(len, list(together.values())[MOST:]))
            yield _fact("", f"… and {count(left, 'job')} more: cpctl jobs")
            return
        said = f"{named(addresses)}  {escaped(whose(pause, view.clock))}"
        yield _fact("" if number else "paused", said)


def _failed(view: View) -> Iterator[str]:
    failed = [job for job in view.jobs if job.failing]
    yield _fact("failed", f"{len(failed)}, in the last run" if failed else "none")
    for job in failed[:MOST]:
        began = job.outcome.started if job.outcome else ""
        when = at(began, view.clock) if began else ""
        said = ": ".join(filter(None, (when, why(job))))
        yield _fact("", f"{escaped(str(job.address))}  {said}")
    if len(failed) > MOST:
        yield _fact("", f"… and {count(len(failed) - MOST, 'job')} more: cpctl health")


def _fact(name: str, what: str) -> str:
    return f"  {name:<8}  {what}".rstrip()


def _running(job: Watched) -> bool:
    return job.last is not None and not job.last.over


def _last(view: View) -> Watched | None:
    ran = (job for job in view.jobs if job.last and job.last.started)
    return max(ran, key=lambda job: job.last.started if job.last else "", default=None)


def _next(view: View) -> Watched | None:
    known = (job for job in view.jobs if job.next_run)
    return min(known, key=lambda job: job.next_run, default=None)


def status_json(view: View) -> StatusShape:
    """The same for programs."""
    last, following = _last(view), _next(view)
    return {
        "format_version": FORMAT_VERSION,
        "as_of": view.clock.as_of,
        "target": target_json(view.target),
        "name": view.name,
        "total_jobs": len(view.jobs),
        "active_jobs": sum(job.active for job in view.jobs),
        "failed_jobs": sum(job.failing for job in view.jobs),
        "last_run": last.last.started if last and last.last else None,
        "next_run": following.next_run if following else None,
        "paused": [str(job.address) for job in view.jobs if not job.active],
        "paused_jobs": [
            {"address": str(job.address), **paused_json(job)} for job in view.jobs if not job.active
        ],
        "failed": [str(job.address) for job in view.jobs if job.failing],
        "running": [str(job.address) for job in view.jobs if _running(job)],
        "missing": [str(address) for address in view.missing],
        "unmanaged": len(view.unmanaged),
        "looked": looked_json(view.looked),
    }
