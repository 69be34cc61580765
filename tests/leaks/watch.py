"""What others could see while cpctl runs: its statements in the server, its processes here."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread
from typing import Any

import psycopg

QUIET = "-c log_statement=none -c log_min_duration_statement=-1 -c pg_stat_statements.track=none"
"""A session of the test itself leaves nothing where the test looks."""

PAUSE = 0.002
"""Seconds between two looks."""

_ACTIVITY = b"""
select query from pg_stat_activity where pid <> pg_backend_pid() and query <> ''
and application_name <> 'the test'
"""


class Activity:
    """pg_stat_activity as a superuser sees it, every few milliseconds for the whole session."""

    def __init__(self, url: str) -> None:
        self._session: psycopg.Connection[Any] = psycopg.connect(
            url, autocommit=True, application_name="the test", options=QUIET
        )

    def close(self) -> None:
        self._session.close()

    @contextmanager
    def seen(self) -> Iterator[set[str]]:
        """Every statement that any session showed meanwhile."""
        found: set[str] = set()
        with _repeating(lambda: found.update(self._look())):
            yield found

    def _look(self) -> Iterator[str]:
        for (query,) in self._session.execute(_ACTIVITY).fetchall():
            yield str(query)


class Processes:
    """Command lines of every process, and the environments of those below one of ours."""

    def __init__(self) -> None:
        self.arguments: set[bytes] = set()
        self.environments: set[bytes] = set()
        self.root = 0
        self.looks = 0

    @contextmanager
    def seen(self, root: int) -> Iterator[None]:
        """Below `root`, whose own environment is the user's; `looks`: how often it was there."""
        self.root = root
        with _repeating(self._look):
            yield

    def _look(self) -> None:
        parents: dict[int, int] = {}
        for folder in Path("/proc").iterdir():
            if not folder.name.isdigit():
                continue
            with suppress(OSError, ValueError, IndexError):
                self.arguments.add((folder / "cmdline").read_bytes())
                stat = (folder / "stat").read_text().rpartition(")")[2].split()
                parents[int(folder.name)] = int(stat[1])
        self.looks += self.root in parents
        for pid in parents:
            if self._is_ours(pid, parents):
                with suppress(OSError):
                    self.environments.update(self._environment(pid))

    def _environment(self, pid: int) -> Iterator[bytes]:
        """Until a child has become its program it is a copy of ours, and has our environment."""
        arguments = Path(f"/proc/{pid}/cmdline").read_bytes()
        if arguments != Path(f"/proc/{self.root}/cmdline").read_bytes():
            yield Path(f"/proc/{pid}/environ").read_bytes()

    def _is_ours(self, pid: int, parents: dict[int, int]) -> bool:
        above = parents.get(pid, 0)
        while above and above != self.root:
            above = parents.get(above, 0)
        return above == self.root


@contextmanager
def _repeating(look: Callable[[], object]) -> Iterator[None]:
    end, failed = Event(), []

    def work() -> None:
        try:
            while not end.is_set():
                look()
                time.sleep(PAUSE)
        except BaseException as error:  # noqa: BLE001 - it is raised again, where the test sees it
            failed.append(error)

    thread = Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        end.set()
        thread.join()
    assert not failed, failed
