"""A process that has cpctl imported already, and forks for each run.

So every run is a real process of its own, which kill -9 really kills, at a twentieth of the price
of a start. Talked to by `runner.py`, over a socket, a line at a time.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import pkgutil
import select
import signal
import socket
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any


def main(path: str) -> None:
    """Serve lanes until stdin is closed, as the death of the test run does too."""
    _import_all()
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(64)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while True:
        ready, _, _ = select.select([listener, sys.stdin], [], [])
        if sys.stdin in ready:
            return
        lane, _ = listener.accept()
        if os.fork() == 0:
            listener.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            with suppress(OSError):  # the test run has ended before its last run of cpctl
                serve(lane)
            os._exit(0)
        lane.close()


def _import_all() -> None:
    """Whatever a run might import, so that no child pays for it."""
    package = importlib.import_module("cpctl")
    for module in pkgutil.walk_packages(package.__path__, "cpctl."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    importlib.import_module("tests.leaks.mutants")
    gc.collect()
    gc.freeze()


def serve(lane: socket.socket) -> None:
    """One run after the other. The dead stay zombies until the next one: a pid is never reused."""
    lines = lane.makefile("r", encoding="utf-8")
    for line in lines:
        request = json.loads(line)
        pid = os.fork()
        if pid == 0:
            lane.close()
            become(request)
        lane.sendall(f"{pid}\n".encode())
        found = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        assert found is not None
        died = found.si_status if found.si_code == os.CLD_EXITED else -found.si_status
        lane.sendall(f"{died}\n".encode())
        lines.readline()
        os.waitpid(pid, 0)


def become(request: Mapping[str, Any]) -> None:
    """Be cpctl: this environment, this folder, these files as stdout and stderr."""
    code = 99
    try:
        _dress(request)
        from cpctl.cli import run
        from cpctl.interrupt import install, shielded
        from tests.faults.mutants import MUTANTS
        from tests.leaks.mutants import LEAKS

        for name in request["mutants"]:
            (MUTANTS | LEAKS)[name]()
        install()
        with shielded():
            code = _runs(run, request["commands"])
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)


def _runs(run: Callable[[Sequence[str]], int], commands: Sequence[Sequence[str]]) -> int:
    """Each of the commands, until one does not end with 0."""
    code = 0
    for arguments in commands:
        code = run(arguments)
        if code:
            return code
    return code


def _dress(request: Mapping[str, Any]) -> None:
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["folder"])
    os.dup2(os.open(request["in"], os.O_RDONLY), 0)
    for number, name in ((1, "out"), (2, "err")):
        target = os.open(request[name], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(target, number)
        os.close(target)
    gc.disable()


if __name__ == "__main__":
    main(sys.argv[1])
