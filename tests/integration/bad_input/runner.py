"""One Python that has cpctl loaded and forks for every run: 20 ms where a fresh process takes 350.

A test holds that both give the same answer.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from types import TracebackType
from typing import Any, Self

from tests.servers import Result

ROOT = Path(__file__).parents[3]


class Runner:
    """The helper process, kept for a whole test session."""

    def __init__(self) -> None:
        path = os.pathsep.join((str(ROOT), str(ROOT / "tools")))
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.integration.bad_input.runner"],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": path},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
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
        self._process.communicate(timeout=10)

    def run(
        self,
        arguments: Sequence[str],
        folder: Path,
        environment: Mapping[str, str],
        stdin: str | None = None,
    ) -> Result:
        asked = {"arguments": list(arguments), "folder": str(folder), "stdin": stdin}
        sent, received = self._process.stdin, self._process.stdout
        assert sent is not None
        assert received is not None
        print(json.dumps(asked | {"environment": dict(environment)}), file=sent, flush=True)
        return Result(*json.loads(received.readline()))


def as_program(
    arguments: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
    stdin: str | None = None,
    before: Sequence[str] = (),
) -> Result:
    """The same as a process of its own; `before` is a command to start it with."""
    done = subprocess.run(
        [*before, sys.executable, "-m", "cpctl", *arguments],
        cwd=folder,
        env=dict(environment),
        input=stdin,
        stdin=None if stdin is not None else subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return Result(done.returncode, done.stdout, done.stderr)


def _serve() -> None:
    import cpctl

    for found in walk_packages(cpctl.__path__, "cpctl."):
        if not found.name.endswith("__main__"):
            import_module(found.name)
    for line in sys.stdin:
        print(json.dumps(_answer(json.loads(line))), flush=True)


def _answer(asked: dict[str, Any]) -> tuple[int, str, str]:
    files = [os.memfd_create(name) for name in ("in", "out", "err")]
    os.write(files[0], (asked["stdin"] or "").encode())
    os.lseek(files[0], 0, os.SEEK_SET)
    child = os.fork()
    if child == 0:
        _become(asked, files)
    _, status = os.waitpid(child, 0)
    texts = []
    for file in files[1:]:
        os.lseek(file, 0, os.SEEK_SET)
        with os.fdopen(file, "rb") as read:
            texts.append(read.read().decode())
    os.close(files[0])
    return os.waitstatus_to_exitcode(status), texts[0], texts[1]


def _become(asked: dict[str, Any], files: Sequence[int]) -> None:
    """Turn this fork into `cpctl …`. Never returns."""
    from cpctl.__main__ import main

    for number, file in enumerate(files):
        os.dup2(file, number)
    for number, mode in ((1, "stdout"), (2, "stderr")):
        setattr(sys, mode, os.fdopen(os.dup(number), "w", encoding="utf-8"))
    sys.stdin = os.fdopen(os.dup(0), encoding="utf-8")
    os.environ.clear()
    os.environ.update(asked["environment"])
    os.chdir(asked["folder"])
    sys.argv = ["cpctl", *asked["arguments"]]
    code = 0
    try:
        main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException:  # noqa: BLE001
        sys.excepthook(*sys.exc_info())
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    _serve()
