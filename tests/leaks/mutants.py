"""cpctl with one thing that keeps a secret taken out, or with a leak of each kind put in, by name.

The nursery's child calls one of these before it runs; nothing of it runs in the test's process.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.faults.mutants import replace

LEAKS: dict[str, Callable[[], None]] = {}


def leak(name: str) -> Callable[[Callable[[], None]], Callable[[], None]]:
    def known(function: Callable[[], None]) -> Callable[[], None]:
        LEAKS[name] = function
        return function

    return known


@leak("no seal")
def _no_seal() -> None:
    """Values as they are, where digests should be."""
    replace("cpctl.secrets", "Secrets.seal", lambda _, value: value)


@leak("no COPY")
def _no_copy() -> None:
    """Secrets as parameters of their statements."""
    from cpctl.postgres.session import Message
    from cpctl.postgres.transaction import as_text

    def bound(sql: str, params: Any, fill: Any, _: Any) -> Message:
        return Message(sql, tuple(as_text(param, fill) for param in params))

    replace("cpctl.postgres.transaction", "hand_over", lambda *_: {})
    replace("cpctl.postgres.transaction", "_call", bound)


@leak("PostgreSQL's words")
def _postgresqls_words() -> None:
    """What the server says of a statement, whatever it carried."""
    honest: Any = None

    def told(self: Any, statement: Any, answer: Any, waited: float = 0.0) -> None:
        honest(self, statement, answer, waited)
        self.details = (answer.error,)

    honest = replace("cpctl.postgres.words", "StatementFailed.__init__", told)


@leak("the URL in an error")
def _the_url() -> None:
    replace("cpctl.postgres.connect", "_where", str)


@leak("the whole environment")
def _the_whole_environment() -> None:
    """To every program that is a source of secrets."""
    honest: Any = None

    def started(words: Any, _: Any) -> Any:
        return honest(words, dict(os.environ))

    honest = replace("cpctl.secrets.command", "_start", started)


@leak("everything")
def _everything() -> None:
    """What cpctl prints, writes and starts has a secret in it."""
    secret = os.environ["KEY"]
    sys.stdout.write(secret)
    sys.stderr.write(secret)
    Path("left.txt").write_text(secret, encoding="utf-8")
    Path(tempfile.gettempdir(), "left.txt").write_text(secret, encoding="utf-8")


def child(secret: str) -> None:
    """For the processes: one with a secret on its command line, and one in its environment."""
    subprocess.run(["sh", "-c", "sleep 0.1; true", secret], check=True)
    subprocess.run(["sleep", "0.1"], check=True, env={**os.environ, "LEFT": secret})
