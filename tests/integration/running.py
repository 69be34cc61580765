"""A cpctl that runs while the test does something to it, or to the server below it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Self

import psycopg

from tests.runner import TOO_LONG, Result
from tests.servers import AT_START, Database

SOON = {"15": "@reboot", "17": "1 seconds"}
"""A schedule whose run is seconds away, once `due` has been called."""

WAITER = (
    "select count(*) from pg_locks join pg_stat_activity using (pid) "
    "where not granted and application_name like 'cpctl%'"
)


class Running:
    """`cpctl` in the background; it is ended with the block that it was started for.

    Forked: a process of its own that signals really reach, without the start of an interpreter.
    """

    def __init__(self, database: Database, *arguments: str, **environment: str) -> None:
        known = _known(database, environment)
        assert database.runner, "there is nobody to fork it"
        assert not any(map(AT_START.match, known)), "too late for these variables"
        self._runner = database.runner.beside()
        self._runner.start(arguments, environment=known, folder=database.folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._runner.__exit__(kind, error, trace)

    @property
    def ended(self) -> bool:
        return self._runner.over

    def signal(self, number: int) -> None:
        self._runner.kill(number)

    def finish(self, timeout: float = 30) -> Result:
        """How it ended; it is an error if it does not."""
        done = self._runner.done(timeout)
        assert done.code != TOO_LONG, f"not at its end after {timeout} s: {done}"
        assert "Traceback" not in done.err, done.err
        return Result(done.code, done.out, done.err)


class Started:
    """The same as a shell starts it, with pipes: for what an interpreter does at its start."""

    def __init__(self, database: Database, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "cpctl", *arguments],
            cwd=database.folder,
            env=_known(database, {}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdout, self.process.stderr):
            if pipe is not None:
                pipe.close()

    @property
    def ended(self) -> bool:
        return self.process.poll() is not None

    def signal(self, number: int) -> None:
        self.process.send_signal(number)

    def finish(self, timeout: float = 30) -> Result:
        """How it ended; it is an error if it does not."""
        out, err = self.process.communicate(timeout=timeout)
        assert "Traceback" not in err, err
        return Result(self.process.returncode, out, err)


def _known(database: Database, environment: Mapping[str, str]) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(database.folder),
        "CPCTL_DATABASE_URL": database.url(),
        **database.environment,
        **environment,
    }


def until(true: Callable[[], object], what: str, timeout: float = 20) -> None:
    deadline = time.monotonic() + timeout
    while not true():
        assert time.monotonic() < deadline, f"never came: {what}"
        time.sleep(0.005)


def due(database: Database) -> None:
    """Let jobs run that are to run SOON: 15, which has no seconds, does so when it starts."""
    if database.version == "15":
        database.admin.close()
        database.cluster.restart()
        database.admin = psycopg.connect(database.url(), autocommit=True)


def until_it_waits(database: Database) -> None:
    """Until cpctl waits for a lock; pg_cron itself may wait for one at each full minute."""
    until(lambda: database.rows(WAITER)[0][0] > 0, "cpctl, waiting for a lock")


@contextmanager
def slow_logins(database: Database, seconds: float = 0.5) -> Iterator[None]:
    """Each new connection takes its time; so does a reload, until a fresh one shows the values."""
    _pre_auth_delay(database, f"= '{seconds:g}s'")
    try:
        yield
    finally:
        _pre_auth_delay(database, "to default")


def _pre_auth_delay(database: Database, value: str) -> None:
    loaded = "select pg_conf_load_time()"
    before = database.rows(loaded)
    database.run(f"alter system set pre_auth_delay {value}")
    database.run("select pg_reload_conf()")
    until(lambda: database.rows(loaded) != before, "the reload")


@contextmanager
def stopped(pid: int) -> Iterator[None]:
    """A process of the test's own server that stands still, and answers nobody."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


def setting_text(database: Database) -> str:
    path = database.cluster.data_directory / "postgresql.auto.conf"
    return path.read_text(encoding="utf-8")
