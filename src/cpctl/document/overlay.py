"""Several files as one: what a later file says wins, and `key: null` takes a key out again."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Final

from cpctl.core.text import Text
from cpctl.document.node import Mapping, Node
from cpctl.document.tree import Reading
from cpctl.document.trouble import Trouble, trouble_at

FIRST_ONLY: Final = ("version", "name", "was")


def merge(roots: Sequence[Mapping]) -> tuple[Mapping, list[Trouble]]:
    """The first tree with the others laid over it, in place: nobody else holds it."""
    troubles: list[Trouble] = []
    for root in roots[1:]:
        troubles.extend(_refuse_identity(root))
        troubles.extend(_lay(root, roots[0]))
    return roots[0], troubles


def stray_nulls(first: Reading, nullable: Collection[str]) -> Iterator[Trouble]:
    """The nulls of the first file, but for entries of sections: their models decide."""
    sections = [value for key, value in (first.root or {}).items() if key in nullable]
    for mapping, key in first.nulls:
        if not any(mapping is section for section in sections):
            yield trouble_at(key, f"`{key}` is null", "give it a value, or remove the line")


def _refuse_identity(root: Mapping) -> Iterator[Trouble]:
    for key in [key for key in root if key in FIRST_ONLY]:
        del root[key]
        yield trouble_at(key, f"only the first file has `{key}`", "remove this line")


def _lay(over: Mapping, base: Mapping) -> Iterator[Trouble]:
    base.gaps.update(over.gaps)
    for key, value in over.items():
        if value is None:
            yield from _remove(key, base)
        elif isinstance(value, Mapping):
            yield from _lay_mapping(key, value, base)
        else:
            base.pop(key, None)  # so that the later key is kept, which knows the later place
            base[key] = value


def _remove(key: Text, base: Mapping) -> Iterable[Trouble]:
    if key in base:
        del base[key]
        base.gaps[key] = key
        return
    base[key] = None
    what = f"`{key}: null` removes nothing: no file before this one has it"
    yield trouble_at(key, what, "remove this line")


def _lay_mapping(key: Text, value: Mapping, base: Mapping) -> Iterator[Trouble]:
    below: Node = base.get(key)
    if not isinstance(below, Mapping):
        base[key] = below = Mapping()
    yield from _lay(value, below)
