"""The calls of the scheduler's guide: GET tells, POST acts."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request, Response

from cpctl.server import shapes
from cpctl.server.key import authorized
from cpctl.server.parameters import PATH, Reading, Toggle, Trigger, call_of, described, only_action
from cpctl.server.service import Service

_SAID: Final = {
    400: "A parameter is missing, or not what it should be.",
    401: "The key is missing or wrong.",
    403: "A guard, a missing right, or `expect` of the file says no.",
    404: "The file has no such job in this database.",
    413: "A body is sent, and a large one; none is needed.",
    424: "The command ran, and failed.",
    500: "Something failed; nothing was changed.",
    503: "The database does not answer, or somebody holds a lock; try again.",
    504: "The connection broke, or the process was stopped; whether it was done is not known.",
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What an endpoint may answer beside what it is for."""
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": _SAID[status], "content": content} for status in statuses}


router = APIRouter(dependencies=[Depends(authorized)])


def _service(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


Served = Annotated[Service, Depends(_service)]


@router.get(
    PATH,
    summary="How the scheduler is",
    response_model=shapes.StatusAnswer | shapes.JobsAnswer | shapes.HealthAnswer,
    responses=problems(400, 401, 403, 413, 500, 503),
    dependencies=[Depends(only_action)],
)
async def look(service: Served, action: Reading) -> Response:
    """Reads one snapshot of the database, in a read-only transaction, taken after you asked."""
    return _json(await service.read(action))


@router.post(
    PATH,
    summary="Pause, resume or run a job",
    response_model=shapes.ToggleAnswer | shapes.TriggerAnswer,
    responses=problems(400, 401, 403, 404, 413, 424, 500, 503, 504),
    openapi_extra={"parameters": [described()]},
)
async def act(service: Served, call: Annotated[Toggle | Trigger, Depends(call_of)]) -> Response:
    """Answers when it is done: a pause is in the ledger, a triggered command has run to its end."""
    match call:
        case Trigger(job=job):
            return _json(await service.trigger(job))
        case Toggle(job=job, enable=enable, reason=reason):
            return _json(await service.toggle(job, reason, active=enable == "true"))


def _json(body: bytes) -> Response:
    return Response(body, media_type="application/json")
