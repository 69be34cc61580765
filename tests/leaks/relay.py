"""A network between cpctl and its server that can spoil any one statement, or act on it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

Change = Callable[[int, str], str]
"""What becomes of the statement of this number, over all connections of the run."""


def unchanged(_: int, sql: str) -> str:
    return sql


def spoiled(sql: str) -> str:
    """What the server will not parse: its error quotes the literal at the end, if any."""
    return sql[:-1] if sql.endswith("'") else f"!!{sql}"


@dataclass(slots=True)
class Relay:
    """`statements`: what clients have asked for, in order, as they wrote it."""

    target: Path
    change: Change = unchanged
    statements: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _listener: socket.socket = field(init=False)

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=16)
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.socket(socket.AF_UNIX)
                server.connect(str(self.target))
                threading.Thread(target=self._ask, args=(client, server), daemon=True).start()
                threading.Thread(target=_copy, args=(server, client), daemon=True).start()

    def _ask(self, client: socket.socket, server: socket.socket) -> None:
        """Whole messages only, so that any of them can be another one."""
        buffer, startup = b"", True
        with suppress(OSError):
            while data := client.recv(65536):
                buffer += data
                while (size := _size(buffer, startup=startup)) and size <= len(buffer):
                    message, buffer = buffer[:size], buffer[size:]
                    server.sendall(message if startup else self._changed(message))
                    startup = False
        _end(server, client)

    def _changed(self, message: bytes) -> bytes:
        kind, body = message[:1], message[5:]
        if kind not in (b"Q", b"P"):
            return message
        name, text, rest = (b"", *body.split(b"\0", 1)) if kind == b"Q" else body.split(b"\0", 2)
        with self._lock:
            number = len(self.statements)
            self.statements.append(text.decode())
        text = self.change(number, text.decode()).encode()
        parts = [text, rest] if kind == b"Q" else [name, text, rest]
        body = b"\0".join(parts)
        return kind + (len(body) + 4).to_bytes(4) + body


def _size(buffer: bytes, *, startup: bool) -> int:
    """Of the message that it begins with; 0 where that is not known yet."""
    head = 0 if startup else 1
    return head + int.from_bytes(buffer[head : head + 4]) if len(buffer) >= head + 4 else 0


def _copy(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    _end(source, target)


def _end(*sockets: socket.socket) -> None:
    for one in sockets:
        with suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
        one.close()


@contextmanager
def relay(target: Path, change: Change = unchanged) -> Iterator[Relay]:
    found = Relay(target, change)
    try:
        yield found
    finally:
        found.close()
