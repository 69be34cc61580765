"""One test for each thing that keeps an apply whole; `test_controls.py` takes them out in turn."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from threading import Thread

from tests.faults import weather
from tests.faults.judge import Point, judge
from tests.faults.lane import APPLY, IN_SYNC, KEY, Lane
from tests.faults.messages import Message
from tests.faults.oracle import look, silent, whole
from tests.faults.phases import Direction
from tests.faults.proxy import Hook, Link, Proxy
from tests.faults.scenario import FILE, JOBS_ONLY, NEVER, NEW, OLD
from tests.faults.tally import Tally
from tests.runner import Done

HOSTILE = {"idle_in_transaction_session_timeout": "1ms", "lock_timeout": "1ms"}


@contextmanager
def lock_held(lane: Lane) -> Iterator[None]:
    with lane.blocked(f"select pg_advisory_xact_lock({KEY})"):
        yield


def judged(lane: Lane, done: Done, *, killed: bool = False) -> str:
    counts = Tally("")
    judge(counts, lane, done, Point("", "", killed=killed))
    counts.verdict()
    ((_, outcome),) = counts.outcomes
    return outcome


def test_nothing_is_written_without_the_lock(lane: Lane) -> None:
    with lock_held(lane):
        done = lane.cpctl((*APPLY, "--lock-timeout", "500ms"))
    assert done.code == 4, done
    assert "Nothing was written" in done.err
    silent(done)
    assert not look(lane).astray(OLD)
    assert look(lane).jobs_are == "old"


def test_what_was_changed_while_it_waited_for_the_lock_is_seen(lane: Lane) -> None:
    """Somebody has done half of it by hand meanwhile, and taken a job that was to be changed."""
    with lock_held(lane):
        lane.start(APPLY)
        wait_for_the_lock(lane)
        lane.run("select cron.unschedule(4)")
        lane.run("select cron.unschedule(1)")
        lane.run(f"select cron.schedule('faults_added', '{NEVER}', 'SELECT 6')")
    done = lane.runner.done()
    assert done.code == 0, done
    assert lane.jobs() == NEW.jobs
    assert lane.cpctl(IN_SYNC).code == 0


def wait_for_the_lock(lane: Lane) -> None:
    deadline = time.monotonic() + 10
    while not lane.rows("select 1 from pg_locks where locktype = 'advisory' and not granted"):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_what_the_server_swallows_is_noticed_before_the_commit(lane: Lane) -> None:
    """Every call of pg_cron's says 1 row, whatever it did."""
    with weather.swallowing(lane):
        done = lane.cpctl(APPLY)
    assert done.code == 1, done
    assert "job.faults_changed" in done.err
    assert judged(lane, done) == "old"


def test_a_commit_whose_answer_is_lost_is_settled(lane: Lane) -> None:
    done = lost_at_commit(lane, "server")
    assert done.code == 0, done
    assert "Asked the server: " in done.out
    assert lane.jobs() == NEW.jobs


def test_a_commit_that_never_arrived_is_settled(lane: Lane) -> None:
    done = lost_at_commit(lane, "client")
    assert done.code == 1, done
    assert "undone" in done.err
    assert lane.jobs() == OLD.jobs


def test_a_commit_whose_answer_is_lost_in_a_restart_is_told_from_the_state(lane: Lane) -> None:
    """After a restart the transaction's number alone proves nothing: a crash gives it out again."""
    done = lost_at_commit(lane, "server", then=lambda: lane.restart("fast"))
    assert done.code == 0, done
    assert "Asked the server: " in done.out
    assert lane.jobs() == NEW.jobs


def lost_at_commit(lane: Lane, speaker: Direction, then: Callable[[], None] = lambda: None) -> Done:
    """Only connection A breaks, just before the COMMIT or just before its answer."""

    def lose(link: Link, message: Message) -> None:
        if message.sql != "COMMIT" or proxy.progress.phase != "write":
            return
        if speaker == "client":
            proxy.sever(link)
        else:
            proxy.deafen(link)

    later = Thread(target=once_committed, args=(lane, then))

    def go_on(_: Link, message: Message) -> None:
        if message.sql == "COMMIT" and speaker == "server" and not later.ident:
            later.start()

    lane.write(JOBS_ONLY)
    try:
        with lane.behind(before=lose, after=go_on) as proxy:
            done = lane.through(proxy)
        if later.ident:
            later.join()
        lane.drain()
        silent(done)
    finally:
        lane.write(FILE)
    return done


def once_committed(lane: Lane, then: Callable[[], None]) -> None:
    deadline = time.monotonic() + 10
    while lane.jobs() != NEW.jobs and time.monotonic() < deadline:
        time.sleep(0.01)
    then()


def test_settings_are_put_back_where_the_transaction_is_lost(lane: Lane) -> None:
    done = at_commit(lane, lambda link: lane.run("select pg_terminate_backend(%s)", link.pid))
    assert done.code == 1, done
    assert judged(lane, done) == "old"


def test_a_kill_before_the_commit_leaves_what_the_old_jobs_need(lane: Lane) -> None:
    done = at_commit(lane, lambda _: lane.runner.kill())
    assert done.code == -9, done
    lane.drain()
    whole(look(lane))
    assert judged(lane, done, killed=True) == "old, settings ahead"


def at_commit(lane: Lane, action: weather.Action) -> Done:
    """Everything is written and live; then this happens, and COMMIT comes too late."""

    def happen(proxy: list[Proxy], link: Link, message: Message) -> None:
        if message.sql == "COMMIT" and proxy[0].progress.phase in ("SET", "reload"):
            action(link)
            proxy[0].sever(link)

    place: list[Proxy] = []
    hook: Hook = partial(happen, place)
    with lane.behind(before=hook) as proxy:
        place.append(proxy)
        return lane.through(proxy)


def test_timeouts_of_the_role_do_not_end_an_apply(lane: Lane) -> None:
    with weather.role_has(lane, HOSTILE):
        done = lane.cpctl(APPLY)
    assert done.code == 0, done
    assert judged(lane, done) == "new"
