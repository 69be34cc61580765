"""Pure sugar: sections that become entries of kinds and own no state; one file here is one of them.

Dropping a file in is all that a new one takes: it defines `EXPANSION`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from cpctl.core.text import Text, Wrong

if TYPE_CHECKING:
    from cpctl.document.models import Head

PLAIN_NAME: Final = r"[A-Za-z_][A-Za-z0-9_]*"


class Entry(NamedTuple):
    """What an expansion makes: an entry of the kind with that `document_key`.

    `origin` is the key it was made from: errors point there unless a field has a place of its own.
    """

    document_key: str
    name: str
    fields: Mapping[str, Any]
    origin: Text


class Around(NamedTuple):
    """What stands beside the entries of an expansion: the head, and every section as checked."""

    head: Head
    sections: Mapping[str, Mapping[Text, Any]]


class Heading(NamedTuple):
    """A key at the top of the file that an expansion brings; `spec` gives its model."""

    key: str
    spec: Callable[[], type[Any]]
    description: str


def _content(*_: object) -> None:
    return None


class Expansion(NamedTuple):
    """One section of sugar: the model of its entries, what a name may be, and what they become.

    `spec` gives the model, and is asked only where there are entries.
    `judge` raises Wrong for an entry that does not fit what stands beside it. `heading`: what the
    file says once for all entries. Left out, it is None in the head's `headings`; where it is
    wrong, it is not there.
    """

    document_key: str
    spec: Callable[[], type[Any]]
    expand: Callable[[Mapping[Text, Any], Around], Iterable[Entry]]
    name_pattern: str = PLAIN_NAME
    judge: Callable[[Text, Any, Around], None] = _content
    heading: Heading | None = None


def check_name(expansion: Expansion, name: Text, _: object) -> None:
    """Raises Wrong."""
    if not re.fullmatch(expansion.name_pattern, name):
        raise Wrong(
            f'"{name}" is no name for one of {expansion.document_key}',
            "letters, digits and _, not beginning with a digit",
        )


@cache
def expansions() -> tuple[Expansion, ...]:
    """Every expansion of this package, by document key: the modules that define `EXPANSION`."""
    modules = (import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__))
    found = (module.EXPANSION for module in modules)
    return tuple(sorted(found, key=lambda expansion: str(expansion.document_key)))
