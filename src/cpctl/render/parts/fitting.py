"""A comment has a limit, and a comment that is refused says nothing at all."""

from __future__ import annotations

from collections.abc import Sequence

LIMIT = 65_000
"""GitHub refuses comments of more than 65,536 characters; a bot may add a line of its own."""

ROOM = 160
"""For the sentence that says what was left out."""


def table(head: str, rows: Sequence[str], room: int) -> str:
    """As many rows as there is room for, and how many more there are."""
    if not rows:
        return ""
    kept, size = 0, len(head) + ROOM
    for line in rows:
        size += len(line)
        if size > room:
            break
        kept += 1
    left = len(rows) - kept
    more = f"\n… and {left} more, left out because a comment has a limit.\n" if left else ""
    return f"{head}{''.join(rows[:kept])}{more}"


def listed(lines: Sequence[str], most: int = 20) -> str:
    """The first lines of a list, and how many more there are."""
    left = len(lines) - most
    more = [f"- … and {left} more\n"] if left > 0 else []
    return "".join([*lines[:most], *more])


def optional(block: str, instead: str, room: int) -> str:
    """A block where there is room for it, else a sentence about it."""
    return block if len(block) <= room else instead
