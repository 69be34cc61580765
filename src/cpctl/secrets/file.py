"""`file:PATH`: a file's whole text but for one final newline, as secret mounts hold it."""

from __future__ import annotations

from cpctl.secrets.parts.around import Around
from cpctl.secrets.parts.private import read_private

SCHEME = "file"
WAITS = True


def fetch(path: str, _: Around) -> bytes | None:
    data = read_private(path, f"file:{path}")
    return None if data is None else data.removesuffix(b"\n")
