"""One line a step for whoever waits, and one clear sentence for whoever it fails."""

import fcntl
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

_ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "LC_ALL": "C.UTF-8",
    "DEBIAN_FRONTEND": "noninteractive",
} | {name: value for name, value in os.environ.items() if name.lower().endswith("_proxy")}


class Failure(Exception):
    """Says what could not be done and what would help; its text is all that is shown."""


@contextmanager
def step(text: str) -> Iterator[None]:
    started = time.monotonic()
    print(f"{text} ... ", end="", file=sys.stderr, flush=True)
    try:
        yield
    except BaseException:
        print("failed", file=sys.stderr, flush=True)
        raise
    print(f"{time.monotonic() - started:.1f} s", file=sys.stderr, flush=True)


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Two runs at once must not build the same thing: the second waits for the first."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with step(f"waiting for another run that holds {path}"):
                fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def run(argv: Sequence[str]) -> str:
    """Programs get the same small environment everywhere, so that no shell setting leaks in."""
    done = subprocess.run(
        argv,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=_ENVIRONMENT,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if done.returncode:
        last = "\n  ".join(done.stdout.strip().splitlines()[-12:])
        raise Failure(f"{' '.join(argv)}\n  exited with {done.returncode}:\n  {last}")
    return done.stdout
