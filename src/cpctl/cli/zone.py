"""The time zone of whoever sits at this terminal."""

from __future__ import annotations

import os
from pathlib import Path

LOCALTIME = Path("/etc/localtime")


def local_zone() -> str:
    """`Europe/Berlin`, from TZ or from what the machine's clock is linked to; empty: not known."""
    if named := os.environ.get("TZ", "").lstrip(":"):
        return named
    try:
        target = str(LOCALTIME.readlink())
    except OSError:
        return ""
    return target.partition("/zoneinfo/")[2]
