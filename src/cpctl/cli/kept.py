"""What a command made outlives it, because the process ends with it.

Taking 100,000 jobs apart takes a twentieth of their plan's time, and gains nobody anything.
"""

from __future__ import annotations

_KEPT: list[object] = []


def keep(*made: object) -> None:
    """Leave it to the end of the process, which frees all memory at once."""
    _KEPT.extend(made)
