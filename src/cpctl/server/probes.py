"""For machines: whether the process lives, whether it could do its work, and how the jobs are."""

from __future__ import annotations

import logging
import time
from functools import partial
from typing import Final, NamedTuple

from fastapi import APIRouter, Depends, FastAPI, Request, Response

from cpctl.core.plan import Target
from cpctl.errors import CpctlError, Fault
from cpctl.server.key import authorized
from cpctl.server.logs import note
from cpctl.server.metrics import CONTENT_TYPE
from cpctl.server.routes import Served, problems
from cpctl.server.service import Service

router = APIRouter()
keyed = APIRouter(dependencies=[Depends(authorized)])

FRESH: Final = 1.0
"""Seconds that an answer to /readyz is good for: nobody needs a key to ask."""


@router.get("/healthz", summary="Does this process live?", response_class=Response)
async def healthz() -> Response:
    """Asks nobody."""
    return Response("ok\n", media_type="text/plain")


@router.get(
    "/readyz",
    summary="Does the database answer?",
    response_class=Response,
    responses={503: {"description": "It does not, or refuses; the log says why."}},
)
async def readyz(request: Request) -> Response:
    """503 where it does not, or refuses; the log says why."""
    known: Ready | None = getattr(request.app.state, "ready", None)
    if known is None or time.monotonic() - known.moment > FRESH:
        known = await look_whether_ready(request.app)
    if known.ready:
        return Response("ready\n", media_type="text/plain")
    return Response("not ready\n", 503, {"Retry-After": "1"}, "text/plain")


class Ready(NamedTuple):
    """What the last look said, and when it was over (monotonic seconds)."""

    ready: bool
    moment: float


async def look_whether_ready(app: FastAPI) -> Ready:
    """One look. The log has the database, or why not, where that is news."""
    before: Ready | None = getattr(app.state, "ready", None)
    service: Service = app.state.service
    news = partial(note, "not ready", logging.WARNING)
    try:
        seen = await service.looks.newest()
    except CpctlError as error:
        facts, ready = _why(error.fault), False
    else:
        news, facts, ready = partial(note, "ready"), _where(seen.view.target), True
    if before is None or before.ready != ready:
        news(**facts)
    app.state.ready = found = Ready(ready, time.monotonic())
    return found


def _why(fault: Fault) -> dict[str, str]:
    return {"what": fault.what, "where": fault.where, "remedy": fault.remedy}


def _where(target: Target) -> dict[str, str]:
    return {"host": target.host, "database": target.database, "role": target.role}


@keyed.get(
    "/metrics",
    summary="What Prometheus scrapes",
    response_class=Response,
    responses={200: {"content": {"text/plain": {}}}, **problems(401)},
)
async def metrics(service: Served) -> Response:
    """The jobs, their runs and the drift, of one look; of the process alone without a database."""
    return Response(await service.expositions.newest(), headers={"Content-Type": CONTENT_TYPE})
