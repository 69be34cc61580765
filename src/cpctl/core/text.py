"""Text that remembers where it was written, so that every error can point at its scalar."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Literal

from cpctl.errors import Place

Style = Literal["", "'", '"', "|", ">"]
_COMMENT = re.compile(r"[ \t]+#")


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """One input file, read once: its name as the user gave it and its whole text."""

    name: str
    text: str
    _starts: array[int] = field(default_factory=lambda: array("Q"), init=False, repr=False)

    def place(self, offset: int) -> Place:
        """The line and column of a character offset, both from 1."""
        starts = self._starts
        if not starts:
            starts.append(0)
            starts.extend(found.end() for found in re.finditer("\n", self.text))
        line = bisect_right(starts, offset)
        return Place(self.name, line, offset - starts[line - 1] + 1)


class Text(str):
    """A YAML scalar exactly as written, with its source, extent and style.

    `start` and `end` are character offsets into `source.text`, quotes included. `style` is YAML's:
    empty for a plain scalar, else the quote or block sign.
    """

    __slots__ = ("end", "source", "start", "style")
    source: Source
    start: int
    end: int
    style: Style

    @property
    def place(self) -> Place:
        return self.source.place(self.start)


def text(value: str, source: Source, start: int, end: int, style: Style) -> Text:
    """A Text; a function, because `str.__new__` takes no further arguments."""
    made = Text(value)
    made.source, made.start, made.end, made.style = source, start, end, style
    return made


class Remembered(Text):
    """A key whose place is known and whose file is not at hand: it comes from a saved plan."""

    __slots__ = ("stood",)
    stood: Place

    @property
    def place(self) -> Place:
        return self.stood


def remembered(source: Source, place: Place) -> Remembered:
    """The key that stood there. Its text is not known, but not empty: an empty str is false."""
    made = Remembered("?")
    made.source, made.start, made.end, made.style = source, 0, 0, ""
    made.stood = place
    return made


class Wrong(ValueError):
    """A scalar that cannot be what it should be, and the remedy; validators raise it.

    `field`: which one of an entry's scalars, where the entry as a whole was looked at.
    """

    def __init__(self, what: str, remedy: str, field: str = "") -> None:
        super().__init__(what)
        self.what, self.remedy, self.field = what, remedy, field


def as_flag(value: object) -> object:
    """`true` or `false`, unquoted: YAML's older yes/no/on/off are refused, not guessed.

    Raises Wrong.
    """
    plain = not isinstance(value, Text) or value.style == ""
    if isinstance(value, str) and plain and value in ("true", "false"):
        return value == "true"
    if isinstance(value, bool):
        return value
    raise Wrong(f'expected true or false, got "{value}"', "write true or false, without quotes")


def as_sql(value: object) -> object:
    """SQL as written: refuses each YAML form that drops or joins a part of it.

    Raises Wrong. What YAML does to SQL was found by running it: docs/facts.md, "YAML and SQL".
    """
    if isinstance(value, str) and not value.strip():
        raise Wrong("the command is empty", "write the SQL to run")
    if isinstance(value, Text):
        _refuse_eaten(value)
    return value


def _refuse_eaten(value: Text) -> None:
    block = "use a block: command: | and the SQL below it"
    if value.style == ">":
        raise Wrong("folded text (>) joins lines, and a -- comment would eat the next one", block)
    if value.style == "|":
        return
    written = value.source.text[value.start : value.end]
    if "\n" in written:
        raise Wrong("SQL over several lines would be joined into one", block)
    if value.style:
        return
    if value.source.text.startswith(",", value.end):
        raise Wrong("in { } a comma ends the SQL", "put the command in quotes")
    if _COMMENT.match(value.source.text, value.end):
        raise Wrong("YAML drops everything from # on", "put the command in quotes, or use a block")
