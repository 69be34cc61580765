"""What happens, a JSON object a line on stderr: no header, no query, nothing that may be secret."""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cpctl.errors import Fault
from cpctl.server.problems import problem

LOG = logging.getLogger("cpctl.serve")

ACTIONS = ("status", "jobs", "health", "toggle", "trigger")
Told = Callable[[str, int, float], None]
"""Is told of each request: the action or path, the status, and how long it took in seconds."""


class _Lines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, UTC)
        line = {
            "time": f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z",
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            **getattr(record, "facts", {}),
        }
        return json.dumps(line, ensure_ascii=False)


def to_stderr() -> None:
    """Our lines, and what the HTTP server below us has to complain of."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Lines())
    for name, level in (("cpctl.serve", logging.INFO), ("uvicorn", logging.WARNING)):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [handler], False
        logger.setLevel(level)


def note(event: str, /, level: int = logging.INFO, **facts: Any) -> None:  # noqa: ANN401 - JSON
    LOG.log(level, event, extra={"facts": facts})


class Logged:
    """Around the whole application: a line for each request, and an answer whatever happens."""

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
        client = scope["client"][0] if scope["client"] else None
        facts = {"method": scope["method"], "action": name, "status": status}
        note("request", **facts, ms=round(seconds * 1000, 1), client=client)


def _name(scope: Scope) -> str:
    """The action, or the path where it is one of ours; anything else is not repeated."""
    path: str = scope["path"]
    if path == "/functions/v1/scheduler":
        said = parse_qs(scope["query_string"].decode("latin-1")).get("action", [""])[-1]
        return said if said in ACTIONS else "other"
    return path.strip("/") if path in ("/healthz", "/readyz", "/metrics", "/docs") else "other"
