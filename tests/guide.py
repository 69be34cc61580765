"""The Content Pipeline's setup guide: its SQL and its HTTP calls, from tests/corpus."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

_CORPUS = Path(__file__).parent / "corpus"


class Case(NamedTuple):
    """`heading`: the guide's own."""

    heading: str
    statement: str

    def __str__(self) -> str:
        return f"{self.heading}: {' '.join(self.statement.split())[:60]}"


def calls() -> list[tuple[str, str, Any]]:
    """Each call of its API reference: method, target, and the answer that it shows."""
    text = (_CORPUS / "guide_calls.json").read_text(encoding="utf-8")
    return [(method, target, answer) for method, target, answer in json.loads(text)]


def _cases() -> Iterator[Case]:
    text = (_CORPUS / "guide.sql").read_text(encoding="utf-8")
    for part in re.split(r"^-- # ", text, flags=re.MULTILINE)[1:]:
        heading, _, statements = part.partition("\n")
        for statement in re.findall(r"(?:'[^']*'|[^;'])+;", statements):
            yield Case(heading, statement.strip())


CASES = tuple(_cases())
MONITORING = tuple(case for case in CASES if "'trigger_type' = 'scheduled'" in case.statement)
"""The queries that show what jobs have done."""
