"""HTTP clients that cost little themselves: one connection each, a request after the other."""

from __future__ import annotations

import asyncio
import time
from typing import NamedTuple, Self
from urllib.parse import urlsplit


class Called(NamedTuple):
    """One call: its status, and how long it took in seconds."""

    status: int
    seconds: float


class Caller:
    """A client with one connection."""

    def __init__(self, url: str, key: str | None) -> None:
        parts = urlsplit(url)
        self._host, self._port = str(parts.hostname), parts.port or 80
        self._key = "" if key is None else f"Authorization: Bearer {key}\r\n"

    async def __aenter__(self) -> Self:
        self._reader, self._writer = await asyncio.open_connection(self._host, self._port)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._writer.close()
        await self._writer.wait_closed()

    async def call(self, target: str, method: str = "GET") -> Called:
        started = time.perf_counter()
        head = f"{method} {target} HTTP/1.1\r\nHost: {self._host}\r\n{self._key}\r\n"
        self._writer.write(head.encode())
        answer = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        length = int(answer.partition("content-length:")[2].split()[0])
        await self._reader.readexactly(length)
        return Called(int(answer.split()[1]), time.perf_counter() - started)
