"""Bad weather on the server's side: a clear message, the true exit code, the old state restored."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from ground import Cluster
from tests.faults import weather
from tests.faults.judge import Point, judge
from tests.faults.lane import APPLY, IN_SYNC, Lane
from tests.faults.messages import Message
from tests.faults.oracle import look, silent, truthful, whole
from tests.faults.proxy import Hook, Link, Proxy
from tests.faults.scenario import EARLY, FILE, NEW, OLD
from tests.faults.tally import Tally
from tests.runner import Done
from tests.servers import VERSIONS

HOSTILE = {
    "idle_in_transaction_session_timeout": "1ms",
    "transaction_timeout": "40ms",
    "statement_timeout": "20ms",
    "lock_timeout": "1ms",
}
GARBAGE = "this is = not 'a line"


def hostile(version: str) -> dict[str, str]:
    newer = ("transaction_timeout",)
    return {name: v for name, v in HOSTILE.items() if version != "15" or name not in newer}


def applied(lane: Lane, hook: Hook | None = None, *options: str) -> tuple[Done, Proxy]:
    with lane.behind(before=hook) as proxy:
        done = lane.through(proxy, *options)
    return done, proxy


def judged(lane: Lane, done: Done, mend: Callable[[], None] = lambda: None) -> str:
    """The oracle of every fault; and the words."""
    counts = Tally("")
    judge(counts, lane, done, Point("", ""), mend)
    counts.verdict()
    ((_, outcome),) = counts.outcomes
    return outcome


def nothing_written(lane: Lane, done: Done) -> None:
    assert done.code == 3, done
    assert "Refused: " in done.err + done.out
    assert "Remedy: " in done.err + done.out
    silent(done)
    seen = look(lane)
    whole(seen)
    assert seen.jobs_are == "old"
    assert not seen.astray(OLD)


def test_timeouts_of_the_role_do_not_end_an_apply(lane: Lane, version: str) -> None:
    with weather.role_has(lane, hostile(version)):
        done, _ = applied(lane)
        assert done.code == 0, done
        assert judged(lane, done) == "new"


def test_timeouts_that_its_own_reload_delivers_do_not_end_an_apply(
    lane: Lane, version: str
) -> None:
    """Written into the file by somebody else, and read by the reload that makes ours live."""
    lines = "\n".join(f"{name} = {value}" for name, value in hostile(version).items())
    with weather.conf(lane, lines):
        done, _ = applied(lane)
        assert done.code == 0, done
        assert not look(lane).astray(NEW)
    assert judged(lane, done) == "new"


def test_a_statement_that_takes_too_long_is_undone(lane: Lane) -> None:
    with weather.slow_jobs(lane):
        limits = ("--statement-timeout", "500ms", "--lock-timeout", "500ms")
        done, _ = applied(lane, None, *limits)
    assert done.code == 1, done
    assert done.seconds < 5
    assert "job.faults_added" in done.err
    assert judged(lane, done) == "old"


def test_a_lock_that_is_not_to_be_had_is_undone(lane: Lane) -> None:
    """Somebody holds one that only writing needs."""
    with lane.blocked("lock table cron.job in share row exclusive mode"):
        done, _ = applied(lane, None, "--lock-timeout", "500ms")
    assert done.code == 1, done
    assert done.seconds < 5
    assert "job.faults_added" in done.err
    assert "holds a lock" in done.err
    assert judged(lane, done) == "old"


@pytest.mark.parametrize("name", ["app.added", "app.changed"])
def test_a_disk_that_is_full_when_settings_are_written(lane: Lane, name: str) -> None:
    """From that one on, or from one before it: they are sent together."""
    full = partial(weather.full_disk, lane)
    done, _ = applied(lane, weather.once(f"ALTER SYSTEM SET {name}", full))
    assert done.code in (1, 7), done
    assert any(f"setting.{early} could not be set" in done.err for early in EARLY), done
    assert judged(lane, done) in ("old", "remainder")


def test_a_disk_that_is_full_when_a_job_is_written(lane: Lane) -> None:
    """Its command is larger than the room that the table has left."""
    lane.write(FILE.replace("SELECT 6", f"SELECT '{noise(20000)}'"))
    try:
        hook = weather.once("SELECT cron.schedule", partial(weather.full_disk, lane))
        done, _ = applied(lane, hook)
    finally:
        lane.write(FILE)
    assert done.code == 1, done
    assert "job.faults_added" in done.err
    assert judged(lane, done) == "old"


def noise(length: int) -> str:
    """What no compression makes smaller."""
    import random

    chance = random.Random(1)  # noqa: S311
    letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/"
    return "".join(chance.choices(letters, k=length))


def test_a_disk_that_is_full_at_the_commit(lane: Lane) -> None:
    """The server cannot write its log: it crashes, and comes back without the transaction."""

    def fill(link: Link, message: Message) -> None:
        if message.sql == "COMMIT" and proxy.progress.phase == "reload":
            weather.full_disk(lane, link)

    with lane.behind(before=fill) as proxy:
        done = lane.through(proxy, "--statement-timeout", "5s")
    lane.connect()
    assert judged(lane, done) == "old"


def test_a_line_that_cannot_be_read_before_the_apply(lane: Lane) -> None:
    with weather.conf(lane, GARBAGE):
        done, _ = applied(lane)
        nothing_written(lane, done)
        assert "postgresql.conf" in done.err + done.out


def test_a_line_that_cannot_be_read_during_the_apply(lane: Lane) -> None:
    with weather.conf(lane, ""):
        path = lane.cluster.data_directory / "postgresql.conf"
        clean = path.read_text("utf-8")

        def spoil(_: Link) -> None:
            path.write_text(f"{clean}\n{GARBAGE}\n", encoding="utf-8")

        def mend() -> None:
            path.write_text(clean, encoding="utf-8")
            lane.reload()

        done, _ = applied(lane, weather.once("SELECT pg_reload_conf()", spoil))
        assert done.code in (1, 7), done
        assert "postgresql.conf" in done.err or "configuration file" in done.err
        assert judged(lane, done, mend) in ("old", "remainder")


@pytest.mark.parametrize("version", [v for v in VERSIONS if v != "15"])
def test_alter_system_that_is_not_allowed(lane: Lane) -> None:
    with weather.conf(lane, "allow_alter_system = off"):
        lane.reload()
        done, _ = applied(lane)
        nothing_written(lane, done)
        assert "allow_alter_system" in done.err + done.out


@pytest.mark.parametrize("version", [v for v in VERSIONS if v != "15"])
def test_alter_system_that_is_forbidden_during_the_apply(lane: Lane) -> None:
    def forbid(_: Link) -> None:
        lane.reload()

    with weather.conf(lane, "allow_alter_system = off"):
        done, _ = applied(lane, weather.once("ALTER SYSTEM SET app.changed", forbid))
        assert done.code in (1, 7), done
        allowed = partial(allow_again, lane)
        assert judged(lane, done, allowed) in ("old", "remainder")


def allow_again(lane: Lane) -> None:
    path = lane.cluster.data_directory / "postgresql.conf"
    text = path.read_text("utf-8").replace("allow_alter_system = off", "")
    path.write_text(text, encoding="utf-8")
    lane.reload()


def test_a_standby_is_refused(lane: Lane, version: str) -> None:
    with Cluster(version, "faults-standby", source=lane.cluster) as standby:
        lane.start(APPLY, url=standby.url())
        done = lane.runner.done()
    nothing_written(lane, done)
    assert "standby" in done.err + done.out


def test_an_apply_that_nothing_disturbs(lane: Lane) -> None:
    """What the suites compare with."""
    done, proxy = applied(lane)
    lane.drain()
    assert truthful(look(lane), done, reachable=True) == "new"
    assert proxy.progress.phase == "RESET"
    assert lane.cpctl(IN_SYNC).code == 0
