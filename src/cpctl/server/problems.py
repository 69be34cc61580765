"""Every failure as a status and a body: what is wrong, where, and what to do."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Final

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from cpctl.errors import CpctlError, Fault, LockHeld, OutcomeUnknown, Refused
from cpctl.operate.trigger import CommandFailed
from cpctl.postgres.wire import ConnectionLost
from cpctl.postgres.words import Canceled, NoConnection, Passing
from cpctl.server import shapes
from cpctl.server.logs import note

AGAIN: Final = {"Retry-After": "1"}
"""Seconds, for who is told that the database does not answer."""
_LOOK_IT_UP: Final = "/docs describes the parameters"


class Unauthorized(CpctlError):
    """No key, or a wrong one."""


class BadRequest(CpctlError):
    """A parameter is missing, unknown, or no value for it."""


class NoSuchJob(CpctlError):
    """The file has no job of that name."""


class Busy(CpctlError):
    """More is under way than this process does at once."""


_LATER: Final = (Busy, Canceled, ConnectionLost, LockHeld, NoConnection, Passing)
"""What may well succeed the next time."""

_STATUSES: Final[tuple[tuple[type[CpctlError], HTTPStatus], ...]] = (
    (Unauthorized, HTTPStatus.UNAUTHORIZED),
    (BadRequest, HTTPStatus.BAD_REQUEST),
    (NoSuchJob, HTTPStatus.NOT_FOUND),
    (Refused, HTTPStatus.FORBIDDEN),
    (CommandFailed, HTTPStatus.FAILED_DEPENDENCY),
    (OutcomeUnknown, HTTPStatus.GATEWAY_TIMEOUT),
    *((kind, HTTPStatus.SERVICE_UNAVAILABLE) for kind in _LATER),
)


def problem(status: HTTPStatus, fault: Fault, headers: Mapping[str, str] | None = None) -> Response:
    """The guide's envelope with the fields of RFC 9457."""
    said: shapes.Problem = {
        "success": False,
        "type": "about:blank",
        "title": status.phrase,
        "status": status,
        "detail": fault.what,
        "where": fault.where or None,
        "remedy": fault.remedy or None,
    }
    content = json.dumps(said, ensure_ascii=False).encode()
    return Response(content, status, headers, "application/problem+json")


def failed(_: Request, error: Exception) -> Response:
    """What cpctl could not do."""
    assert isinstance(error, CpctlError)  # noqa: S101 - it is registered for these
    status, fault = status_of(error), error.fault
    headers = {
        HTTPStatus.UNAUTHORIZED: {"WWW-Authenticate": "Bearer"},
        HTTPStatus.SERVICE_UNAVAILABLE: AGAIN,
    }
    what = "; ".join((fault.what, *error.details))
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        note("failed", logging.WARNING, status=status, where=fault.where, what=what)
    remedy = fault.remedy or (_LOOK_IT_UP if status == HTTPStatus.BAD_REQUEST else "")
    return problem(status, replace(fault, what=what, remedy=remedy), headers.get(status))


def stopped(method: str) -> Response:
    """The end has come before the answer: a 500 would say that nothing was done."""
    if method == "POST":
        what = "cpctl was stopped before this was over; whether it was done is not known"
        return problem(HTTPStatus.GATEWAY_TIMEOUT, Fault(what, remedy="look at action=jobs"))
    fault = Fault("cpctl was stopped before the database answered", remedy="ask again")
    return problem(HTTPStatus.SERVICE_UNAVAILABLE, fault, AGAIN)


def status_of(error: CpctlError) -> HTTPStatus:
    """500 is for what names no other: a statement that failed, a change that was not seen."""
    known = (status for kind, status in _STATUSES if isinstance(error, kind))
    return next(known, HTTPStatus.INTERNAL_SERVER_ERROR)


def invalid(_: Request, error: Exception) -> Response:
    """A parameter that its description does not allow; what was sent is not repeated."""
    assert isinstance(error, RequestValidationError)  # noqa: S101 - as above
    first = error.errors()[0]
    what = "it is missing" if first["type"] == "missing" else str(first["msg"])
    where = str(first["loc"][-1])
    return problem(HTTPStatus.BAD_REQUEST, Fault(what, where, _LOOK_IT_UP))


def misdirected(request: Request, error: Exception) -> Response:
    """A path or a method that is not there; FastAPI would name the methods of one route only."""
    assert isinstance(error, HTTPException)  # noqa: S101 - as above
    status, headers = HTTPStatus(error.status_code), dict(error.headers or {})
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(_methods(request, headers.get("Allow", "")))
    return problem(status, Fault(status.description, remedy="/docs has what is there"), headers)


def _methods(request: Request, known: str) -> list[str]:
    """`known`: those of one route; what is described has those of all."""
    described = request.app.openapi()["paths"].get(request.url.path, {})
    return sorted({*map(str.upper, described), *filter(None, known.split(", "))})
