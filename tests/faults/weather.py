"""Things that happen to servers: each a fault that a test can bring about and end again."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from tests.faults.lane import Lane
from tests.faults.messages import Message
from tests.faults.proxy import Hook, Link

Action = Callable[[Link], None]


def once(pattern: str, action: Action) -> Hook:
    """The action just before the first statement that begins so reaches the server."""
    waiting = [action]

    def hook(link: Link, message: Message) -> None:
        if waiting and message.sql is not None and message.sql.startswith(pattern):
            waiting.pop()(link)

    return hook


@contextmanager
def conf(lane: Lane, lines: str) -> Iterator[None]:
    """Something else in postgresql.conf, which no reload has read yet."""
    path = lane.cluster.data_directory / "postgresql.conf"
    before = path.read_text("utf-8")
    with path.open("a", encoding="utf-8") as file:
        file.write(f"\n{lines}\n")
    try:
        yield
    finally:
        path.write_text(before, encoding="utf-8")
        lane.reload()


@contextmanager
def role_has(lane: Lane, settings: Mapping[str, str]) -> Iterator[None]:
    """What new sessions of the role begin with."""
    for name, value in settings.items():
        lane.run(f"alter role postgres set {name} = '{value}'")
    try:
        yield
    finally:
        lane.run("alter role postgres reset all")


def full_disk(lane: Lane, link: Link) -> None:
    """The backend can make no file longer. PostgreSQL treats that as it treats a full disk.

    So no file system has to be mounted. Only the server's own user may limit it.
    """
    assert lane.rows("select 1 from pg_stat_activity where pid = %s", link.pid)
    user, group = lane.cluster.release.owner()
    limit = ("prlimit", f"--pid={link.pid}", "--fsize=0:")
    subprocess.run(limit, user=user, group=group, extra_groups=(), check=True)


@contextmanager
def slow_jobs(lane: Lane) -> Iterator[None]:
    """A trigger of somebody's, which takes its time."""
    lane.run(
        "create function public.slow() returns trigger language plpgsql"
        " as $$ begin perform pg_sleep(20); return new; end $$"
    )
    lane.run(
        "create trigger slow before insert on cron.job for each row execute function public.slow()"
    )
    try:
        yield
    finally:
        lane.drain()
        lane.run("drop function public.slow() cascade")


@contextmanager
def swallowing(lane: Lane) -> Iterator[None]:
    """A trigger of somebody's, in which new schedules get lost without a word."""
    lane.run(
        "create function public.swallow() returns trigger language plpgsql"
        " as $$ begin new.schedule := old.schedule; return new; end $$"
    )
    lane.run(
        "create trigger swallow before update on cron.job"
        " for each row execute function public.swallow()"
    )
    try:
        yield
    finally:
        lane.drain()
        lane.run("drop function public.swallow() cascade")
