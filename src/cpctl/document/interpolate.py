"""`${NAME}` in values → the environment's text, after parsing, so that no value can become YAML."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterator
from collections.abc import Mapping as Environment
from dataclasses import dataclass, field
from typing import Final, TypeVar

from cpctl.core.text import Text, Wrong
from cpctl.document.node import Mapping, Node
from cpctl.document.trouble import Trouble

_SIGN: Final = re.compile(
    r"""\$\$\{ | \$\{
    (?P<name>[A-Za-z0-9_]*) (?P<form>:?[-?+=]|[:#%/^,@]|) (?P<rest>[^}]*) (?P<close>\}?)""",
    re.VERBOSE,
)
_FORMS: Final = "write ${NAME} or ${NAME:-default}; $${ is a literal ${"
_NO_TEXT: Final = re.compile("[\x00\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Raw:
    """What is taken exactly as written: these `fields` here, and more below.

    `below`: under those keys; `each`: under every other one.
    """

    fields: frozenset[str] = frozenset()
    below: Environment[str, Raw] = field(default_factory=dict)
    each: Raw | None = None

    def under(self, key: str) -> Raw:
        return self.below.get(key) or self.each or NOTHING_RAW


NOTHING_RAW: Final = Raw()


class Resolved(Text):
    """A scalar with variables filled in; only `written` may be shown, for they may be secret."""

    __slots__ = ("values", "written")
    written: str
    values: dict[str, str]


class Unresolved(Text):
    """A scalar whose variables are not known: no rule about its content can be checked."""

    __slots__ = ()


_T = TypeVar("_T", bound=Text)


@dataclass(frozen=True, slots=True)
class Variables:
    """Where variables come from, and those that were used, for the hash of the inputs.

    `env_file_with`: the name of a file that would set a variable, for the remedy only.
    `lenient`: what has no value is left as it is written.
    """

    environment: Environment[str, str]
    resolve: bool
    env_file_with: Callable[[str], str | None]
    used: dict[str, str] = field(default_factory=dict)
    lenient: bool = False

    def value(self, name: str, default: str | None) -> str | None:
        found = self.environment.get(name) or default
        if found is not None:
            self.used[name] = found
        return found

    def missing(self, name: str) -> Wrong:
        file = self.env_file_with(name)
        env_file = f"or --env-file {file} (that file has it), " if file else ""
        how = "empty" if name in self.environment else "not set"
        return Wrong(f"{name} is {how}", f"set it, {env_file}or ${{{name}:-}} if empty is meant")


def interpolate(node: Node, variables: Variables, raw: Raw = NOTHING_RAW) -> Iterator[Trouble]:
    """Fill in every scalar of a tree, in place, that was not filled in before."""
    if isinstance(node, Mapping):
        yield from _mapping(node, variables, raw)
    elif isinstance(node, list):
        for index, item in enumerate(node):
            if not isinstance(item, Text):
                yield from interpolate(item, variables)
            elif "${" in item:
                node[index] = yield from _scalar(item, variables)


def _mapping(node: Mapping, variables: Variables, raw: Raw) -> Iterator[Trouble]:
    for key, value in node.items():
        if not isinstance(value, Text):
            yield from interpolate(value, variables, raw.under(key))
        elif "${" in value and key not in raw.fields:
            node[key] = yield from _scalar(value, variables)


def _scalar(value: Text, variables: Variables) -> Generator[Trouble, None, Text]:
    pieces: list[str] = []
    if isinstance(value, Resolved | Unresolved):
        return value
    values: dict[str, str] = {}
    end, known = 0, True
    for found in _SIGN.finditer(value):
        filled = _fill(found, variables, values)
        if isinstance(filled, Wrong):
            yield Trouble(value.source, _offset(value, found), filled.what, filled.remedy)
        known = known and isinstance(filled, str)
        pieces += (value[end : found.start()], str(filled))
        end = found.end()
    if not known:
        return _placed(Unresolved(value), value)
    made = _placed(Resolved("".join((*pieces, value[end:]))), value)
    made.written, made.values = value, values
    return made


def _placed(made: _T, value: Text) -> _T:
    made.source, made.start, made.end, made.style = (
        value.source,
        value.start,
        value.end,
        value.style,
    )
    return made


def _fill(found: re.Match[str], variables: Variables, values: dict[str, str]) -> str | Wrong | None:
    """What stands for one `${…}`; None: that is not asked for."""
    if found["close"] is None:
        return "${"
    wrong = _malformed(**found.groupdict())
    if wrong or not variables.resolve:
        return wrong
    name, default = found["name"], found["rest"] if found["form"] else None
    filled = variables.value(name, default)
    if filled is None:
        return None if variables.lenient else variables.missing(name)
    if _NO_TEXT.search(filled):
        return Wrong(f"{name} holds a byte that is not UTF-8 text", "set it to text")
    values[name] = filled
    return filled


def _malformed(name: str, form: str, rest: str, close: str) -> Wrong | None:
    """What is wrong with a `${…}`, of which nothing but the name and the form is shown."""
    shown = f"`${{{name}{form}{'…' if rest else ''}{close}`"
    if not close:
        return Wrong(f"{shown} is never closed", f"close it with }}; {_FORMS}")
    if not (name or form or rest):
        return Wrong(f"{shown} names no variable", _FORMS)
    if not name or name[0].isdigit():
        what = f"{shown} is no variable: a name has letters, digits and _, and no digit first"
        return Wrong(what, _FORMS)
    if "${" in rest:
        return Wrong(f"{shown} holds another ${{, which is not read", _FORMS)
    if form != ":-" and form + rest:
        return Wrong(f"{shown} is no form that cpctl reads", _FORMS)
    return None


def _offset(value: Text, found: re.Match[str]) -> int:
    """Where that `${` stands in the file, also behind quotes and escapes."""
    offset = value.start - 1
    for _ in range(value.count("${", 0, found.start() + 2)):
        offset = value.source.text.find("${", offset + 1, value.end)
    return max(offset, value.start)
