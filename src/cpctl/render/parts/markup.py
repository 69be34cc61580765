"""Text from a database inside Markdown: it must not become a table, a link, HTML or a mention."""

from __future__ import annotations

import re
from collections.abc import Iterable

from cpctl.render.parts.escape import escaped

_RUN = re.compile("`+")
_ODD = re.compile(r"[`|\\]")
_PUNCTUATION = re.compile(r"[!-/:-@\[-`{-~]")
CELL = 200
"""More characters than this of one value say nothing in a table."""


def code(text: str, most: int = CELL) -> str:
    """A code span: nothing in it is markup, links or mentions anyone.

    A bar or a backslash cannot stand in one within a table, so then every sign is spelled out.
    """
    kept = escaped(text if len(text) <= most else f"{text[:most]}…")
    if not kept.strip():
        return f"<code>{kept.replace(' ', '&#32;')}</code>"
    if _ODD.search(kept) or kept != kept.strip():
        return f"<code>{_PUNCTUATION.sub(_entity, kept)}</code>"
    return f"`{kept}`"


def fenced(language: str, body: str) -> str:
    """A fenced block that nothing in its body can end."""
    longest = max((len(run) for run in _RUN.findall(body)), default=0)
    fence = "`" * max(3, longest + 1)
    lines = "\n".join(map(escaped, body.split("\n")))
    return f"{fence}{language}\n{lines}\n{fence}\n"


def folded(summary: str, body: str) -> str:
    """A block that a reader opens; the summary is our own words."""
    return f"<details><summary>{summary}</summary>\n\n{body}\n</details>\n"


def row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |\n"


def marker(*parts: str) -> str:
    """The first line: what a bot finds its own comment by, the same for ever."""
    name = ":".join(re.sub(r"[^\w./ ]+", "-", escaped(part[:CELL])) for part in parts if part)
    return f"<!-- cpctl:{name} -->\n"


def _entity(found: re.Match[str]) -> str:
    return f"&#{ord(found[0])};"
