"""A secret that occurs nowhere else in the world, and every way in which it could be written."""

from __future__ import annotations

import base64
import json
import secrets
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import quote, quote_plus

_HARD = "'\"\\ /+%$\u00e9&"
"""What quoting changes: each form of a canary with these in it is another text."""


@dataclass(frozen=True, slots=True)
class Canary:
    """`label`: whose secret it is. Of its halves, letters and digits, no quoting changes a sign."""

    label: str
    text: str
    halves: tuple[str, ...]
    forms: tuple[tuple[str, bytes], ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        known: dict[bytes, str] = {}
        for form, data in _forms(self):
            known.setdefault(data, form)
        object.__setattr__(self, "forms", tuple((form, data) for data, form in known.items()))


def canary(label: str, between: str = _HARD) -> Canary:
    halves = f"K{secrets.token_hex(9)}z", f"Q{secrets.token_hex(9)}v"
    return Canary(label, between.join(halves), halves)


def _forms(found: Canary) -> Iterator[tuple[str, bytes]]:
    """Those that are the same bytes count once."""
    text = found.text
    raw = text.encode()
    yield "plain", raw
    for number, half in enumerate(found.halves, 1):
        yield f"half {number}", half.encode()
    yield "JSON", json.dumps(text)[1:-1].encode()
    yield "JSON in UTF-8", json.dumps(text, ensure_ascii=False)[1:-1].encode()
    yield "URL", quote(text, safe="").encode()
    yield "URL with /", quote(text).encode()
    yield "URL with +", quote_plus(text).encode()
    yield "SQL ''", text.replace("'", "''").encode()
    yield "SQL E''", text.replace("\\", "\\\\").replace("'", "''").encode()
    yield "SQL E\\'", text.replace("\\", "\\\\").replace("'", "\\'").encode()
    yield "COPY", text.replace("\\", "\\\\").encode()
    yield "Python", repr(text)[1:-1].encode()
    yield "shell", shlex.quote(text).encode()
    yield "hex", raw.hex().encode()
    yield "HEX", raw.hex().upper().encode()
    for offset in range(3):
        yield f"base64 at {offset}", _base64(raw, offset)


def _base64(raw: bytes, offset: int) -> bytes:
    """The part that is the same whatever stands before and after it."""
    encoded = base64.b64encode(b"\0" * offset + raw)
    first = (offset * 8 + 5) // 6
    whole = (offset + len(raw)) * 8 // 6
    return encoded[first:whole]
