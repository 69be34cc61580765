"""One point after its fault: look, judge, apply once more, and count."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from tests.faults.lane import Lane
from tests.faults.oracle import Seen, converges, look, silent, truthful, whole
from tests.faults.scenario import NEW, OLD
from tests.faults.tally import Tally
from tests.runner import Done

WHOLE = ("old", "new", "settled new")


class Point(NamedTuple):
    """A fault that was met. `reachable`: the program could ask the server afterwards.

    `killed`: it had no chance to say anything. `allowed`: the outcomes there may be, if not any:
    where the fault was over at once, a new connection could do whatever was left to do.
    """

    what: object
    phase: str
    reachable: bool = True
    killed: bool = False
    allowed: tuple[str, ...] = ()


def judge(
    counts: Tally,
    lane: Lane,
    done: Done,
    point: Point,
    mend: Callable[[], None] = lambda: None,
) -> None:
    """`mend` ends the fault, where it lasts, before the apply that must converge."""
    try:
        outcome = _judged(lane, done, point, mend)
    except AssertionError as wrong:
        counts.fail(point.what, point.phase, wrong)
    else:
        counts.count(point.phase, outcome)


def _judged(lane: Lane, done: Done, point: Point, mend: Callable[[], None]) -> str:
    if point.killed:
        assert lane.lock_is_free(within=1), "the lock is not free within a second"
    lane.drain()
    seen = look(lane)
    try:
        whole(seen)
        if point.killed and done.code < 0:
            silent(done)
            outcome = state_of(seen)
        else:
            outcome = truthful(seen, done, reachable=point.reachable)
            narrow = point.allowed and outcome not in point.allowed
            assert not narrow, f"{outcome}, where nothing stood in the way"
    except AssertionError as wrong:
        raise AssertionError(f"{wrong}\n    {done.err.strip()}") from None
    mend()
    converges(lane)
    return outcome


def state_of(seen: Seen) -> str:
    """Where a process that could say nothing has left the database."""
    if not seen.astray(OLD if seen.jobs_are == "old" else NEW):
        return seen.jobs_are
    return "old, settings ahead" if seen.jobs_are == "old" else "new, settings left"
