"""Runs of cpctl as processes of their own, forked by the nursery."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import mkdtemp
from threading import Lock
from types import TracebackType
from typing import NamedTuple, Self

ROOT = Path(__file__).parents[1]
TOO_LONG = -999
"""Instead of an exit code."""


class Result(NamedTuple):
    """One run of the cpctl program."""

    code: int
    out: str
    err: str


def as_program(
    arguments: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
    stdin: str | None = None,
    before: Sequence[str] = (),
) -> Result:
    """The program as a shell starts it; `before` is a command to start it with."""
    done = subprocess.run(
        [*before, sys.executable, "-m", "cpctl", *arguments],
        cwd=folder,
        env=dict(environment),
        input=stdin,
        stdin=None if stdin is not None else subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return Result(done.returncode, done.stdout, done.stderr)


class Done(NamedTuple):
    """A run that is over. `code` is negative where a signal ended it."""

    code: int
    out: str
    err: str
    seconds: float

    @property
    def said(self) -> str:
        return self.out + self.err


@dataclass(slots=True)
class Nursery:
    """The process that forks; one for a whole test run.

    `path`: where it looks for modules first.
    """

    folder: Path
    path: Sequence[Path] = ()
    process: subprocess.Popen[str] = field(init=False)

    def __enter__(self) -> Self:
        paths = os.pathsep.join(map(str, (*self.path, ROOT / "tools", ROOT)))
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.nursery", str(self.socket)],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": paths},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout
        assert self.process.stdout.readline() == "ready\n", "the nursery did not start"
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(10)

    @property
    def socket(self) -> Path:
        return self.folder / "nursery"


@dataclass(slots=True)
class Runner:
    """One lane's connection to the nursery: one run at a time, by whoever has its `turn`."""

    nursery: Nursery
    folder: Path
    turn: Lock = field(init=False, default_factory=Lock)
    control: socket.socket = field(init=False)
    pid: int = field(init=False, default=0)
    _running: bool = field(init=False, default=False)
    _started: float = field(init=False, default=0.0)
    _status: bytes = field(init=False, default=b"")

    def __post_init__(self) -> None:
        self.control = socket.socket(socket.AF_UNIX)
        self.control.connect(str(self.nursery.socket))

    def beside(self) -> Self:
        """Another of the same nursery, for a run at the same time."""
        return replace(self, folder=Path(mkdtemp(dir=self.folder)))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.abandon()
        self.control.close()

    def run(
        self,
        arguments: Sequence[str],
        folder: Path,
        environment: Mapping[str, str],
        stdin: str | None = None,
    ) -> Result:
        """The same answer as that of `as_program`."""
        self.start(arguments, environment=environment, folder=folder, stdin=stdin)
        done = self.done(120)
        return Result(done.code, done.out, done.err)

    def start(
        self,
        *commands: Sequence[str],
        environment: Mapping[str, str],
        mutants: Sequence[str] = (),
        folder: Path | None = None,
        stdin: str | None = None,
    ) -> None:
        """Begin one run of these commands, each of which must end well for the next.

        `folder`: where it runs, if not where its output is kept.
        """
        self.abandon()  # a test failed while it ran
        known = {"PATH": os.environ["PATH"], "HOME": str(self.folder), **environment}
        given = self.folder / "in"
        if stdin is not None:
            given.write_bytes(stdin.encode())
        request = {
            "commands": [list(command) for command in commands],
            "environment": known,
            "folder": str(folder or self.folder),
            "in": os.devnull if stdin is None else str(given),
            "out": str(self.folder / "out"),
            "err": str(self.folder / "err"),
            "mutants": list(mutants),
        }
        self._started, self._status = time.monotonic(), b""
        self.control.sendall(f"{json.dumps(request)}\n".encode())
        self.pid, self._running = int(self._line(30)), True

    def fileno(self) -> int:
        """Readable once the run is over."""
        return self.control.fileno()

    @property
    def over(self) -> bool:
        """Whether there is nothing to wait for in `done`; its end may have been read already."""
        return b"\n" in self._status or bool(select.select([self], [], [], 0)[0])

    def abandon(self) -> None:
        """End a run that nobody waits for any more."""
        if self._running:
            self.kill()
            self.done()

    def kill(self, number: int = signal.SIGKILL) -> None:
        """Reaches only the run of ours: its pid is held until `done`."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def done(self, timeout: float = 60) -> Done:
        """Wait for the end of the run; one that takes too long is killed, and fails the test."""
        try:
            code = int(self._line(timeout))
        except TimeoutError:
            self.kill()
            self._line(10)
            code = TOO_LONG
        seconds = time.monotonic() - self._started
        self.control.sendall(b"\n")
        self._running = False
        out, err = (
            (self.folder / name).read_text(encoding="utf-8", errors="replace")
            for name in ("out", "err")
        )
        return Done(code, out, err, seconds)

    def close(self) -> None:
        self.control.close()

    def _line(self, timeout: float) -> bytes:
        self.control.settimeout(timeout)
        while b"\n" not in self._status:
            more = self.control.recv(100)
            assert more, "the nursery is gone"
            self._status += more
        line, _, self._status = self._status.partition(b"\n")
        return line
