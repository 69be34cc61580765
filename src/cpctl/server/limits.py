"""What a client may cost: no large body, no endless request, no call from a strange page."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

import h11
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from cpctl.errors import Fault
from cpctl.server.problems import problem

LARGEST_BODY: Final = 64 * 1024
"""Bytes. No call needs any, but a client may send {} or an empty form."""

SLOWEST: Final = 10.0
"""Seconds from the first byte of a request to its last, and before the first."""


def is_loopback(host: str | None) -> bool:
    """An address, and not a name that may lead here today; but for the one that always does."""
    try:
        return ip_address(host or "").is_loopback
    except ValueError:
        return host == "localhost"


class Bodies:
    """A body that is declared larger is refused before it is read; none is ever kept."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        length = Headers(scope=scope).get("content-length", "0") if scope["type"] == "http" else "0"
        if length.isdigit() and int(length) <= LARGEST_BODY:
            await self._app(scope, receive, send)
            return
        fault = Fault(
            "no call has a body of this size. Nothing was done", "Content-Length", "send no body"
        )
        await problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, fault)(scope, receive, send)


class Nearby:
    """Without a key: what a page of another site makes a browser send is refused.

    A browser sends the name that the page was loaded from as Host, and its own as Origin.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or _from_here(Headers(scope=scope)):
            await self._app(scope, receive, send)
            return
        what = "without a key only this machine may call, and no page of another. Nothing was done"
        fault = Fault(what, "Host, Origin", "serve with --api-key")
        await problem(HTTPStatus.FORBIDDEN, fault)(scope, receive, send)


def _from_here(headers: Headers) -> bool:
    try:
        host = urlsplit(f"//{headers.get('host', '')}").hostname
        origin = urlsplit(headers.get("origin", "//localhost")).hostname
    except ValueError:
        return False
    return is_loopback(host) and is_loopback(origin)


class Impatient(H11Protocol):
    """uvicorn waits for the rest of a request without an end; here a slow client is cut off."""

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._arm()

    def connection_lost(self, exc: Exception | None) -> None:
        self._disarm()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._arm()
        super().data_received(data)
        if not self._unfinished():
            self._disarm()

    def _unfinished(self) -> bool:
        if self.conn.their_state is h11.IDLE:
            return bool(self.conn.trailing_data[0])
        return self.conn.their_state is h11.SEND_BODY

    def _arm(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(SLOWEST, self.transport.abort)

    def _disarm(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
