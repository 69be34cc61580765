"""`pairs:` is two lamps of one colour. test_new_kind.py drops it into `cpctl.document.expand`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pydantic import BaseModel, ConfigDict

from cpctl.core.text import Text
from cpctl.document.expand import Around, Entry, Expansion


class Pair(BaseModel):
    """Two lamps."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    colour: str


def _expand(entries: Mapping[Text, Pair], _: Around) -> Iterable[Entry]:
    for name, pair in entries.items():
        for side in ("left", "right"):
            yield Entry("lamps", f"toy_{name}_{side}", {"colour": pair.colour}, name)


EXPANSION = Expansion(document_key="pairs", spec=lambda: Pair, expand=_expand)
