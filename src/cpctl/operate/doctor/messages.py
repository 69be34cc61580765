"""What servers and functions wrote, in one line: cut, and without what looks like a key."""

from __future__ import annotations

import re
from typing import Final

LONGEST: Final = 200
"""Characters that are shown."""

_LOOKED_AT: Final = 2000
_KEY: Final = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]*|sb_secret_[\w-]+", re.ASCII)
_BEARER: Final = re.compile(r"(bearer\s+)[A-Za-z0-9._~+/=-]{16,}", re.IGNORECASE)


def shown(message: str | None) -> str:
    """The message as it may be shown. An error page may repeat the headers of a request."""
    line = " ".join((message or "")[:_LOOKED_AT].split()) or "it left no message"
    line = _BEARER.sub(r"\1(key)", _KEY.sub("(key)", line))
    return line if len(line) <= LONGEST else f"{line[:LONGEST]}…"
