"""What a broken connection has sent still happens, some time after it broke."""

from __future__ import annotations

import os
import signal
import time
from threading import Timer

from tests.faults.judge import WHOLE, Point, judge
from tests.faults.lane import Lane
from tests.faults.messages import Message
from tests.faults.proxy import Link, Proxy
from tests.faults.scenario import EARLY
from tests.faults.tally import Tally
from tests.runner import Done

LATER = 0.3
"""Seconds that the server's process sleeps on what it was sent."""


def test_settings_that_arrive_after_their_connection_broke(lane: Lane) -> None:
    done = asleep(lane, f"ALTER SYSTEM SET {EARLY[0]}", f"ALTER SYSTEM SET {EARLY[-1]}")
    assert done.code == 1, done
    assert judged(lane, done) == "old"


def test_removals_that_arrive_after_their_connection_broke(lane: Lane) -> None:
    done = asleep(lane, "ALTER SYSTEM RESET app.removed", "ALTER SYSTEM RESET app.removed_too")
    assert judged(lane, done) == "new"


def asleep(lane: Lane, first: str, last: str) -> Done:
    """The backend sleeps from the first statement on, and the network breaks after the last."""
    awake: list[Timer] = []

    def sleep(link: Link, message: Message) -> None:
        if not awake and message.sql and message.sql.startswith(first):
            idle(lane, link.pid)
            os.kill(link.pid, signal.SIGSTOP)
            awake.append(Timer(LATER, os.kill, (link.pid, signal.SIGCONT)))

    def lose(link: Link, message: Message) -> None:
        if awake and not lost and message.kind == "S" and last in said(proxy, link):
            lost.append(link)
            proxy.sever(link)
            awake[0].start()

    lost: list[Link] = []
    try:
        with lane.behind(before=sleep, after=lose) as proxy:
            done = lane.through(proxy, "--statement-timeout", "5s")
    finally:
        for timer in awake:
            timer.join()
    assert lost, "the connection did not break"
    return done


def idle(lane: Lane, pid: int) -> None:
    """Until it has done whatever it was sent before."""
    deadline = time.monotonic() + 10
    while lane.rows("select state from pg_stat_activity where pid = %s", pid) != [("idle",)]:
        assert time.monotonic() < deadline
        time.sleep(0.005)


def said(proxy: Proxy, link: Link) -> str:
    """The last statement of that connection."""
    ours = [p for p in proxy.progress.statements if p.connection == link.number]
    return ours[-1].message.sql or ""


def judged(lane: Lane, done: Done) -> str:
    counts = Tally("")
    judge(counts, lane, done, Point("", "", allowed=WHOLE))
    counts.verdict()
    ((_, outcome),) = counts.outcomes
    return outcome
