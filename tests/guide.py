"""The SQL of the Content Pipeline's setup guide, statement by statement: tests/corpus/guide.sql."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple


class Case(NamedTuple):
    """`heading`: the guide's own."""

    heading: str
    statement: str

    def __str__(self) -> str:
        return f"{self.heading}: {' '.join(self.statement.split())[:60]}"


def _cases() -> Iterator[Case]:
    text = (Path(__file__).parent / "corpus" / "guide.sql").read_text(encoding="utf-8")
    for part in re.split(r"^-- # ", text, flags=re.MULTILINE)[1:]:
        heading, _, statements = part.partition("\n")
        for statement in re.findall(r"(?:'[^']*'|[^;'])+;", statements):
            yield Case(heading, statement.strip())


CASES = tuple(_cases())
MONITORING = tuple(case for case in CASES if "'trigger_type' = 'scheduled'" in case.statement)
"""The queries that show what jobs have done."""
