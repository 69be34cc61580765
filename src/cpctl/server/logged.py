"""Around the whole application: each request is logged, counted and, whatever happens, answered."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from http import HTTPStatus
from ipaddress import ip_address
from urllib.parse import parse_qs

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cpctl.errors import Fault
from cpctl.server.logs import note
from cpctl.server.parameters import ACTIONS, PATH
from cpctl.server.problems import problem, stopped

Told = Callable[[str, int, float], None]
"""Is told of each request: the action or path, the status, and how long it took in seconds."""


class Logged:
    """The outermost: what an error inside of it says is seen by nobody."""

    def __init__(self, app: ASGIApp, told: Told) -> None:
        self._app = app
        self._told = told

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status = time.perf_counter(), 0

        async def seen(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, seen)
        except asyncio.CancelledError:  # the process ends; uvicorn has waited for long enough
            if not status:
                await stopped(scope["method"])(scope, receive, seen)
        except Exception as error:  # noqa: BLE001 - its words may quote what nobody should read
            note("error in cpctl itself", logging.ERROR, kind=type(error).__name__)
            if not status:
                fault = Fault(f"{type(error).__name__} in cpctl itself", remedy="report this")
                answer = problem(HTTPStatus.INTERNAL_SERVER_ERROR, fault)
                await answer(scope, receive, seen)
        self._note(scope, status, time.perf_counter() - started)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        name = _name(scope)
        self._told(name, status, seconds)
        client = _address(scope["client"][0]) if scope["client"] else None
        facts = {"method": scope["method"], "action": name, "status": status}
        note("request", **facts, ms=round(seconds * 1000, 1), client=client)


def _address(text: str) -> str | None:
    """A proxy on this machine says whom it speaks for, in a header that anybody here may send."""
    try:
        return str(ip_address(text))
    except ValueError:
        return None


def _name(scope: Scope) -> str:
    """The action, or the path where it is one of ours; anything else is not repeated."""
    path: str = scope["path"]
    if path == PATH:
        said = parse_qs(scope["query_string"].decode("latin-1")).get("action", [""])[-1]
        return said if said in ACTIONS else "other"
    return path.strip("/") if path in ("/healthz", "/readyz", "/metrics", "/docs") else "other"
