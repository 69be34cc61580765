"""What a job's command names: functions, settings and secrets, as far as its text tells.

Nothing is executed and no server is asked. What could be read both ways (a table's or an alias's
list of columns looks like a call) does not count.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

_TOKEN: Final = re.compile(
    r"""
    (?P<skip>\s+|--[^\n]*|/\*(?:[^*]|\*(?!/))*\*/)
  | (?P<text>[eE]'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*')
  | (?P<quoted>"(?:[^"]|"")+")
  | (?P<word>[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*)
  | (?P<other>::|=>|.)
    """,
    re.VERBOSE | re.DOTALL,
)
_DOLLAR: Final = re.compile(r"\$([A-Za-z_]\w*|)\$")
_QUERIES: Final = frozenset("select with insert update delete merge values call".split())
_BEFORE: Final = frozenset(
    "all and any between both by call case cross distinct else end escape except exists from "
    "having ilike in intersect is isnull join lateral leading like limit natural not notnull "
    "offset on or overlaps returning select set similar some symmetric then to trailing union "
    "using values when where".split()
)
"""Words before a call. After any other, a name with a parenthesis is a relation or an alias."""


class Token(NamedTuple):
    """`kind`: word (folded), quoted (as it is), text, or the sign itself."""

    kind: str
    value: str


class Call(NamedTuple):
    """A function as the command writes it; `schema` is empty where it names none."""

    schema: str
    name: str
    bare: bool

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}()" if self.schema else f"{self.name}()"


class Setting(NamedTuple):
    """A setting that is read; `required`: an error if it is missing."""

    name: str
    required: bool


class Named(NamedTuple):
    """All that one command names. `copies`: a top-level COPY from or to the client."""

    calls: tuple[Call, ...] = ()
    settings: tuple[Setting, ...] = ()
    secrets: tuple[str, ...] = ()
    vault: tuple[str, ...] = ()
    copies: bool = False


def named(command: str) -> Named:
    """Everything that a command names, each once."""
    statements = list(_statements(_tokens(command)))
    queries = [it for it in statements if it[0].value in _QUERIES]
    calls = [call for it in queries for call in _calls(it)]
    return Named(
        calls=tuple(dict.fromkeys(call for call, _ in calls)),
        settings=tuple(dict.fromkeys(_settings(calls))),
        secrets=tuple(dict.fromkeys(_secrets(calls))),
        vault=tuple(dict.fromkeys(name for it in queries for name in _vault(it))),
        copies=any(map(_copies, statements)),
    )


def _tokens(command: str) -> Iterator[Token]:
    position = 0
    while position < len(command):
        if opened := _DOLLAR.match(command, position):
            end = command.find(opened[0], opened.end())
            position = len(command) if end < 0 else end + len(opened[0])
            yield Token("body", "")
            continue
        found = _TOKEN.match(command, position)
        if found is None:
            return
        position = found.end()
        if token := _token(found):
            yield token


def _token(found: re.Match[str]) -> Token | None:
    match found.lastgroup:
        case "skip":
            return None
        case "text":
            return Token("text", found["text"].lstrip("eE")[1:-1].replace("''", "'"))
        case "quoted":
            return Token("quoted", found["quoted"][1:-1].replace('""', '"'))
        case "word":
            return Token("word", found["word"].lower())
        case _:
            return Token("sign", found[0])


def _statements(tokens: Iterator[Token]) -> Iterator[list[Token]]:
    statement: list[Token] = []
    for token in tokens:
        if token == Token("sign", ";"):
            if statement:
                yield statement
            statement = []
        else:
            statement.append(token)
    if statement:
        yield statement


def _is_name(token: Token) -> bool:
    return token.kind in {"word", "quoted"}


def _calls(tokens: Sequence[Token]) -> Iterator[tuple[Call, Sequence[Token]]]:
    """Each call, and the tokens inside its parentheses and behind."""
    for at, token in enumerate(tokens[:-1]):
        if not _is_name(token) or tokens[at + 1].value != "(" or tokens[at + 1].kind != "sign":
            continue
        schema, first = "", at
        if at > 1 and tokens[at - 1].value == "." and _is_name(tokens[at - 2]):
            schema, first = tokens[at - 2].value, at - 2
        if not _aliased(tokens, first) and not _common_table(tokens, at + 1):
            yield Call(schema, token.value, token.kind == "word"), tokens[at + 2 :]


def _aliased(tokens: Sequence[Token], at: int) -> bool:
    """Whether what stands before a name makes it something else than a function."""
    if not at:
        return False
    before = tokens[at - 1]
    if before.kind == "sign":
        return before.value in {")", "::", "."}
    if before.kind == "quoted":
        return True
    return before.kind != "text" and before.value not in _BEFORE


def _common_table(tokens: Sequence[Token], opened: int) -> bool:
    """`name (columns) AS (query)`: also the shape of a function's column list, which is rarer."""
    depth = 0
    for at in range(opened, len(tokens)):
        if tokens[at].kind == "sign":
            depth += {"(": 1, ")": -1}.get(tokens[at].value, 0)
        if not depth:
            return [it.value for it in tokens[at + 1 : at + 3]] == ["as", "("]
    return False


def _settings(calls: Sequence[tuple[Call, Sequence[Token]]]) -> Iterator[Setting]:
    for call, inside in calls:
        literal = inside[0] if inside and inside[0].kind == "text" else None
        if call.name == "current_setting" and call.schema in {"", "pg_catalog"} and literal:
            ends = inside[1:2] == [Token("sign", ")")]
            yield Setting(literal.value.lower(), required=ends)


def _secrets(calls: Sequence[tuple[Call, Sequence[Token]]]) -> Iterator[str]:
    for call, inside in calls:
        if (call.schema, call.name) == ("cpctl", "secret") and inside and inside[0].kind == "text":
            yield inside[0].value


def _vault(tokens: Sequence[Token]) -> Iterator[str]:
    """`… from vault.decrypted_secrets where name = 'x'`."""
    values = [token.value for token in tokens]
    if "decrypted_secrets" not in values:
        return
    for at, token in enumerate(tokens):
        if token.kind == "text" and values[max(0, at - 2) : at] == ["name", "="]:
            yield token.value


def _copies(tokens: Sequence[Token]) -> bool:
    words = [token.value for token in tokens if token.kind == "word"]
    client = {("to", "stdout"), ("from", "stdin")}
    return words[0:1] == ["copy"] and any(pair in client for pair in pairwise(words))
