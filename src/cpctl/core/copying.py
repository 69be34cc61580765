"""COPY to or from the client, at the top level of a command: pg_cron's launcher hangs at it.

It cannot be left to the server: it has done all of a short COPY, and committed, before anybody can
say no.
"""

from __future__ import annotations

import re

_OPAQUE = re.compile(
    r"(?P<comment>--[^\n]*|/\*.*?\*/)|\be'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\""
    r"|\$(?P<tag>[a-z_]\w*|)\$.*?\$(?P=tag)\$",
    re.IGNORECASE | re.DOTALL,
)
"""What holds no statement: comments, strings, quoted names."""

_COPY = re.compile(r"(?:^|;)\s*copy\b[^;]*\b(?:to\s+stdout|from\s+stdin)\b", re.IGNORECASE)


def copies(command: str) -> bool:
    """Whether one of its statements is such a COPY."""
    return "copy" in command.lower() and _COPY.search(_OPAQUE.sub(_stand_in, command)) is not None


def _stand_in(found: re.Match[str]) -> str:
    return " " if found["comment"] else " quoted "
