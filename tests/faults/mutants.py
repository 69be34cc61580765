"""cpctl with one of its guards taken out, by name: what a suite must notice.

Nothing here runs in the test's process: the nursery's child calls it before the run.
"""

from __future__ import annotations

from collections.abc import Callable

MUTANTS: dict[str, Callable[[], None]] = {}
