"""What one row of the table of bad inputs is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass, field
from pathlib import Path

from tests.servers import Database

HEAD = "version: 1\nname: t\n"
JOB = "  t_a:\n    schedule: '* * * * *'\n    command: SELECT 1\n"
GOOD = f"{HEAD}jobs:\n{JOB}"


def in_job(*lines: str) -> str:
    """A file whose one job has these lines besides its schedule; the first is line 6."""
    text = "".join(f"    {line}\n" for line in lines)
    return f"{HEAD}jobs:\n  t_a:\n    schedule: '* * * * *'\n{text}"


def at_top(*lines: str) -> str:
    """A file with one good job and these lines at its end; the first is line 7."""
    return GOOD + "".join(f"{line}\n" for line in lines)


Text = str | bytes


@dataclass(frozen=True)
class Bad:
    """One bad input, and what its one message must be.

    The message begins with `place`, word for word (`:6:5` is in scheduler.yaml); `says` and
    `remedy` are patterns. What `validate` finds, `plan --format json` must find too. `like` names
    the row whose words this one may share, because it is the same fault in another dress.
    """

    id: str
    place: str
    says: str
    remedy: str
    _: KW_ONLY
    text: Text | None = GOOD
    files: Mapping[str, Text] = field(default_factory=dict)
    command: tuple[str, ...] = ("validate",)
    environment: Mapping[str, str] = field(default_factory=dict)
    stdin: str | None = None
    exit: int = 1
    secret: str = ""
    like: str = ""
    unprivileged: bool = False
    arrange: Callable[[Path], object] = field(default=lambda _: None)

    @property
    def as_json(self) -> tuple[str, ...] | None:
        """The command that must say the same as JSON, where there is one."""
        name, *rest = self.command
        known = {"validate": "plan", "plan": "plan", "apply": "apply", "diff": "diff"}
        if name not in known or {"--format", "--pg-cron"} & {*rest}:
            return None
        return (known[name], "--format", "json", *rest)


@dataclass(frozen=True)
class Server(Bad):
    """One that a server has a part in: `given` are statements of a superuser, undone by `undo`.

    `{socket}`, `{port}` and `{user}` stand for the server's and `user` in `url` and `place`.
    `cluster` is a throw-away one, by its name in spare.py; `after` runs when the files are there.
    """

    command: tuple[str, ...] = ("apply", "--auto-approve")
    given: tuple[str, ...] = ()
    undo: tuple[str, ...] = ()
    after: Callable[[Database], object] = field(default=lambda _: None)
    url: str = "postgresql://{user}@/postgres?host={socket}&port={port}"
    user: str = "postgres"
    versions: tuple[str, ...] = ("15", "17")
    cluster: str = ""
