"""`toys:` is functions as the kind has them. Tests drop it into `cpctl.document.expand`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cpctl.core.function_spec import Spec
from cpctl.core.text import Text
from cpctl.document.expand import Around, Entry, Expansion


def _expand(entries: Mapping[Text, Spec], _: Around) -> Iterable[Entry]:
    for name, spec in entries.items():
        yield Entry("functions", name, spec.model_dump(by_alias=True), name)


EXPANSION = Expansion(document_key="toys", spec=lambda: Spec, expand=_expand)
