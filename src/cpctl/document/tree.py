"""YAML events → a tree of scalars as written: resolving them is what loses `1.10` and `on`."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import yaml

from cpctl.core.text import Source, Style, Text, text
from cpctl.document.node import ANY, Mapping, Node, cut_before, is_nothing, unreadable
from cpctl.document.trouble import Trouble
from cpctl.document.yaml_words import explain, untagged

DEPTH_LIMIT: Final = 16
NULLS: Final = frozenset(("null", "Null", "NULL", "~"))

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_BREAKS = "\x85\u2028\u2029"
_BREAK = re.compile(f"\r(?!\n)|[{_BREAKS}]")
_REST = " The rest was not read."
_BEGIN = "cpctl init writes one to start from; an overlay can be left out"
_NO_TEXT = ("a key must be text", "put it in quotes")
_NO_KEY = ("a key is missing before the colon", "write one")
_CUT = ("in { } a comma ends this value", "put it in quotes, or write what follows as key: value")
_MERGE = ("merge keys (<<) are not read", "use defaults:, or an overlay")
_UNALIASED = "write the value itself, or quote it if the * is meant"
_UNANCHORED = "remove it and use defaults:, or quote it if the & is meant"
_UNEMPTY = 'write one; "" is empty text, {} no entries, and a key that is not needed can go'

_SCALAR: Final = yaml.ScalarEvent
_MAPPING_END: Final = yaml.MappingEndEvent
_LIST_END: Final = yaml.SequenceEndEvent

_Event: TypeAlias = Any
"""PyYAML's events share no type that has `start_mark` and the rest."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What one file says, and what is wrong with how it says it; no root: it was not read."""

    root: Mapping | None
    troubles: tuple[Trouble, ...]
    nulls: tuple[tuple[Mapping, Text], ...] = ()
    """Each key that has `null`, and the mapping it stands in."""


class _EndOfReadingError(Exception):
    """A fault after which nothing can be read."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble.what)
        self.trouble = trouble._replace(what=trouble.what + _REST)


def read(source: Source) -> Reading:
    """One file's tree; every fault that can be gone round is collected on the way."""
    if source.text.startswith("\ufeff"):
        source = Source(source.name, source.text[1:])
    reader = _Reader(source)
    try:
        root = reader.document()
    except _EndOfReadingError as end:
        return Reading(None, (*reader.troubles, end.trouble))
    return Reading(root, tuple(reader.troubles), tuple(reader.nulls))


