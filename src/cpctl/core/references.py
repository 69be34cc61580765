"""How a secret is referred to: the file's grammar and the sources read it from here, both alike."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from cpctl.core.text import Wrong


class Form(NamedTuple):
    """One scheme: the pattern of what follows it, how that is written, what to do if it is empty.

    The pattern is one that Python and JSON Schema read alike.
    """

    pattern: str
    written: str
    absent: str


_NAME: Final = "[A-Za-z_][A-Za-z0-9_]*"
_ANY: Final = r"[\s\S]"

FORMS: Final = {
    "env": Form(_NAME, "env:NAME", "set it, or --env-file FILE (empty counts as unset)"),
    "file": Form(f"{_ANY}+", "file:PATH", "put the secret there (empty counts as absent)"),
    "command": Form(
        rf"{_ANY}*\S{_ANY}*",
        "command:PROGRAM ARGUMENTS",
        "run it yourself: it succeeded and printed nothing (empty counts as absent)",
    ),
    "dotenv": Form(
        f"{_ANY}+#{_NAME}", "dotenv:FILE#NAME", "set it in that file (empty counts as unset)"
    ),
    "keyring": Form(
        f"{_ANY}+/[^/]+", "keyring:SERVICE/USER", "put it there: keyring set SERVICE USER"
    ),
}

PATTERN: Final = "|".join(f"{scheme}:{form.pattern}" for scheme, form in FORMS.items())
_SCHEMES: Final = [f'"{form.written}"' for form in FORMS.values()]
SOURCES: Final = f"{', '.join(_SCHEMES[:-1])} or {_SCHEMES[-1]}"
"""Every way to write one, in words."""


def check_reference(text: str) -> None:
    """Raises Wrong. What looks like no reference may be the secret itself, and is not shown."""
    if not re.fullmatch(PATTERN, text):
        raise Wrong("this is no reference to a secret", f"name its source: {{from: {SOURCES}}}")
    scheme, rest = parted(text)
    if scheme == "command":
        arguments(rest)


def parted(reference: str) -> tuple[str, str]:
    """The scheme, and what is its own."""
    scheme, _, rest = reference.partition(":")
    return scheme, rest


def arguments(command: str) -> list[str]:
    """A command's words as a shell would part them, with nothing expanded. Raises Wrong."""
    import shlex

    try:
        words = shlex.split(command)
    except ValueError:
        words = None
    if words is None:
        what = "a quote or a backslash of this command has no partner"
        raise Wrong(what, "close it, or put a backslash before it")
    if not words[0]:
        raise Wrong("this command names no program", "begin with the program: command:pass show x")
    return words


def absent(reference: str) -> str:
    """What to do where a reference has no value."""
    return FORMS[parted(reference)[0]].absent
