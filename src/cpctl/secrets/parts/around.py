"""What a source may look at besides its own reference, and what must end with the run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from threading import Lock
from typing import Final, NamedTuple, TypeVar

from cpctl.errors import CpctlError

LIMIT: Final = 1024 * 1024
"""Bytes of a secret. No source reads much more: it may be a device or a program without end."""

_Started = TypeVar("_Started")


class Ends:
    """What sources have started, so that all of it is ended when nobody waits any more."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._over = False
        self._ends: dict[object, Callable[[], None]] = {}

    @contextmanager
    def guarding(
        self, start: Callable[[], _Started], end: Callable[[_Started], None]
    ) -> Iterator[_Started]:
        """Start it; it is ended with the block, or before, by `all`.

        It is started under the lock, so that `all` never comes between a start and its end.
        """
        mark = object()
        with self._lock:
            if self._over:
                raise CpctlError("given up before it began")
            started = start()
            self._ends[mark] = partial(end, started)
        try:
            yield started
        finally:
            with self._lock:
                del self._ends[mark]
                end(started)

    def all(self) -> None:
        """End what runs, and let nothing begin."""
        with self._lock:
            self._over = True
            for end in self._ends.values():
                end()


class Around(NamedTuple):
    """One look-up. `variables`: the environment with the lines of --env-file.

    `hidden`: variables that hold secrets, which no program is to inherit. `seconds`: what one
    source may take.
    """

    variables: Mapping[str, str]
    hidden: frozenset[str]
    seconds: float
    ends: Ends
