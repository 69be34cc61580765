"""`file:PATH`: a file's whole text but for one final newline, as secret mounts hold it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from cpctl.errors import CpctlError

SCHEME = "file"


def fetch(path: str, _: Mapping[str, str]) -> str | None:
    try:
        text = Path(path).expanduser().read_bytes().decode()
    except FileNotFoundError:
        return None
    except UnicodeDecodeError:
        raise CpctlError(
            f"file:{path} is not UTF-8 text", remedy="store the secret as text"
        ) from None
    except OSError as error:
        reason = error.strerror or "unreadable"
        raise CpctlError(f"file:{path}: {reason}", remedy="make it readable for you") from None
    return text.removesuffix("\n")
