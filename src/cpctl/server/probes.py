"""For machines: whether the process lives, whether it could do its work, and how the jobs are."""

from __future__ import annotations

import time
from typing import Final

from fastapi import APIRouter, Depends, Request, Response

from cpctl.errors import CpctlError
from cpctl.server.key import authorized
from cpctl.server.logs import note
from cpctl.server.metrics import CONTENT_TYPE
from cpctl.server.routes import Served, problems

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
async def readyz(request: Request, service: Served) -> Response:
    """503 where it does not, or refuses; the log says why."""
    known: tuple[float, bool] = getattr(request.app.state, "ready", (0.0, False))
    moment, ready = known
    if time.monotonic() - moment > FRESH:
        ready = await is_ready(service)
        request.app.state.ready = (time.monotonic(), ready)
    if ready:
        return Response("ready\n", media_type="text/plain")
    return Response("not ready\n", 503, {"Retry-After": "1"}, "text/plain")


async def is_ready(service: Served) -> bool:
    """One look; where it fails, the log has the reason."""
    try:
        await service.looks.newest()
    except CpctlError as error:
        fault = error.fault
        note("not ready", what=fault.what, where=fault.where, remedy=fault.remedy)
        return False
    return True


@keyed.get(
    "/metrics",
    summary="What Prometheus scrapes",
    response_class=Response,
    responses={200: {"content": {"text/plain": {}}}, **problems(401)},
)
async def metrics(service: Served) -> Response:
    """The jobs, their runs and the drift, of one look; of the process alone without a database."""
    return Response(await service.expositions.newest(), headers={"Content-Type": CONTENT_TYPE})
