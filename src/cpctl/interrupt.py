"""Ctrl-C and SIGTERM: they stop at once what may stop, and are remembered where it may not.

A signal raises KeyboardInterrupt once. Whatever comes after it, while the work is being undone,
is only remembered: a second Ctrl-C must not break the undoing.

What is raised inside a finalizer is swallowed by Python, which calls sys.unraisablehook instead;
from there the signal comes again a moment later.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class _State:
    """One per process, as signals are."""

    shielded = False
    pending = False
    raised = False


LATER = 0.01
"""Seconds until a signal that was swallowed is sent again."""


def install() -> None:
    """What CI sends to end a job must undo as much as Ctrl-C does."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGALRM):
        signal.signal(number, _arrived)
    sys.unraisablehook = _swallowed


def _arrived(_: int, __: FrameType | None) -> None:
    _State.pending = True
    if not _State.shielded:
        checkpoint()


def _swallowed(unraisable: sys.UnraisableHookArgs) -> None:
    if unraisable.exc_type is KeyboardInterrupt:
        _State.raised = False
        signal.setitimer(signal.ITIMER_REAL, LATER)
    else:
        sys.__unraisablehook__(unraisable)


def checkpoint() -> None:
    """Raises KeyboardInterrupt for a signal that was remembered, unless one was raised before."""
    if _State.pending and not _State.raised:
        _State.raised = True
        raise KeyboardInterrupt


def no_more() -> None:
    """From here on no signal raises: what was done is done, and will be said."""
    _State.raised = True


def happened() -> bool:
    """Whether a signal has come at all."""
    return _State.pending


@contextmanager
def shielded() -> Iterator[None]:
    """Signals are remembered here, for the next checkpoint."""
    before, _State.shielded = _State.shielded, True
    try:
        yield
    finally:
        _State.shielded = before


@contextmanager
def exposed() -> Iterator[None]:
    """Inside a shielded region: here a signal raises at once, as does one that waits since."""
    before, _State.shielded = _State.shielded, False
    try:
        checkpoint()
        yield
    finally:
        _State.shielded = before
