"""A network of our own between cpctl and its server, which breaks at the byte that we name.

One thread and one loop: what passes has one order, and the break falls exactly where it should.
"""

from __future__ import annotations

import select
import socket
import struct
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple

from tests.faults.messages import Message, Reader
from tests.faults.phases import Direction, Progress
from tests.runner import Runner

How = Literal["reset", "black hole"]
After = Literal["open", "closed"]

_ABORT = struct.pack("ii", 1, 0)


class Cut(NamedTuple):
    """Break everything once `offset` bytes of that direction of that connection have passed.

    `reset`: both sides hear of it at once. `black hole`: nobody does, ever. `after`: whether new
    connections get through afterwards; else they are refused or, after a black hole, swallowed.
    """

    connection: int
    direction: Direction
    offset: int
    how: How = "reset"
    after: After = "open"

    def __str__(self) -> str:
        who = f"{self.offset} bytes of the {self.direction} on connection {self.connection}"
        return f"{self.how} after {who}, then {self.after}"


@dataclass(slots=True, eq=False)
class Link:
    """One connection. `pid`: the server's process, once it has said so."""

    number: int
    client: socket.socket
    server: socket.socket
    readers: dict[Direction, Reader]
    counts: dict[Direction, int] = field(default_factory=lambda: {"client": 0, "server": 0})
    pid: int = 0
    statements: int = 0

    def side(self, direction: Direction) -> socket.socket:
        return self.client if direction == "client" else self.server

    def close(self) -> None:
        self.client.close()
        self.server.close()


Hook = Callable[[Link, Message], None]


@dataclass(slots=True, eq=False)
class Proxy:
    """A loopback port that leads to the server's socket.

    `before`: called with every message of the client before it goes on; `behind`: afterwards.
    """

    target: Path
    cut: Cut | None = None
    before: Hook | None = None
    behind: Hook | None = None
    progress: Progress = field(default_factory=Progress)
    broke_at: str = ""
    links: list[Link] = field(default_factory=list)
    _open: list[Link] = field(default_factory=list)
    _deaf: list[Link] = field(default_factory=list)
    _held: list[socket.socket] = field(default_factory=list)
    _listener: socket.socket = field(init=False)

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def carry(self, run: Runner, timeout: float = 120) -> None:
        """Until the run is over, or its time."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            waiting: list[socket.socket | Runner] = [run]
            if self._listener.fileno() >= 0:
                waiting.append(self._listener)
            for link in self._open:
                waiting += (link.client, link.server)
            ready, _, _ = select.select(waiting, [], [], 1)
            if run in ready:
                return
            for link in list(self._open):
                self._serve(link, ready)
            if self._listener in ready:
                self._accept()

    def close(self) -> None:
        """The network heals, and both sides learn that their connections are gone."""
        self._listener.close()
        for link in self._open:
            link.close()
        for held in self._held:
            held.close()
        self._open.clear()
        self._held.clear()

    def _accept(self) -> None:
        client, _ = self._listener.accept()
        if self._closed:
            self._held.append(client)
            return
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        server = socket.socket(socket.AF_UNIX)
        try:
            server.connect(str(self.target))
        except OSError:
            client.close()
            server.close()
            return
        readers: dict[Direction, Reader] = {
            "client": Reader(startup=True),
            "server": Reader(startup=False),
        }
        link = Link(len(self.links), client, server, readers)
        self.links.append(link)
        self._open.append(link)

    @property
    def _closed(self) -> bool:
        return bool(self.broke_at) and self.cut is not None and self.cut.after == "closed"

    def _serve(self, link: Link, ready: list[socket.socket | Runner]) -> None:
        # The server first: what it has answered was caused by what the client said before.
        for direction in ("server", "client"):
            side = link.side(direction)
            if link not in self._open or side not in ready:
                continue
            try:
                data = side.recv(65536)
            except OSError:
                data = b""
            if not data or (direction == "server" and link in self._deaf):
                self.sever(link)
            elif not self._forward(link, direction, data):
                return

    def sever(self, link: Link) -> None:
        if link in self._open:
            self._open.remove(link)
        link.close()

    def deafen(self, link: Link) -> None:
        """The client hears nothing more of the server on it, and then that it is gone."""
        self._deaf.append(link)

    def _forward(self, link: Link, direction: Direction, data: bytes) -> bool:
        """Pass it on, piece by piece; False where the break or an end came in between."""
        other = link.server if direction == "client" else link.client
        for piece in link.readers[direction].feed(data):
            if piece.message and direction == "client" and self.before:
                self.before(link, piece.message)
                if link not in self._open:
                    return False
            passing = self._until_break(link, direction, piece.data)
            try:
                other.sendall(passing)
            except OSError:
                self.sever(link)
                return False
            link.counts[direction] += len(passing)
            if piece.message and len(passing) == len(piece.data):
                self._note(link, direction, piece.message)
            if self._due(link, direction):
                self._break()
                return False
            if link not in self._open:
                return False
        return True

    def _note(self, link: Link, direction: Direction, message: Message) -> None:
        size = len(message.body) + (5 if message.kind else 4)
        self.progress.note(link.number, direction, link.counts[direction], size, message)
        if direction == "server" and message.kind == "K":
            link.pid = int.from_bytes(message.body[:4])
        if direction == "client":
            link.statements += message.sql is not None
            if self.behind:
                self.behind(link, message)

    def _until_break(self, link: Link, direction: Direction, data: bytes) -> bytes:
        if self._aims_at(link, direction):
            assert self.cut
            return data[: max(0, self.cut.offset - link.counts[direction])]
        return data

    def _due(self, link: Link, direction: Direction) -> bool:
        aimed = self._aims_at(link, direction)
        return aimed and self.cut is not None and link.counts[direction] >= self.cut.offset

    def _aims_at(self, link: Link, direction: Direction) -> bool:
        cut = self.cut
        return (
            cut is not None
            and not self.broke_at
            and (link.number, direction) == (cut.connection, cut.direction)
        )

    def _break(self) -> None:
        """Every connection at once."""
        assert self.cut
        self.broke_at = self.progress.phase
        for link in self._open:
            if self.cut.how == "reset":
                with suppress(OSError):
                    link.client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABORT)
                link.close()
            else:
                self._held += (link.client, link.server)
        self._open.clear()
        if self.cut.after == "closed" and self.cut.how == "reset":
            self._listener.close()
