"""Files that a command writes: whole or not at all, since somebody may be reading them."""

from __future__ import annotations

import os
import stat
from pathlib import Path


def write_whole(path: Path, text: str) -> None:
    """By a rename, so that no reader meets half a text; a device or pipe is written as it is.

    A new file gets what the umask leaves, an old one keeps its mode. Raises OSError.
    """
    mode = path.stat().st_mode if path.exists() else stat.S_IFREG | 0o666
    if not stat.S_ISREG(mode):
        path.write_text(text, encoding="utf-8")
        return
    path = path.resolve()
    beside = path.with_name(f".{path.name}.{os.urandom(4).hex()}")
    try:
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, stat.S_IMODE(mode))
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
