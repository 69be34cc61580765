"""A connection that breaks at any byte: before or after, never between, and the truth about it."""

from __future__ import annotations

from functools import partial

from tests.faults.judge import WHOLE, Point, judge
from tests.faults.lane import Lane
from tests.faults.phases import PHASES, Passed
from tests.faults.points import every, sample
from tests.faults.proxy import Cut, How
from tests.faults.tally import NOT_REACHED, Tally, tally
from tests.faults.work import ALL, SEED, spread

PATIENCE = {"reset": ("2s", "5s"), "black hole": ("500ms", "1s")}
"""How long a statement and the lock may take: most of a black hole is waiting for that.

In milliseconds all that comes of them has four digits: whoever waits, as many bytes pass.
"""


ALLOWED = {"reset": WHOLE, "black hole": (*WHOLE, "unknown, old", "unknown, new")}
"""Where new connections get through. Half a second may be too short to settle anything."""


def clean_run(lane: Lane) -> list[Passed]:
    """Every message of an apply that nothing disturbs."""
    lane.restore()
    with lane.behind() as proxy:
        done = lane.through(proxy, *limits("reset"))
    assert done.code == 0, done
    return proxy.progress.passed


def limits(how: How) -> tuple[str, ...]:
    statement, lock = PATIENCE[how]
    return ("--statement-timeout", statement, "--lock-timeout", lock)


def broken(counts: Tally, lane: Lane, cut: Cut) -> None:
    """One point: break it, look, judge what was said, and apply once more."""
    lane.restore()
    with lane.behind(cut) as proxy:
        done = lane.through(proxy, *limits(cut.how))
    reachable = cut.after == "open"
    allowed = ALLOWED[cut.how] if reachable else ()
    judge(counts, lane, done, Point(cut, proxy.broke_at, reachable=reachable, allowed=allowed))


def test_a_connection_may_break_at_any_byte(lanes: list[Lane], version: str) -> None:
    passed = clean_run(lanes[0])
    counts = tally(f"PostgreSQL {version}: connections cut (seed {SEED})")
    points = every(passed, SEED) if ALL else sample(passed, SEED)
    spread(lanes, points, partial(broken, counts), counts)
    counts.verdict()
    assert [phase for phase in PHASES if not counts.phase(phase)] == [], "phases that no cut hit"
    for outcome in ("old", "new", "settled new", "remainder"):
        assert counts.outcome(outcome), f"no cut led to: {outcome}"
    assert counts.outcome("unknown, old") + counts.outcome("unknown, new"), "no cut led to exit 6"
    assert counts.phase(NOT_REACHED) <= counts.points // 20
