"""A process that is killed at any moment: before or after, and nothing that stays locked."""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence
from functools import partial
from threading import Timer
from typing import NamedTuple

import pytest

from tests.faults.judge import WHOLE, Point, judge
from tests.faults.lane import Lane
from tests.faults.messages import Message
from tests.faults.phases import PHASES, Passed
from tests.faults.proxy import Link, Proxy
from tests.faults.tally import NOT_REACHED, Tally, tally
from tests.faults.work import ALL, SEED, spread

MOMENTS = 300 if ALL else 25
LATEST = 0.008
"""Seconds between a statement and the kill; the whole apply takes ten times as long."""

RESTARTS = ("fast", "immediate")


class Statement(NamedTuple):
    """The number of one that cpctl sends, and what happens to it."""

    number: int
    fault: str

    def __str__(self) -> str:
        return f"{self.fault} at statement {self.number}"


def clean_run(lane: Lane) -> tuple[list[Passed], float]:
    """Every statement of an apply that nothing disturbs, as the server's own log has them."""
    lane.restore()
    since = lane.log_position()
    with lane.behind() as proxy:
        done = lane.through(proxy)
    assert done.code == 0, done
    asked = proxy.progress.statements
    logged = lane.logged(since)
    assert len(logged) == len(asked), (logged, asked)
    for entry, passed in zip(logged, asked, strict=True):
        assert passed.message.sql, entry
        assert passed.message.sql.strip().splitlines()[0] in entry
    return asked, done.seconds


class Moment(NamedTuple):
    """Some time after a statement has passed: statements are what the moments are spread over."""

    number: int
    delay: float

    def __str__(self) -> str:
        return f"kill -9, {1000 * self.delay:.2f} ms after statement {self.number}"


def of_each_phase(asked: Sequence[Passed], each: int) -> list[int]:
    """Numbers of statements: all, or some of each phase."""
    if ALL:
        return list(range(len(asked)))
    chance = random.Random(SEED)  # noqa: S311
    numbers = [[n for n, p in enumerate(asked) if p.phase == phase] for phase in PHASES]
    return [n for found in numbers for n in chance.sample(found, min(each, len(found)))]


def killed_sometime(counts: Tally, lane: Lane, at: Moment) -> None:
    killer = Timer(at.delay, lane.runner.kill)

    def kill(_: Link, message: Message) -> None:
        if message.sql is not None and proxy.progress.asked == at.number + 1:
            killer.start()

    lane.restore()
    with lane.behind(after=kill) as proxy:
        done = lane.through(proxy, before_end=lambda: stop(killer))
    phase = proxy.progress.phase if done.code < 0 else NOT_REACHED
    judge(counts, lane, done, Point(at, phase, killed=True))


def stop(killer: Timer) -> None:
    killer.cancel()
    if killer.is_alive():
        killer.join()


def killed_after(counts: Tally, lane: Lane, at: Statement) -> None:
    """Once the server has been told to execute it, and nothing else."""

    def kill(link: Link, message: Message) -> None:
        if message.kind in "EQ" and proxy.progress.asked == at.number + 1:
            lane.runner.kill()
            proxy.sever(link)

    lane.restore()
    with lane.behind(after=kill) as proxy:
        done = lane.through(proxy)
    assert done.code == -9, done
    judge(counts, lane, done, Point(at, proxy.progress.phase, killed=True))


def broken_before(counts: Tally, lane: Lane, at: Statement) -> None:
    """Something happens to the server just before that statement reaches it."""
    phases: list[str] = []

    def fault(link: Link, message: Message) -> None:
        if message.sql is not None and proxy.progress.asked == at.number and not phases:
            phases.append(phase_of(proxy))
            harm(lane, link, at.fault)

    lane.restore()
    with lane.behind(before=fault) as proxy:
        done = lane.through(proxy, "--statement-timeout", "2s")
    phase = phases[0] if phases else NOT_REACHED
    judge(counts, lane, done, Point(at, phase, allowed=WHOLE))


def phase_of(proxy: Proxy) -> str:
    return proxy.progress.phase


def harm(lane: Lane, link: Link, fault: str) -> None:
    if fault in RESTARTS:
        lane.restart(fault)
        return
    assert link.pid, "the backend has not said its pid"
    lane.run("select pg_terminate_backend(%s, 5000)", link.pid)


def test_a_kill_at_any_moment(lanes: list[Lane], version: str) -> None:
    asked, _ = clean_run(lanes[0])
    chance = random.Random(SEED)  # noqa: S311
    counts = tally(f"PostgreSQL {version}: kill -9 at random moments (seed {SEED})")
    moments = [
        Moment(chance.randrange(len(asked)), chance.uniform(0, LATEST)) for _ in range(MOMENTS)
    ]
    spread(lanes, moments, partial(killed_sometime, counts), counts)
    counts.verdict()
    assert counts.points == MOMENTS
    assert counts.phase(NOT_REACHED) < MOMENTS / 2


def test_a_kill_after_each_statement(lanes: list[Lane], version: str) -> None:
    asked, _ = clean_run(lanes[0])
    counts = tally(f"PostgreSQL {version}: kill -9 after a statement")
    points = [Statement(number, "kill -9") for number in of_each_phase(asked, 2)]
    spread(lanes, points, partial(killed_after, counts), counts)
    counts.verdict()
    for outcome in ("old", "old, settings ahead", "new, settings left"):
        assert counts.outcome(outcome), f"no kill left: {outcome}"


@pytest.mark.parametrize("fault", ["terminate", *RESTARTS])
def test_a_server_that_goes_away_before_a_statement(
    lanes: list[Lane], version: str, fault: str
) -> None:
    asked, _ = clean_run(lanes[0])
    counts = tally(f"PostgreSQL {version}: {fault} before a statement")
    numbers = of_each_phase(asked, 1 if fault in RESTARTS else 2)
    points = [Statement(number, fault) for number in numbers]
    spread(lanes, points, partial(broken_before, counts), counts)
    counts.verdict()
    assert counts.points == len(numbers)
    assert not counts.phase(NOT_REACHED)


def test_each_statement_is_known(lanes: list[Lane]) -> None:
    """The suites above stand on this: statements are the same in every clean run."""
    first, again = (clean_run(lane)[0] for lane in itertools.islice(lanes, 2))
    assert [p.message.sql for p in first] == [p.message.sql for p in again]
