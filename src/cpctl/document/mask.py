"""What variables held stays out of every error: it may be secret, also in pieces."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from cpctl.core.text import Wrong
from cpctl.document.interpolate import Resolved
from cpctl.document.node import Mapping, Node

_WHOLE: Final = 4
_PIECE: Final = 6
"""Characters from which on a value, or a piece of one, may tell what it is."""
_TELLING: Final = re.compile(r"[A-Z0-9]")


def masked(wrong: Wrong, written: Node) -> Wrong:
    """The same, with what the file says in place of what the variables of that node held."""
    for scalar in _resolved(written):
        wrong = Wrong(_masked(wrong.what, scalar), _masked(wrong.remedy, scalar))
    return wrong


def _resolved(node: Node) -> Iterator[Resolved]:
    if isinstance(node, Resolved):
        yield node
    elif isinstance(node, Mapping | list):
        for below in node.values() if isinstance(node, Mapping) else node:
            yield from _resolved(below)


def _masked(words: str, scalar: Resolved) -> str:
    words = words.replace(f'"{scalar}"', f'"{scalar.written}"')
    for name, value in scalar.values.items():
        if len(value) >= _WHOLE:
            words = words.replace(value, f"${{{name}}}")
    for value in scalar.values.values():
        words = "".join(_without(words, value))
    return words


def _without(words: str, value: str) -> Iterator[str]:
    """The words, with an ellipsis for each long piece that stands in the value too."""
    start = 0
    while start < len(words):
        end = start + 1
        while end < len(words) and words[start : end + 1] in value:
            end += 1
        piece = words[start:end]
        hidden = len(piece) >= _PIECE and _TELLING.search(piece)
        yield "…" if hidden else piece
        start = end
