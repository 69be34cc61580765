"""Quoting for what cannot be bound: ALTER SYSTEM, and scripts that people read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

_PLAIN = re.compile(r"[a-z_][a-z0-9_]*")
_KEYWORDS = frozenset(
    "all analyse analyze and any array as asc asymmetric authorization binary both case cast check "
    "collate collation column concurrently constraint create cross current_catalog current_date "
    "current_role current_schema current_time current_timestamp current_user default deferrable "
    "desc distinct do else end except false fetch for foreign freeze from full grant group having "
    "ilike in initially inner intersect into is isnull join lateral leading left like limit "
    "localtime localtimestamp natural not notnull null offset on only or order outer overlaps "
    "placing primary references returning right select session_user similar some symmetric "
    "system_user table tablesample then to trailing true union unique user using variadic verbose "
    "when where window with".split()
)
"""What pg_get_keywords() calls reserved (R, T) on any of 15 to 18."""

_HOLE = re.compile(r"\$(\d+)")


def literal(value: str | int | None) -> str:
    """A SQL literal that PostgreSQL reads back byte for byte, whatever its settings.

    A backslash makes it an E'' string, since standard_conforming_strings may be off.
    """
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    quoted = value.replace("'", "''")
    if "\\" in quoted:
        escaped = quoted.replace("\\", "\\\\")
        return f"E'{escaped}'"
    return f"'{quoted}'"


def identifier(name: str) -> str:
    """An identifier, quoted where PostgreSQL would not read it back as it stands."""
    if _PLAIN.fullmatch(name) and name not in _KEYWORDS:
        return name
    escaped = name.replace('"', '""')
    return f'"{escaped}"'


def parameter_name(name: str) -> str:
    """A setting's name for ALTER SYSTEM, part by part: bare `app.select` is a syntax error."""
    return ".".join(identifier(part) for part in name.split("."))


def without_params(sql: str, instead: Mapping[int, str]) -> tuple[str, tuple[int, ...]]:
    """The statement with some of its `$n` replaced, and which of the others it still has.

    What is left is numbered anew. `instead`: SQL by number, from 1.
    """
    kept: dict[int, int] = {}

    def replaced(found: re.Match[str]) -> str:
        number = int(found[1])
        return instead.get(number) or f"${kept.setdefault(number, len(kept) + 1)}"

    return _HOLE.sub(replaced, sql), tuple(kept)


def inline(sql: str, literals: Sequence[str]) -> str:
    """The statement with `$1`, `$2` … replaced by literals; cpctl's own SQL has no other `$`."""
    return _HOLE.sub(lambda found: literals[int(found[1]) - 1], sql)
