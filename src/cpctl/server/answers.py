"""From what cpctl knows to what the API says: the guide's keys, and no others."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, NamedTuple

from cpctl.core.watched import View, Watched
from cpctl.operate.commands import named
from cpctl.render.health import health_json
from cpctl.render.jobs import jobs_json
from cpctl.render.status import status_json
from cpctl.render.watch_shapes import ComponentShape, JobShape
from cpctl.server import shapes


class Answered(NamedTuple):
    """One look at the jobs. `bodies`: the answers to the actions that were asked for."""

    view: View
    bodies: Mapping[str, bytes]


def answered(view: View, actions: Iterable[str]) -> Answered:
    """The answers to these reading actions, ready to be sent."""
    return Answered(view, {name: body(_READING[name](view)) for name in actions if name})


def body(data: Mapping[str, Any]) -> bytes:
    """The guide's envelope around what was asked for."""
    return json.dumps({"success": True, "data": data}, ensure_ascii=False).encode()


def _status(view: View) -> dict[str, Any]:
    return _only(shapes.Status, status_json(view))


def _jobs(view: View) -> dict[str, Any]:
    found = jobs_json(view)
    return {"jobs": [_only(JobShape, job) for job in found["jobs"]], "count": found["count"]}


def _health(view: View) -> dict[str, Any]:
    found = health_json(view)
    health = [_only(ComponentShape, job) for job in found["health"]]
    return {"health": health, "summary": found["summary"]}


def _only(shape: type, found: Mapping[str, Any]) -> dict[str, Any]:
    return {name: found[name] for name in shape.__annotations__}


_READING: Final[Mapping[str, Callable[[View], dict[str, Any]]]] = {
    "status": _status,
    "jobs": _jobs,
    "health": _health,
}


def toggled(job: Watched, *, active: bool) -> bytes:
    """The answer to a pause or a resume."""
    message = f"Job {'enabled' if active else 'disabled'}: {job.name}"
    return body({"success": True, "message": message})


def triggered(job: Watched) -> bytes:
    """The answer to a run by hand."""
    calls = named(job.command).calls
    return body({"job_name": job.name, "function": calls[0].name if calls else None})
