"""How far an apply has come, told from nothing but the bytes that have passed."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from tests.faults.messages import Message

Direction = Literal["client", "server"]
"""Who speaks."""

PHASES = (
    "plan",
    "lock",
    "write",
    "SET",
    "reload",
    "COMMIT sent",
    "COMMIT acknowledged",
    "RESET",
)

_CALL = re.compile(r"cron\.(schedule|schedule_in_database|alter_job|unschedule)\s*\(")


class Passed(NamedTuple):
    """A whole message that passed: its bytes are `start` to `end` of that direction."""

    connection: int
    direction: Direction
    start: int
    end: int
    message: Message
    phase: str


@dataclass(slots=True)
class Progress:
    """The phase of the apply. It only ever advances."""

    phase: str = PHASES[0]
    holder: int = -1
    passed: list[Passed] = field(default_factory=list)
    asked: int = 0

    def note(
        self, connection: int, direction: Direction, end: int, size: int, message: Message
    ) -> None:
        """One more message has passed."""
        self._advance(connection, direction, message)
        self.asked += message.sql is not None and direction == "client"
        self.passed.append(Passed(connection, direction, end - size, end, message, self.phase))

    @property
    def statements(self) -> list[Passed]:
        """What clients have asked for, in order."""
        return [
            passed
            for passed in self.passed
            if passed.direction == "client" and passed.message.sql is not None
        ]

    def _advance(self, connection: int, direction: Direction, message: Message) -> None:
        now = PHASES.index(self.phase)
        reached = self._reached(connection, direction, message)
        if reached and PHASES.index(reached) > now:
            self.phase = reached

    def _reached(self, connection: int, direction: Direction, message: Message) -> str | None:
        if direction == "server":
            ours = connection == self.holder and self.phase == "COMMIT sent"
            committed = message.kind == "C" and message.body == b"COMMIT\0"
            return "COMMIT acknowledged" if ours and committed else None
        sql = message.sql
        if sql is None:
            return None
        if "pg_advisory_xact_lock" in sql:
            self.holder = connection
            return "lock"
        return self._of_statement(connection, sql) if self.phase != "plan" else None

    def _of_statement(self, connection: int, sql: str) -> str | None:
        committed = self.phase in ("COMMIT acknowledged", "RESET")
        if sql.startswith("ALTER SYSTEM RESET"):
            return "RESET" if committed else "SET"
        if sql.startswith("ALTER SYSTEM SET"):
            return "SET"
        if "pg_reload_conf()" in sql and self.phase == "SET":
            return "reload"
        if sql.rstrip("; ").upper() == "COMMIT" and connection == self.holder:
            return "COMMIT sent"
        return "write" if _CALL.search(sql) else None
