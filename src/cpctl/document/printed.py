"""`validate --print`: several files as one, in YAML that reads back, each value with its origin."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from cpctl.core.text import Text
from cpctl.document.node import Mapping, Node

_PLAIN: Final = re.compile(r"true|false|[0-9]+")
_BARE_KEY: Final = re.compile(r"(?!null$|NULL$|Null$)[A-Za-z_][\w.-]*")
_UNPRINTABLE: Final = re.compile(r'["\\]|[^ -~\u00a1-\u024f]')
_BASIC_PLANE: Final = 0xFFFF
_SHORT: Final = {"\n": "\\n", "\t": "\\t", '"': '\\"', "\\": "\\\\"}


def printed_lines(tree: Mapping, indent: str = "") -> Iterator[str]:
    for key, node in tree.items():
        yield from _entry(f"{indent}{_key(key)}:", key, node, indent)


def _entry(start: str, key: Text, node: Node, indent: str) -> Iterator[str]:
    if isinstance(node, Mapping) and node:
        yield f"{start}  # {key.place}"
        yield from printed_lines(node, indent + "  ")
    else:
        where = node if isinstance(node, Text) else key
        yield f"{start} {_value(node)}  # {where.place}"


def _value(node: Node) -> str:
    if node is None:
        return "null"
    if isinstance(node, Mapping):
        inner = (f"{_key(key)}: {_value(value)}" for key, value in node.items())
        return "{" + ", ".join(inner) + "}"
    if isinstance(node, list):
        return f"[{', '.join(map(_value, node))}]"
    return node if not node.style and _PLAIN.fullmatch(node) else _quoted(node)


def _key(key: str) -> str:
    return key if _BARE_KEY.fullmatch(key) else _quoted(key)


def _quoted(text: str) -> str:
    return f'"{_UNPRINTABLE.sub(_escape, text)}"'


def _escape(found: re.Match[str]) -> str:
    sign = found[0]
    if sign.isprintable() and sign not in _SHORT:
        return sign
    code = ord(sign)
    wide = f"\\U{code:08X}" if code > _BASIC_PLANE else f"\\u{code:04X}"
    return _SHORT.get(sign, wide)
