"""The YAML parser's faults in our words, each with what to write instead.

A value is shown again only where it looks like a schedule or a glob: anything else may be a secret.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, NamedTuple

import yaml

from cpctl.core.text import Source
from cpctl.document.trouble import Trouble

_UNREADABLE: Final = re.compile(
    "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
)
_HARMLESS: Final = re.compile(r"\*[\d */,-]*|@[a-z]{1,10}|\*[a-z_*]{0,20}")
_KEY_BEFORE: Final = re.compile(r"(?:- )?[\w.-]+: *\[?")
_UNSPACED: Final = re.compile(r"^[ -]*([\w.-]+):(?=[^\s:]).*\n(?:[ \t]*\n)*\Z", re.MULTILINE)
_COMMENT: Final = re.compile(r"\s#.*")
_MEANS: Final = {"*": "an alias", "&": "an anchor", "!": "a tag", "%": "a directive"}


class _Spot(NamedTuple):
    """Where the parser stopped (`offset`) and where what it was reading began (`start`)."""

    source: Source
    offset: int
    start: int

    @property
    def sign(self) -> str:
        return self.source.text[self.offset : self.offset + 1]

    @property
    def line_start(self) -> int:
        return self.source.text.rfind("\n", 0, self.offset) + 1

    def trouble(self, what: str, remedy: str = "") -> Trouble:
        return Trouble(self.source, self.offset, what, remedy)

    def at_start(self) -> _Spot:
        return self._replace(offset=self.start)


def explain(error: Exception, source: Source) -> Trouble:
    """One trouble for whatever the parser raised."""
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        return _marked(error, source)
    found = _UNREADABLE.search(source.text)
    offset = found.start() if found else 0
    sign = f"U+{ord(found[0]):04X} " if found else ""
    return Trouble(source, offset, f"the control character {sign}is not text.", "remove it")


def _marked(error: yaml.MarkedYAMLError, source: Source) -> Trouble:
    problem, context = error.problem or "", error.context or ""
    stop = error.problem_mark.index if error.problem_mark is not None else 0
    start = error.context_mark.index if error.context_mark is not None else stop
    spot = _Spot(source, min(stop, len(source.text)), min(start, len(source.text)))
    for pattern, words in _WORDS:
        if pattern in f"{context}: {problem}":
            return words(spot)
    return spot.trouble(f"this is not YAML ({problem or 'no reason given'}).", "see the line above")


def must_be_quoted(source: Source, offset: int) -> str:
    """What to write instead of a plain value whose first character YAML keeps for itself."""
    line_start = source.text.rfind("\n", 0, offset) + 1
    line_end = source.text.find("\n", offset)
    rest = source.text[offset : line_end if line_end >= 0 else None]
    before = source.text[line_start:offset].strip()
    listed = before.endswith("[")
    value = _COMMENT.sub("", re.split(r"[,\]}]", rest)[0] if listed else rest).strip()
    shown = value if _HARMLESS.fullmatch(value) else f"{rest[:1]}…"
    gap = "" if listed or not before else " "
    key = before + gap if _KEY_BEFORE.fullmatch(before) else ""
    means = _MEANS.get(rest[:1])
    why = f"in YAML a bare {rest[:1]} is {means}" if means else "YAML keeps this sign for itself"
    closed = "]" if listed and key else ""
    return f'a value that starts with {rest[:1]} must be quoted: {key}"{shown}"{closed} ({why}).'


def untagged(source: Source, offset: int) -> tuple[str, str]:
    """What to write instead of a tag, which is mostly a glob that excludes."""
    if source.text.startswith("!!", offset):
        return "tags (!!) are not read", "remove it: every value is taken as written"
    return must_be_quoted(source, offset).rstrip("."), ""


def _sign(spot: _Spot) -> Trouble:
    return spot.trouble(must_be_quoted(spot.source, spot.offset))


def _cannot_start(spot: _Spot) -> Trouble:
    if spot.sign == "\t":
        return _tab(spot)
    return _sign(spot)


def _tab(spot: _Spot) -> Trouble:
    return spot.trouble("a tab cannot indent YAML.", "indent with spaces")


def _colon(spot: _Spot) -> Trouble:
    before = spot.source.text[spot.line_start : spot.offset]
    if re.search(r":\s", before):
        remedy = "put the whole value in quotes"
        return spot.trouble("a plain value cannot hold a colon followed by a blank.", remedy)
    above = _UNSPACED.search(spot.source.text, 0, spot.line_start)
    if above:
        what = "a colon must be followed by a blank."
        return Trouble(spot.source, above.end(1), what, f"write {above[1]}: and the value")
    what = "this line is indented below a key that already has its value."
    return spot.trouble(what, "line it up with the keys above")


def _quote(spot: _Spot) -> Trouble:
    sign = spot.source.text[spot.start : spot.start + 1]
    what = f"the quote {sign} that opens here is never closed."
    return spot.at_start().trouble(what, f"close it with {sign} at the end of the value")


def _escape(spot: _Spot) -> Trouble:
    what = "a backslash in double quotes begins an escape, and YAML does not know this one."
    return spot.trouble(what, "write \\\\ for a backslash, or use single quotes")


def _brace(spot: _Spot) -> Trouble:
    sign = spot.source.text[spot.start : spot.start + 1]
    closing = "}" if sign == "{" else "]"
    if spot.offset >= len(spot.source.text.rstrip()):
        what = f"the {sign} that opens here is never closed."
        return spot.at_start().trouble(what, f"close it with {closing}")
    if spot.source.text.startswith("${", spot.offset - 1):
        return spot.trouble(f"within {sign} {closing} a ${{…}} must be quoted.", 'write "${NAME}"')
    what = f"expected a comma or {closing} here."
    return spot.trouble(what, f"put the value in quotes, or close the {sign} before it")


def _no_colon(spot: _Spot) -> Trouble:
    what = "this line has no `key:` and continues nothing."
    return spot.at_start().trouble(what, "write `key: value`, or indent it below its block: |")


def _no_key(spot: _Spot) -> Trouble:
    what = "expected a key here."
    return spot.trouble(what, "line it up with the keys above, or look for a quote that ends early")


def _dash(spot: _Spot) -> Trouble:
    what = "a list cannot begin here."
    return spot.trouble(what, "put each `- item` on a line of its own, below the key")


def _block(spot: _Spot) -> Trouble:
    what = "nothing may follow | or > on its line."
    return spot.trouble(what, "begin the text on the next line, indented")


def _content(spot: _Spot) -> Trouble:
    return spot.trouble("a value is missing here.", "write one, or remove the sign")


def _directive(spot: _Spot) -> Trouble:
    return spot.trouble("lines that start with % are not read.", "remove the line")


def _properties(spot: _Spot) -> Trouble:
    return _sign(spot.at_start())


def _end(spot: _Spot) -> Trouble:
    what = "the file's keys ended before this line."
    return spot.trouble(what, "line it up with the keys above")


_WORDS: Final[tuple[tuple[str, Callable[[_Spot], Trouble]], ...]] = (
    ("scanning an alias", _properties),
    ("scanning an anchor", _properties),
    ("a tag", _properties),
    ("cannot start any token", _cannot_start),
    ("found a tab", _tab),
    ("mapping values are not allowed", _colon),
    ("unexpected end of stream", _quote),
    ("unexpected document indicator", _quote),
    ("escape", _escape),
    ("hexdecimal", _escape),
    ("did not find expected ','", _brace),
    ("could not find expected ':'", _no_colon),
    ("did not find expected key", _no_key),
    ("did not find expected '-' indicator", _no_key),
    ("block sequence entries are not allowed", _dash),
    ("scanning a block scalar", _block),
    ("expected node content", _content),
    ("directive", _directive),
    ("expected <document start>", _end),
)
