"""What a document can consist of: the kinds and the expansions that a scan of the package finds."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator
from functools import partial
from operator import attrgetter
from typing import Any, NamedTuple

from pydantic import BaseModel

from cpctl.core.kind import Kind
from cpctl.core.text import Text
from cpctl.document.expand import Expansion, Heading, check_name, expansions
from cpctl.document.interpolate import Raw
from cpctl.kinds import registry


class Section(NamedTuple):
    """A mapping of entries in the file, be they a kind's or an expansion's.

    `spec` gives the model of an entry, and is asked only where there are entries.
    """

    document_key: str
    spec: Callable[[], type[BaseModel]]
    check: Callable[[Text, Any], None]

    @property
    def companions(self) -> tuple[tuple[str, str], ...]:
        """Pairs of a field and the one that names a file for it."""
        fields = self.spec().model_fields
        return tuple((name, f"{name}_file") for name in fields if f"{name}_file" in fields)


class Parts(NamedTuple):
    """Every kind and every expansion that a file may use, and the pg_cron it is for.

    `unread`: sections whose variables may be missing, because nobody will look at their values.
    """

    kinds: tuple[Kind, ...]
    expansions: tuple[Expansion, ...]
    pg_cron: str = ""
    unread: tuple[str, ...] = ()

    def sections(self) -> Iterator[Section]:
        for sugar in self.expansions:
            yield Section(sugar.document_key, sugar.spec, partial(check_name, sugar))
        for kind in filter(attrgetter("written"), self.kinds):
            yield Section(kind.document_key, kind.spec, partial(_check_entry, kind, self.pg_cron))

    def headings(self) -> Iterator[Heading]:
        return (sugar.heading for sugar in self.expansions if sugar.heading is not None)

    def defaults(self) -> tuple[type[BaseModel], ...]:
        return tuple(kind.defaults for kind in self.kinds if kind.defaults is not None)

    def kind(self, document_key: str) -> Kind:
        return next(kind for kind in self.kinds if kind.document_key == document_key)


def _check_entry(kind: Kind, pg_cron: str, key: Text, made: object) -> None:
    """Raises Wrong."""
    kind.check(key, made)
    kind.judge(key, made, pg_cron)


def known_parts(pg_cron: str = "", unread: tuple[str, ...] = ()) -> Parts:
    """Every part there is; `pg_cron`: the version that entries are judged for, empty for any."""
    return Parts(registry(), expansions(), pg_cron, unread)


def raw_parts(parts: Parts, written: Container[str]) -> Raw:
    """Where `${` means nothing, for a whole file with the keys `written`."""
    below = {
        section.document_key: Raw(each=Raw(_raw_fields(section.spec())))
        for section in parts.sections()
        if section.document_key in written
    }
    fields = frozenset[str]().union(*map(_raw_fields, parts.defaults()))
    return Raw(below={**below, "defaults": Raw(fields)})


def _raw_fields(model: type[BaseModel]) -> frozenset[str]:
    fields = model.model_fields.items()
    return frozenset(name for name, field in fields if _is_raw(field.json_schema_extra))


def _is_raw(extra: object) -> bool:
    return isinstance(extra, dict) and extra.get("interpolate") is False
