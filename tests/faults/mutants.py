"""cpctl with one of its guards taken out, by name: what the tests must notice.

The nursery's child calls one of these before it runs; nothing of it runs in the test's process.
`python tests/faults/mutants.py` shows which test kills which mutant.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any

MUTANTS: dict[str, Callable[[], None]] = {}


def mutant(name: str) -> Callable[[Callable[[], None]], Callable[[], None]]:
    def known(function: Callable[[], None]) -> Callable[[], None]:
        MUTANTS[name] = function
        return function

    return known


def replace(place: str, name: str, with_: Any) -> Any:
    """What it was; fails loudly where it has moved."""
    *path, last = name.split(".")
    owner: Any = sys.modules[place]
    for part in path:
        owner = getattr(owner, part)
    before = getattr(owner, last)
    setattr(owner, last, with_)
    return before


@mutant("no lock")
def _no_lock() -> None:
    """Each process takes a lock that is nobody else's."""
    replace("cpctl.postgres.transaction", "LOCK", os.getpid())


@mutant("no plan under the lock")
def _no_plan_under_the_lock() -> None:
    """What was planned before is done, whatever happened meanwhile."""

    def stale(task: Any, session: Any, scene: Any, approved: Any, options: Any) -> Any:
        replace("cpctl.apply", "plan_again", lambda *_: approved)
        return honest(task, session, scene, approved, options)

    honest = replace("cpctl.apply", "apply", stale)


@mutant("no verifying")
def _no_verifying() -> None:
    from cpctl.errors import CpctlError

    def trusting(task: Any, session: Any, scene: Any, fresh: Any, *rest: Any) -> Any:
        try:
            return honest(task, session, scene, fresh, *rest)
        except CpctlError:
            return fresh.actual

    honest = replace("cpctl.apply", "verify", trusting)


@mutant("no settling: taken for committed")
def _taken_for_committed() -> None:
    replace("cpctl.fate", "settle", lambda *_: "committed")


@mutant("no settling: taken for aborted")
def _taken_for_aborted() -> None:
    replace("cpctl.fate", "settle", lambda *_: "aborted")


@mutant("no settling: unknown")
def _taken_for_unknown() -> None:
    replace("cpctl.fate", "settle", lambda *_: "unknown")


@mutant("no putting back")
def _no_putting_back() -> None:
    def nothing(self: Any) -> tuple[()]:
        self.touched = []
        return ()

    replace("cpctl.postgres.system", "SystemChannel.put_back", nothing)


@mutant("RESETs before the commit")
def _resets_before_the_commit() -> None:
    def hasty(planned: Any) -> Any:
        work = honest(planned)
        return work._replace(early=(*work.early, *work.late), late=())

    honest = replace("cpctl.apply", "_work", hasty)


@mutant("no SET LOCAL")
def _no_set_local() -> None:
    from cpctl.core.kind import Query

    for place in ("session", "transaction", "system"):
        replace(
            f"cpctl.postgres.{place}", "configure", lambda *_, **__: Query("configure", "SELECT 1")
        )


def main() -> int:
    """Each guard has a test of its own, which is red without it."""
    import pytest

    return int(pytest.main(["tests/faults/test_controls.py", "-q", "-p", "no:cacheprovider"]))


if __name__ == "__main__":
    sys.exit(main())
