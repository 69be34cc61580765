"""A comment has a limit, and a comment that is refused says nothing at all."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, takewhile

LIMIT = 65_000
"""GitHub refuses comments of more than 65,536 characters; a bot may add a line of its own."""

ROOM = 160
"""For the sentence that says what was left out."""


def table(head: str, rows: Sequence[str], room: int) -> str:
    """As many rows as there is room for, and how many more there are."""
    if not rows:
        return ""
    kept = _fitting(rows, room - len(head) - ROOM)
    left = len(rows) - kept
    more = f"\n… and {left} more, left out because a comment has a limit.\n" if left else ""
    return f"{head}{''.join(rows[:kept])}{more}"


def listed(lines: Sequence[str], most: int = 20, room: int = 10_000) -> str:
    """The first lines of a list, and how many more there are."""
    kept = lines[: min(most, _fitting(lines, room))]
    left = len(lines) - len(kept)
    more = [f"- … and {left} more\n"] if left else []
    return "".join([*kept, *more])


def _fitting(lines: Sequence[str], room: int) -> int:
    """How many lines there is room for."""
    sizes = accumulate(map(len, lines))
    return sum(1 for _ in takewhile(lambda size: size <= room, sizes))


def optional(block: str, instead: str, room: int) -> str:
    """A block where there is room for it, else a sentence about it."""
    return block if len(block) <= room else instead
