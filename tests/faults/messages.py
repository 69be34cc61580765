"""PostgreSQL's protocol as it passes: whole messages, whatever the pieces they arrive in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

_LENGTH = 4


class Message(NamedTuple):
    """`kind` is empty for the startup packet, which has no letter."""

    kind: str
    body: bytes

    @property
    def sql(self) -> str | None:
        """The statement that a client's message brings."""
        if self.kind == "Q":
            return self.body.rstrip(b"\0").decode(errors="replace")
        if self.kind == "P":
            return self.body.split(b"\0", 2)[1].decode(errors="replace")
        return None


class Piece(NamedTuple):
    """Some bytes; `message` where they end one."""

    data: bytes
    message: Message | None


@dataclass(slots=True)
class Reader:
    """One direction of one connection. `startup`: the first message has no letter."""

    startup: bool
    _head: bytes = b""
    _missing: int = 0

    def feed(self, data: bytes) -> Iterator[Piece]:
        """The same bytes, cut where messages end."""
        while data:
            taken = self._take(data)
            data, piece = data[len(taken) :], taken
            yield Piece(piece, self._finish())

    def _take(self, data: bytes) -> bytes:
        """As much as the current message still needs, as far as that is known."""
        header = _LENGTH if self.startup else 1 + _LENGTH
        if len(self._head) < header:
            taken = data[: header - len(self._head)]
            self._head += taken
            if len(self._head) == header:
                self._missing = int.from_bytes(self._head[-_LENGTH:]) - _LENGTH
            return taken
        taken = data[: self._missing]
        self._head += taken
        self._missing -= len(taken)
        return taken

    def _finish(self) -> Message | None:
        header = _LENGTH if self.startup else 1 + _LENGTH
        if len(self._head) < header or self._missing:
            return None
        kind = "" if self.startup else chr(self._head[0])
        message = Message(kind, self._head[header:])
        self.startup, self._head = False, b""
        return message
