"""The Document: what the files say, checked and complete, before any database is asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from cpctl.core.inputs import Inputs
from cpctl.core.text import Source, Text
from cpctl.document.models import Head
from cpctl.document.node import Mapping as Tree
from cpctl.document.node import Node
from cpctl.document.overlay import merge
from cpctl.document.printed import printed_lines
from cpctl.document.tree import read
from cpctl.errors import Place


@dataclass(frozen=True)
class Document(Head):
    """Entries by document key and name, after expansion; each name is a Text with its origin.

    `inputs` covers the texts of all files read and the variables that were used.
    """

    entries: Mapping[str, Mapping[Text, Any]]
    sources: tuple[Source, ...] = field(repr=False)
    inputs: Inputs

    @property
    def files(self) -> tuple[str, ...]:
        return tuple(source.name for source in self.sources)

    def origin(self, document_key: str, name: str) -> Text:
        """The key that declares an entry: its own, or that of the sugar it was made from."""
        return self._origins[document_key][name]

    def place_of(self, document_key: str, name: str, attribute: str | None = None) -> Place:
        """Where an entry is declared, or the value of one of its attributes; `defaults` count."""
        if attribute is not None:
            for found in self._attributes(document_key, name, attribute):
                return found.place
        return self.origin(document_key, name).place

    def heading_place(self, section: str, key: str) -> Place | None:
        """Where a value of `expect` or another section at the top is written."""
        found = _below(self._tree.at(section), key)
        return found.place if isinstance(found, Text) else None

    def printed(self) -> str:
        """The merged files as one, each value with its origin; variables stay as written."""
        return "\n".join(printed_lines(self._tree)) + "\n"

    @cached_property
    def _origins(self) -> Mapping[str, Mapping[str, Text]]:
        return {key: {name: name for name in names} for key, names in self.entries.items()}

    @cached_property
    def _tree(self) -> Tree:
        """Read again when it is asked for, which is seldom: kept, it would fill the memory."""
        roots = (read(source).root for source in self.sources)
        return merge([root for root in roots if root is not None])[0]

    def _attributes(self, document_key: str, name: str, attribute: str) -> Iterator[Text]:
        for node in (_below(self._tree.at(document_key), name), self._tree.at("defaults")):
            if isinstance(node, Tree) and attribute in node:
                value = node.at(attribute)
                yield value if isinstance(value, Text) else node.key(attribute)


def _below(node: Node, name: str) -> Node:
    return node.at(name) if isinstance(node, Tree) else None
