"""Secrets whose source is written wrongly, or is broken when it is asked."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable

from tests.integration.bad_input.case import Bad, Server, at_top
from tests.servers import Database

_VALUE = "correct-horse-battery"


def _written(reference: str, *, name: str, says: str, remedy: str, like: str = "") -> Bad:
    text = at_top(f"secrets: {{k: {{from: {json.dumps(reference)}}}}}")
    return Bad(name, ":7:21", says, remedy, text=text, like=like)


def _asked(
    reference: str, *, name: str, says: str, remedy: str, after: Callable[[Database], object]
) -> Server:
    text = at_top(f"secrets: {{k: {{from: {json.dumps(reference)}}}}}")
    return Server(name, ":7:11", says, remedy, text=text, after=after, secret=_VALUE)


def _nothing(_: Database) -> None:
    """The reference says it all."""


def _file(name: str, data: bytes, mode: int) -> Callable[[Database], object]:
    def make(database: Database) -> None:
        (database.folder / name).write_bytes(data)
        (database.folder / name).chmod(mode)

    return make


def _program(script: str) -> str:
    return f"command:sh -c {shlex.quote(script)}"


WRITTEN = (
    _written(
        "command:pass 'show x",
        name="open quote in a command",
        says="quote or a backslash.*no partner",
        remedy="close it",
    ),
    _written(
        'command:"" x',
        name="command of no program",
        says="names no program",
        remedy="begin with the program",
    ),
    _written(
        "command: ",
        name="command of blanks",
        says="no reference",
        remedy="command:PROGRAM ARGUMENTS",
        like="secret's source is a value",
    ),
    _written(
        "dotenv:.env",
        name="dotenv file without a name",
        says="no reference",
        remedy="dotenv:FILE#NAME",
        like="secret's source is a value",
    ),
    _written(
        "keyring:service",
        name="keyring without a user",
        says="no reference",
        remedy="keyring:SERVICE/USER",
        like="secret's source is a value",
    ),
)

ASKED = (
    _asked(
        "file:key",
        name="secret file that others may read",
        says=r"file:key: this file is not only yours to read \(mode 0644\)",
        remedy="chmod 600 key",
        after=_file("key", _VALUE.encode(), 0o644),
    ),
    _asked(
        "file:key",
        name="secret file that anybody may write",
        says=r"file:key: anybody may write to this file \(mode 0602\)",
        remedy="chmod o-w key",
        after=_file("key", _VALUE.encode(), 0o602),
    ),
    _asked(
        "file:key",
        name="secret file with a NUL",
        says="file:key holds a NUL",
        remedy="base64",
        after=_file("key", f"{_VALUE}\0".encode(), 0o600),
    ),
    _asked(
        "file:/dev/zero",
        name="secret file without end",
        says="file:/dev/zero",
        remedy="base64",
        after=_nothing,
    ),
    _asked(
        "file:key",
        name="secret file too large",
        says="file:key is larger than 1 MB",
        remedy="the secret alone",
        after=_file("key", (_VALUE * 60_000).encode(), 0o600),
    ),
    _asked(
        "file:~nobody-of-that-name/key",
        name="secret file of a user who is not there",
        says="no such home directory",
        remedy="readable for you",
        after=_nothing,
    ),
    _asked(
        "dotenv:key#A",
        name="secret of a broken dotenv file",
        says="key:2:1: this line sets no variable",
        remedy="NAME=VALUE",
        after=_file("key", f"A={_VALUE}\n{_VALUE}\n".encode(), 0o600),
    ),
    _asked(
        "dotenv:key#A",
        name="secret of a dotenv file that is no text",
        says="dotenv:key#A.*not UTF-8",
        remedy="save it as UTF-8",
        after=_file("key", f"A={_VALUE}\n".encode() + b"\xff", 0o600),
    ),
    _asked(
        "dotenv:key#B",
        name="secret that a dotenv file lacks",
        says="dotenv:key#B has no value",
        remedy="set it in that file",
        after=_file("key", f"A={_VALUE}\n".encode(), 0o600),
    ),
    _asked(
        _program("cat key; cat key >&2; exit 3"),
        name="command that fails",
        says="failed with exit code 3; 21 bytes on stderr are not shown",
        remedy="run it yourself and see: sh -c 'cat key",
        after=_file("key", _VALUE.encode(), 0o600),
    ),
    _asked(
        _program("kill -9 $$"),
        name="command that is killed",
        says="was ended by SIGKILL; it wrote nothing to stderr",
        remedy="run it yourself and see: sh -c ",
        after=_nothing,
    ),
    _asked(
        "command:nowhere-to-be-found 'a b'",
        name="command that is not installed",
        says='there is no program "nowhere-to-be-found"',
        remedy="PATH",
        after=_nothing,
    ),
    _asked(
        "command:./key",
        name="command that is no program",
        says="could not be started: Permission denied",
        remedy="its name",
        after=_file("key", _VALUE.encode(), 0o600),
    ),
    _asked(
        "command:printf ''",
        name="command that prints nothing",
        says="command:printf '' has no value",
        remedy="succeeded and printed nothing",
        after=_nothing,
    ),
    _asked(
        "command:cat key",
        name="command that prints no text",
        says="command:cat key is not UTF-8 text",
        remedy="base64",
        after=_file("key", _VALUE.encode() + b"\xff", 0o600),
    ),
    _asked(
        f"command:yes {_VALUE[:7]}",
        name="command without end",
        says="is larger than 1 MB",
        remedy="the secret alone",
        after=_nothing,
    ),
)
