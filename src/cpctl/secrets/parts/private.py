"""A file that holds a secret: read whole, if others cannot write to it, nor read what is ours.

The rule is that of ssh for its keys, with one exception. What is not ours is not ours to mend, and
a mount that is read-only cannot be mended at all: Kubernetes and Docker show secrets as files of
root with mode 0644 or 0444 there, to containers that often run as root.
"""

from __future__ import annotations

import os
import shlex
import stat
from pathlib import Path

from cpctl.errors import CpctlError
from cpctl.secrets.parts.around import LIMIT


def read_private(path: str, reference: str) -> bytes | None:
    """Its bytes, up to what a secret may have; None where there is no such file.

    Raises CpctlError, without a word of what is in it.
    """
    try:
        with Path(path).expanduser().open("rb") as file:
            _check(path, reference, file.fileno())
            return file.read(LIMIT + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        reason = error.strerror or "unreadable"
    except RuntimeError:
        reason = "there is no such home directory"
    raise CpctlError(f"{reference}: {reason}", remedy="name a file that is readable for you")


def _check(path: str, reference: str, descriptor: int) -> None:
    """Of the open file, which no link can change any more. A pipe or a device is not judged."""
    status = os.fstat(descriptor)
    mode = stat.S_IMODE(status.st_mode)
    if not stat.S_ISREG(status.st_mode):
        return
    if mode & stat.S_IWOTH:
        what = f"{reference}: anybody may write to this file (mode {mode:04o})"
        raise CpctlError(what, remedy=f"chmod o-w {shlex.quote(path)}, and look who did")
    ours = status.st_uid == os.geteuid()
    if ours and mode & (stat.S_IRWXG | stat.S_IRWXO) and not _is_read_only(descriptor):
        what = f"{reference}: this file is not only yours to read (mode {mode:04o})"
        raise CpctlError(what, remedy=f"chmod 600 {shlex.quote(path)}")


def _is_read_only(descriptor: int) -> bool:
    return bool(os.fstatvfs(descriptor).f_flag & os.ST_RDONLY)
