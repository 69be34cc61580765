"""What a file says, as a tree that keeps everything as written, and what was in the way of it."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final, TypeAlias, cast

from cpctl.core.text import Text

Node: TypeAlias = "Text | Mapping | list[Node] | None"
"""Keys and scalars are Text; None is a written `null`."""

ANY: Final = None
_COLON: Final = re.compile(r"\s*:")


class Mapping(dict[Text, Node]):
    """Keys and values as a file has them; a type of its own, so that models know them from ours."""

    __slots__ = ("_gaps",)
    _gaps: dict[str | None, Text]

    def at(self, name: str) -> Node:
        """The value of a key, or None."""
        return self.get(cast("Text", name))

    def key(self, name: str) -> Text:
        """The key of that name, with its place."""
        return next(key for key in self if key == name)

    @property
    def gaps(self) -> dict[str | None, Text]:
        """Names that are missing for a reason, each with the text that is it; ANY: any name.

        Whoever misses one points there: once, because no place is blamed twice.
        """
        if not hasattr(self, "_gaps"):
            self._gaps = {}
        return self._gaps

    def without(self, names: Collection[str]) -> Mapping:
        made = Mapping((key, value) for key, value in self.items() if key not in names)
        made.gaps.update(self.gaps)
        return made


def unreadable(written: Text) -> Mapping:
    """What stands for a node that was refused: whatever is then missed, that text is to blame."""
    made = Mapping()
    made.gaps[ANY] = written
    return made


def is_nothing(node: Node) -> bool:
    """Not even empty text, which would have its quotes."""
    return isinstance(node, Text) and not node and not node.style and node.start == node.end


def cut_before(key: Text, made: Mapping) -> Text | None:
    """The value that a comma in { } ended, where that key has no colon and was its other half."""
    last, written = next(reversed(made.values()), None), key.source.text
    if not isinstance(last, Text) or last.style or not written.startswith(",", last.end):
        return None
    return None if _COLON.match(written, key.end) else last
