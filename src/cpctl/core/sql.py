"""Quoting for what cannot be bound: ALTER SYSTEM, and scripts that people read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

_PLAIN = re.compile(r"[a-z_][a-z0-9_]*")
_KEYWORDS = frozenset(
    "all analyse analyze and any array as asc asymmetric authorization between bigint binary bit "
    "boolean both case cast char character check coalesce collate collation column concurrently "
    "constraint create cross current_catalog current_date current_role current_schema current_time "
    "current_timestamp current_user dec decimal default deferrable desc distinct do else end "
    "except exists extract false fetch float for foreign freeze from full grant greatest group "
    "grouping having ilike in initially inner inout int integer intersect interval into is isnull "
    "join json json_array json_arrayagg json_exists json_object json_objectagg json_query "
    "json_scalar json_serialize json_table json_value lateral leading least left like limit "
    "localtime localtimestamp merge_action national natural nchar none normalize not notnull null "
    "nullif numeric offset on only or order out outer overlaps overlay placing position precision "
    "primary real references returning right row select session_user setof similar smallint some "
    "substring symmetric system_user table tablesample then time timestamp to trailing treat trim "
    "true union unique user using values varchar variadic verbose when where window with "
    "xmlattributes xmlconcat xmlelement xmlexists xmlforest xmlnamespaces xmlparse xmlpi xmlroot "
    "xmlserialize xmltable".split()
)
"""What pg_get_keywords() does not call unreserved (C, R, T) on any of 15 to 18: quote_ident()'s."""

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
