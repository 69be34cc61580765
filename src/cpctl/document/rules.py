"""What several entries, or an entry and the file's head, must be to each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cpctl.core.kind import Kind
from cpctl.core.scope import Scope
from cpctl.core.text import Text
from cpctl.document.trouble import Trouble, trouble_at

Declared = Sequence[tuple[Text, Any]]
"""Names, which know their place, and specs: what the file says, then what expansions add."""


def twins(kind: Kind, declared: Declared) -> Iterator[Trouble]:
    """Entries that are one thing on the server."""
    first: dict[object, Text] = {}
    for name, spec in declared:
        known = first.setdefault(kind.identity(name.lower() if kind.fold else name, spec), name)
        if known is not name:
            here = "" if known == name else f", here as `{name}`"
            what = f"{kind.name} `{known}` is declared twice: at {known.place} already{here}"
            yield trouble_at(name, what, "remove one of them")


def pretenders(kind: Kind, declared: Declared) -> Iterator[Trouble]:
    """Entries whose old name belongs to another one, so that it is not clear which is meant."""
    renamed = [(name, old) for name, spec in declared if (old := kind.formerly(name, spec))]
    if not renamed:
        return
    known = {kind.identity(name, spec): name for name, spec in declared}
    first: dict[object, Text] = {}
    for name, (identity, was) in renamed:
        if identity in known:
            what = f"{kind.name} `{name}` was `{was}`, which is declared too"
            where = known[identity].place
            yield trouble_at(was, f"{what}: at {where}", "remove that entry, or this line")
        elif first.setdefault(identity, name) is not name:
            what = f"{kind.name} `{name}` cannot have been `{was}`: `{first[identity]}` was"
            yield trouble_at(was, what, "remove this line, or that of the other one")


def outsiders(kind: Kind, declared: Declared, scope: Mapping[str, Scope]) -> Iterator[Trouble]:
    """Entries that the file could create and never remove: its own scope leaves them out."""
    globs = scope.get(kind.document_key)
    if globs is None:
        return
    for name, spec in declared:
        matched = kind.scope_name(name, spec)
        if isinstance(matched, str) and not globs.covers(matched):
            patterns = ", ".join(globs.patterns)
            what = f"{kind.name} `{matched}` is outside scope.{kind.document_key} ({patterns})"
            yield trouble_at(name, what, "add a pattern that takes it in, or rename it")
