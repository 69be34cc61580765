"""Quoting for what cannot be bound: ALTER SYSTEM, and scripts that people read."""

from __future__ import annotations

import re
from collections.abc import Sequence

_HOLE = re.compile(r"\$(\d+)")


def literal(value: str | int | bool | None) -> str:
    """A SQL literal that PostgreSQL reads back byte for byte, whatever its settings.

    A backslash makes it an E'' string, since standard_conforming_strings may be off.
    """
    match value:
        case None:
            return "NULL"
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
    quoted = value.replace("'", "''")
    if "\\" in quoted:
        escaped = quoted.replace("\\", "\\\\")
        return f"E'{escaped}'"
    return f"'{quoted}'"


def identifier(name: str) -> str:
    """A double-quoted identifier; always quoted, because keywords differ between versions."""
    escaped = name.replace('"', '""')
    return f'"{escaped}"'


def parameter_name(name: str) -> str:
    """A setting's name for ALTER SYSTEM: each part quoted (`app.select` is a syntax error bare)."""
    return ".".join(identifier(part) for part in name.split("."))


def inline(sql: str, literals: Sequence[str]) -> str:
    """The statement with `$1`, `$2` … replaced by literals; cpctl's own SQL has no other `$`."""
    return _HOLE.sub(lambda found: literals[int(found[1]) - 1], sql)
