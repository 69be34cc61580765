"""A proxy in front of a server that counts what a network would make expensive."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from select import select

PATIENCE = 1.0
"""Seconds."""


@dataclass(slots=True)
class Traffic:
    """Per connection: how often the client spoke after the server had answered.

    `rewrite`: what becomes of the client's bytes on their way.
    """

    turns: list[int] = field(default_factory=list)
    rewrite: Callable[[bytes], bytes] = bytes
    ended: int = 0

    @property
    def connections(self) -> int:
        return len(self.turns)

    @property
    def round_trips(self) -> int:
        """Turns beyond the one of each connection's start and the one of its farewell.

        A program may have ended before its farewell has passed: that is waited for.
        """
        deadline = time.monotonic() + PATIENCE
        while self.ended < len(self.turns) and time.monotonic() < deadline:
            time.sleep(0.001)
        return sum(self.turns) - 2 * len(self.turns)


@contextmanager
def counting_proxy(target: Path) -> Iterator[tuple[int, Traffic]]:
    """A loopback port that leads to the server's socket, and what passed through it."""
    traffic = Traffic()
    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=_accept, args=(listener, target, traffic), daemon=True).start()
    try:
        yield listener.getsockname()[1], traffic
    finally:
        listener.close()


def _accept(listener: socket.socket, target: Path, traffic: Traffic) -> None:
    while True:
        try:
            client, _ = listener.accept()
        except OSError:
            return
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        server = socket.socket(socket.AF_UNIX)
        server.connect(str(target))
        traffic.turns.append(1)
        relay = (client, server, traffic, len(traffic.turns) - 1)
        threading.Thread(target=_relay, args=relay, daemon=True).start()


SYNC, READY = b"S\0\0\0\4", b"Z\0\0\0\5"


@dataclass(slots=True)
class _Count:
    """How often these bytes have passed, in whatever pieces."""

    wanted: bytes
    seen: int = 0
    _tail: bytes = b""

    def pass_(self, data: bytes) -> None:
        known = self._tail + data
        self.seen += known.count(self.wanted)
        self._tail = known[-len(self.wanted) + 1 :]


def _relay(client: socket.socket, server: socket.socket, traffic: Traffic, number: int) -> None:
    """A client that still sends while the first answers come has not waited for any of them."""
    server_spoke, syncs, readies = False, _Count(SYNC, seen=1), _Count(READY)
    while True:
        for ready in select([client, server], [], [])[0]:
            data = ready.recv(65536)
            if not data:
                client.close()
                server.close()
                traffic.ended += 1
                return
            if ready is client:
                traffic.turns[number] += server_spoke and readies.seen >= syncs.seen
                server_spoke = False
                syncs.pass_(data)
                server.sendall(traffic.rewrite(data))
            else:
                server_spoke = True
                readies.pass_(data)
                client.sendall(data)
