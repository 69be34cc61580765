"""`--env-file`: KEY=VALUE lines that fill what the environment lacks; no value is ever shown."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Final

from cpctl.core.text import Source
from cpctl.document.source import read_source
from cpctl.document.trouble import Trouble, raise_any
from cpctl.errors import InputError

_LINE: Final = re.compile(
    r"""[ \t]*(?:
      (?P<blank>(?:\#.*)?)
    | (?:export[ \t]+)?(?P<name>[A-Za-z_][A-Za-z0-9_]*)[ \t]*=[ \t]*
      (?: '(?P<single>[^']*)'[ \t]*(?:\#.*)?
        | "(?P<double>(?:[^"\\]|\\.|\\\n)*)"[ \t]*(?:\#.*)?
        | (?P<plain>(?!['"]).*?)(?:(?:(?<=[ \t=])|[ \t])\#.*)?[ \t]*
      )
    )\r?(?:\n|\Z)""",
    re.VERBOSE,
)
_ESCAPES: Final = {"n": "\n", "r": "\r", "t": "\t"}
_REMEDY: Final = "write NAME=VALUE; a value with blanks or # goes in single quotes"


def parse_env_file(text: str, name: str) -> dict[str, str]:
    """The variables of a file, as far as each line can be read.

    Raises InputError.
    """
    source, found = Source(name, text), dict[str, str]()
    raise_any(_read(source, found), (source,))
    return found


def filled(environment: Mapping[str, str], file: Mapping[str, str]) -> dict[str, str]:
    """The environment, and the file's variables where it has none, or an empty one."""
    return {**environment, **file, **{key: value for key, value in environment.items() if value}}


def env_file_beside(file: str) -> Callable[[str], str | None]:
    """The name of the `.env` beside a file, if it sets a variable; read when it is first asked."""
    path = str(Path(file).parent / ".env")

    @cache
    def variables() -> Mapping[str, str]:
        try:
            return parse_env_file(read_source(path).text, path)
        except InputError:
            return {}

    return lambda name: path if variables().get(name) else None


def _read(source: Source, found: dict[str, str]) -> Iterator[Trouble]:
    offset = 0
    while offset < len(source.text):
        line = _LINE.match(source.text, offset)
        if line is None:
            yield Trouble(source, offset, "this line sets no variable", _REMEDY)
            offset = _next_line(source.text, offset)
            continue
        if line["name"]:
            yield from _take(source, line, found)
        offset = line.end()


def _next_line(text: str, offset: int) -> int:
    end = text.find("\n", offset)
    return end + 1 if end >= 0 else len(text)


def _take(source: Source, line: re.Match[str], found: dict[str, str]) -> Iterator[Trouble]:
    name, start = line["name"], line.start("name")
    if name in found:
        yield Trouble(source, start, f"{name} is set twice", "remove one of the lines")
    if line["single"] is None and "${" in (line["double"] or line["plain"] or ""):
        what = f"{name} refers to another variable, which is not looked up here"
        yield Trouble(source, start, what, "write its value; single quotes keep ${ as it is")
    found[name] = _value(line)


def _value(line: re.Match[str]) -> str:
    if line["double"] is not None:
        return re.sub(r"\\(.)", lambda sign: _ESCAPES.get(sign[1], sign[1]), line["double"])
    return str(line["plain"] if line["single"] is None else line["single"])
