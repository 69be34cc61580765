"""What differs between two values that equality has already told apart."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import unified_diff
from typing import TYPE_CHECKING

from cpctl.core.resource import Value, plain
from cpctl.render.parts.escape import escaped
from cpctl.render.parts.values import block_lines, is_block, value_text

if TYPE_CHECKING:
    from deepdiff.model import DiffLevel

_NESTED = (tuple, Mapping)


def hunks(before: Value, after: Value) -> list[tuple[str, str]]:
    """(sign, line) of a unified diff with three lines of context; sign: `@`, space, `-`, `+`.

    Empty where the two are not texts of which at least one has several lines.
    """
    if not (isinstance(before, str) and isinstance(after, str)):
        return []
    if not (is_block(before) or is_block(after)):
        return []
    lines = unified_diff(block_lines(before), block_lines(after), lineterm="")
    return [(line[0], line if line[0] == "@" else line[1:]) for line in list(lines)[2:]]


def explained(before: Value, after: Value) -> list[str]:
    """Which items of two nested values differ: `[1]: "b" -> "c"`; empty where nothing is nested.

    For values that may be shown: neither holds anything sealed.
    """
    if not (isinstance(before, _NESTED) and isinstance(after, _NESTED)):
        return []
    from deepdiff import DeepDiff

    found = DeepDiff(plain(before), plain(after), view="tree")
    return sorted(_level(report, level) for report, levels in found.items() for level in levels)


def _level(report: str, level: DiffLevel) -> str:
    where = escaped(str(level.path(root="")))
    if report.endswith("_added"):
        return f"{where}: added {_item(level.t2)}"
    if report.endswith("_removed"):
        return f"{where}: removed {_item(level.t1)}"
    return f"{where}: {_item(level.t1)} -> {_item(level.t2)}"


def _item(value: object) -> str:
    return value_text(_value(value))


def _value(item: object) -> Value:
    """Plain data of DeepDiff as a value again."""
    match item:
        case list():
            return tuple(map(_value, item))
        case dict():
            return {str(key): _value(inner) for key, inner in item.items()}
        case None | bool() | int() | str():
            return item
        case _:
            return str(item)
