"""All faults of one load: a place that was blamed by one step is not blamed again by the next."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cpctl.core.text import Source
from cpctl.document.trouble import Trouble, raise_any


class Findings:
    """What is wrong so far."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self._sources = sources
        self._troubles: list[Trouble] = []
        self._blamed: set[tuple[Source, int]] = set()

    def add(self, troubles: Iterable[Trouble]) -> None:
        """The troubles of one step, except where an earlier one already spoke of the place."""
        new = [t for t in troubles if (t.source, t.offset) not in self._blamed]
        self._troubles += new
        self._blamed.update((t.source, t.offset) for t in new)

    def stop_if_any(self) -> None:
        """Raises InputError."""
        raise_any(self._troubles, self._sources)
