"""`command:PROGRAM ARGUMENTS`: what a program prints, but for one final newline; there is no shell.

The program reads nothing, and what it says on stderr is counted and thrown away: it may quote the
secret. It is a process group of its own, so that whatever it started is ended with it. It stays in
the terminal's session, which password managers know their users by.
"""

from __future__ import annotations

import os
import selectors
import shlex
import signal
import subprocess
import time
from contextlib import suppress
from functools import partial
from typing import Final, NamedTuple

from cpctl.core.references import arguments
from cpctl.core.text import Wrong
from cpctl.errors import CpctlError
from cpctl.secrets.parts.around import LIMIT, Around

SCHEME = "command"
WAITS = True

_CHUNK: Final = 65536
_CONNECTIONS: Final = frozenset({"CPCTL_DATABASE_URL", "DATABASE_URL", "PGPASSWORD"})
"""What lets cpctl into the database; a password manager has no use for it."""


class _Ran(NamedTuple):
    """`code`: None where its time was over. `complaints`: bytes on stderr."""

    code: int | None
    printed: bytes
    complaints: int


def fetch(rest: str, around: Around) -> bytes:
    words = _words(rest)
    ran = _run(words, around)
    if isinstance(ran, str):
        raise CpctlError(f"command:{rest}: {ran}", remedy="check its name, and PATH")
    if ran.code is None:
        what = f"command:{rest} took more than {around.seconds:g} s and was ended"
        more = "it has no input to wait for; CPCTL_SECRETS_TIMEOUT=60 gives it a minute"
        raise CpctlError(what, remedy=f"{_by_hand(words)} ({more})")
    if ran.code and len(ran.printed) <= LIMIT:
        raise CpctlError(f"command:{rest} {_failed(ran)}", remedy=_by_hand(words))
    return ran.printed.removesuffix(b"\n")


def _words(rest: str) -> list[str]:
    try:
        return arguments(rest)
    except Wrong as wrong:
        fault = wrong
    raise CpctlError(fault.what, remedy=fault.remedy)


def _by_hand(words: list[str]) -> str:
    return f"run it yourself and see: {shlex.join(words)}"


def _failed(ran: _Ran) -> str:
    code = ran.code or 0
    ended = f"failed with exit code {code}"
    if code < 0:
        with suppress(ValueError):
            ended = f"was ended by {signal.Signals(-code).name}"
    unseen = f"{ran.complaints} bytes on stderr are not shown: they may hold the secret"
    return f"{ended}; {unseen if ran.complaints else 'it wrote nothing to stderr'}"


def _run(words: list[str], around: Around) -> _Ran | str:
    """How it ended, or why it did not start."""
    known = {k: v for k, v in os.environ.items() if k not in around.hidden | _CONNECTIONS}
    try:
        with around.ends.guarding(partial(_start, words, known), _end) as process, process:
            try:
                return _drained(process, time.monotonic() + around.seconds)
            finally:
                _end(process)
    except FileNotFoundError:
        return f'there is no program "{words[0]}"'
    except OSError as error:
        return f"it could not be started: {error.strerror or 'unknown reason'}"


def _start(words: list[str], known: dict[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        words,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
        env=known,
        process_group=0,
    )


def _end(process: subprocess.Popen[bytes]) -> None:
    """Until it has been waited for, its number is nobody else's."""
    if process.returncode is None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)


def _drained(process: subprocess.Popen[bytes], deadline: float) -> _Ran:
    """Everything it prints, or as much as a secret may have; then how it ended, if in time."""
    printed, complaints = bytearray(), 0
    assert process.stdout is not None  # noqa: S101 - it was asked for
    assert process.stderr is not None  # noqa: S101
    with selectors.DefaultSelector() as selector:
        for pipe in (process.stdout, process.stderr):
            selector.register(pipe, selectors.EVENT_READ)
        while selector.get_map():
            left = deadline - time.monotonic()
            if left <= 0 or len(printed) > LIMIT:
                return _Ran(0 if left > 0 else None, bytes(printed), complaints)
            for key, _ in selector.select(left):
                chunk = os.read(key.fd, _CHUNK)
                if not chunk:
                    selector.unregister(key.fileobj)
                elif key.fileobj is process.stdout:
                    printed += chunk
                else:
                    complaints += len(chunk)
    return _Ran(_code(process, deadline), bytes(printed), complaints)


def _code(process: subprocess.Popen[bytes], deadline: float) -> int | None:
    """A program may close what it prints to, and go on."""
    try:
        return process.wait(max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        return None
