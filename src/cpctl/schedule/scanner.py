"""A text as pg_cron's parser walks through it, a character at a time."""

from __future__ import annotations

import re

END = "\0"

_BEFORE = re.compile(r"(?:[ \t]*(?:#[^\n]*)?\n)*[ \t]*")
_WORD = re.compile(r"[^ \t\n\0]*")
_ALPHANUMERIC = re.compile(r"[0-9A-Za-z]*")


class Scanner:
    """A position in a text; past its end every character is NUL."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0

    @property
    def char(self) -> str:
        return self.text[self.at] if self.at < len(self.text) else END

    def next(self) -> None:
        self.at += 1

    def skip_blanks(self) -> None:
        while self.char in " \t":
            self.at += 1

    def skip_comments(self) -> None:
        """Blank lines, and lines that begin with #."""
        found = _BEFORE.match(self.text)
        self.at = found.end() if found else 0

    def word(self) -> str:
        """Everything up to a blank, a newline or the end."""
        return self._take(_WORD)

    def alphanumeric(self) -> str:
        return self._take(_ALPHANUMERIC)

    def _take(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self.text, self.at)
        self.at = found.end() if found else self.at
        return found[0] if found else ""