class _Reader:
    """The state of one pass over the events: where they come from, and what was wrong so far."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.troubles: list[Trouble] = []
        self.nulls: list[tuple[Mapping, Text]] = []
        self._next: Callable[[], _Event] = lambda: None

    def document(self) -> Mapping | None:
        self._refuse_breaks()
        try:
            self._next = yaml.CLoader(self.source.text).get_event
            self._next()
            return self._root(self._next())
        except (yaml.YAMLError, UnicodeEncodeError) as error:
            raise _EndOfReadingError(explain(error, self.source)) from None

    def _root(self, start: _Event) -> Mapping | None:
        if type(start) is yaml.StreamEndEvent:
            self._refuse_nothing()
            return None
        event = self._next()
        root = self._node(event, 0)
        self._refuse_more()
        if isinstance(root, Mapping):
            return root
        if is_nothing(root):
            self._refuse_nothing()
            return None
        what = "a list" if isinstance(root, list) else "a single value"
        what = f"expected keys and values at the top, got {what}"
        self._refuse(event.start_mark.index, what, "begin with `version: 1`")
        return None

    def _refuse_nothing(self) -> None:
        commented = "#" in self.source.text
        self._refuse(0, f"the file {'has only comments' if commented else 'is empty'}", _BEGIN)

    def _refuse_more(self) -> None:
        self._next()
        event = self._next()
        start: int = event.start_mark.index
        if type(event) is yaml.DocumentStartEvent:
            what = "a second document begins here (---); a file holds one." + _REST
            self._refuse(start, what, "give each its own file: -f A -f B")

    def _refuse_breaks(self) -> None:
        written = self.source.text
        if "\r" not in written and not any(sign in written for sign in _BREAKS):
            return
        for found in _BREAK.finditer(written):
            sign = f"{ord(found[0]):04X}"
            what = f"the character U+{sign} ends a line for YAML, but not for an editor"
            remedy = f'remove it, or write it in double quotes: "\\u{sign}"'
            self._refuse(found.start(), what, remedy)

    def _refuse(self, offset: int, what: str, remedy: str) -> None:
        self.troubles.append(Trouble(self.source, offset, what, remedy))

    def _node(self, event: _Event, depth: int) -> Node:
        kind = type(event)
        if kind is _SCALAR:
            return self._scalar(event)
        start = event.start_mark.index
        if kind is yaml.AliasEvent:
            self._refuse(start, "aliases (*) are not read", _UNALIASED)
            return unreadable(self._text(event, ""))
        self._refuse_properties(event)
        if depth == DEPTH_LIMIT:
            what = f"this is nested more than {DEPTH_LIMIT} levels deep."
            raise _EndOfReadingError(Trouble(self.source, start, what))
        if kind is yaml.MappingStartEvent:
            return self._mapping(depth + 1)
        return self._list(depth + 1)

    def _mapping(self, depth: int) -> Mapping:
        made, following, scalar = Mapping(), self._next, self._scalar
        while type(event := following()) is not _MAPPING_END:
            key = self._key(event, depth)
            if key is None:
                made.gaps[ANY] = self._text(event, "")
                self._skip(following(), depth)
                continue
            event = following()
            value = scalar(event) if type(event) is _SCALAR else self._node(event, depth)
            if key in made:
                self._refuse_twice(key, made)
            elif value:
                made[key] = value
            else:
                self._take_hollow(made, key, value)
        return made

    def _take_hollow(self, made: Mapping, key: Text, value: Node) -> None:
        """A value without content: `null` is noted, and nothing at all is not taken for it."""
        if value is None:
            self.nulls.append((made, key))
        elif is_nothing(value):
            value = None
            if cut := cut_before(key, made):
                made.gaps[key] = cut
                self._refuse(cut.start, *_CUT)
                return
            self._refuse(key.start, f"`{key}` has no value", _UNEMPTY)
        made[key] = value

    def _refuse_twice(self, key: Text, made: Mapping) -> None:
        what = f"`{key}` stands here twice; first in line {made.key(key).place.line}"
        self._refuse(key.start, what, "remove one of them")

    def _list(self, depth: int) -> list[Node]:
        made: list[Node] = []
        while type(event := self._next()) is not _LIST_END:
            item = self._node(event, depth)
            if item is None or is_nothing(item):
                start = event.start_mark.index
                self._refuse(start, "an item of this list is empty", 'remove it, or write ""')
            else:
                made.append(item)
        return made

    def _key(self, event: _Event, depth: int) -> Text | None:
        """The key, or None where it is refused."""
        key = self._scalar(event) if type(event) is _SCALAR else None
        return key if key and key != "<<" else self._odd_key(event, depth)

    def _odd_key(self, event: _Event, depth: int) -> Text | None:
        if type(event) is not _SCALAR:
            words = _NO_TEXT
            self._skip(event, depth)
        elif event.style or event.value in NULLS:
            return self._text(event, event.value)
        else:
            words = _MERGE if event.value else _NO_KEY
        self._refuse(event.start_mark.index, *words)
        return None

    def _skip(self, event: _Event, depth: int) -> None:
        """Go past a node that is not wanted, whatever is wrong in it."""
        troubles, nulls = len(self.troubles), len(self.nulls)
        self._node(event, depth)
        del self.troubles[troubles:], self.nulls[nulls:]

    def _scalar(self, event: _Event) -> Text | None:
        value, style = event.value, event.style
        if not style:
            if value in NULLS:
                return None
        elif style == '"' and not value.isprintable():
            self._refuse_control(event)
        if event.anchor is not None or event.tag is not None:
            self._refuse_properties(event)
        return text(value, self.source, event.start_mark.index, event.end_mark.index, style)

    def _refuse_control(self, event: _Event) -> None:
        if found := _CONTROL.search(event.value):
            what = f"the text holds the control character U+{ord(found[0]):04X}"
            self._refuse(event.start_mark.index, what, "remove it")

    def _refuse_properties(self, event: _Event) -> None:
        start = event.start_mark.index
        if event.anchor is not None:
            self._refuse(start, "anchors (&) are not read", _UNANCHORED)
        if event.tag is not None:
            self._refuse(start, *untagged(self.source, start))

    def _text(self, event: _Event, value: str) -> Text:
        style: Style = getattr(event, "style", "")
        return text(value, self.source, event.start_mark.index, event.end_mark.index, style)
