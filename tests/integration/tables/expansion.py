"""`stalls:` is tables as the kind has them. Tests drop it into `cpctl.document.expand`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cpctl.core.table_spec import Spec
from cpctl.core.text import Text
from cpctl.document.expand import Around, Entry, Expansion


def _expand(entries: Mapping[Text, Spec], _: Around) -> Iterable[Entry]:
    for name, spec in entries.items():
        yield Entry("tables", name, spec.model_dump(by_alias=True), name)


EXPANSION = Expansion(document_key="stalls", spec=lambda: Spec, expand=_expand)
