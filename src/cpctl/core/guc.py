"""How PostgreSQL reads the text of a setting, so that equal values never look different.

The rules are those of the server's own parser (guc.c): docs/facts.md, "Reading a setting's text".
"""

from __future__ import annotations

import re
from typing import NamedTuple

from cpctl.core.text import Wrong

LIST_QUOTE = frozenset(
    "local_preload_libraries search_path session_preload_libraries shared_preload_libraries "
    "temp_tablespaces unix_socket_directories".split()
)
"""Settings whose text is a list of names; a string with a comma would become *one* quoted name."""

LISTS = LIST_QUOTE | frozenset(
    "createrole_self_grant datestyle debug_io_direct listen_addresses log_connections "
    "log_destination oauth_validator_libraries restrict_nonsystem_relation_kind "
    "synchronized_standby_slots synchronous_standby_names wal_consistency_checking".split()
)

EXTENSIONS = frozenset(
    "auth_delay auto_explain basebackup_to_shell basic_archive citus cron http isn pg_hint_plan "
    "pg_net pg_partman_bgw pg_prewarm pg_stat_statements pg_trgm pgaudit pgcrypto pglogical pgrst "
    "plpgsql plperl plpython pltcl postgis postgres_fdw sepgsql supautils timescaledb".split()
)
"""First parts of names that belong to extensions: real settings, although they have two parts."""

HIDDEN = frozenset(
    "config_file data_directory dynamic_library_path extension_destdir external_pid_file hba_file "
    "ident_file jit_provider krb_server_keyfile log_directory log_filename output_plugin_libraries "
    "primary_conninfo session_preload_libraries shared_preload_libraries ssl_ciphers "
    "ssl_dh_params_file ssl_ecdh_curve ssl_groups ssl_max_protocol_version "
    "ssl_min_protocol_version ssl_passphrase_command ssl_tls13_ciphers "
    "unix_socket_directories".split()
)
"""Real settings that only pg_read_all_settings shows, besides all of pg_cron's."""

UNLISTED = frozenset(
    "true false yes no on off 1 0 t f y n debug info notice warning error log fatal panic archive "
    "hot_standby".split()
)
"""Spellings that some enums take although pg_settings does not list them."""

_BYTES = {"B": 1, "kB": 1024, "MB": 1024**2, "GB": 1024**3, "TB": 1024**4}
_MICROSECONDS = {
    "us": 1,
    "ms": 1000,
    "s": 1000**2,
    "min": 60 * 1000**2,
    "h": 3600 * 1000**2,
    "d": 86400 * 1000**2,
}
_NUMBER = re.compile(
    r"\s*([+-]?(?:0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?))\s*([A-Za-z]*)\s*"
)
_BASE = re.compile(r"(\d*)(\w+)")
_NAME = re.compile(r'\s*("(?:[^"]|"")*"|[^,"]*)\s*(?:,|$)')


class Guc(NamedTuple):
    """A real setting as pg_settings describes it; `enumvals` are the spellings it lists."""

    name: str
    vartype: str
    unit: str | None
    enumvals: tuple[str, ...]


def is_custom(name: str) -> bool:
    """Whether a folded name is a placeholder of the user's own, as far as a name can tell."""
    prefix, dot, _ = name.partition(".")
    return bool(dot) and prefix not in EXTENSIONS


def hidden(name: str) -> bool:
    """Whether a folded name is a setting that a plain role may not read."""
    return name in HIDDEN or name.startswith("cron.")


def canonical(guc: Guc, text: str) -> str:
    """The one spelling of a value: numbers in the setting's base unit, on/off, lower-case enums.

    Raises Wrong for what the server would not read.
    """
    match guc.vartype:
        case "bool":
            return _bool(guc, text)
        case "integer":
            # round() is banker's, like the server's rint()
            return str(round(_number(guc, text)))
        case "real":
            return repr(float(_number(guc, text)))
        case "enum":
            return _enum(guc, text)
        case _:
            return text


def _bool(guc: Guc, text: str) -> str:
    word = text.strip().lower()
    if word in ("1", "on") or (word and ("true".startswith(word) or "yes".startswith(word))):
        return "on"
    if word in ("0", "of", "off") or (word and ("false".startswith(word) or "no".startswith(word))):
        return "off"
    raise Wrong(f'{guc.name} is on or off, not "{text}"', "write on or off")


def _enum(guc: Guc, text: str) -> str:
    word = text.strip().lower()
    known = [value.lower() for value in guc.enumvals]
    if known and word not in known and word not in UNLISTED:
        what = f'{guc.name} is one of {", ".join(guc.enumvals)}, not "{text}"'
        raise Wrong(what, "write one of them")
    return word


def _number(guc: Guc, text: str) -> float:
    found = _NUMBER.fullmatch(text)
    remedy = f"write a number{_units(guc)}"
    if found is None:
        raise Wrong(f'{guc.name} is a number, not "{text}"', remedy)
    digits, unit = found.groups()
    number = _read(digits)
    if not unit:
        return number
    if guc.unit is None:
        raise Wrong(f'{guc.name} takes no unit, but "{text}" has one', "write the number alone")
    table, base = _table(guc.unit)
    if unit not in table:
        raise Wrong(f'{guc.name} has no such unit: "{text}"', remedy)
    return _to_base(number, unit, table, base)


def _read(digits: str) -> float:
    """Like strtol with base 0: 0x is hexadecimal, a leading 0 octal; else a decimal fraction."""
    sign = -1 if digits.startswith("-") else 1
    bare = digits.lstrip("+-")
    if bare[:2] in ("0x", "0X"):
        return sign * int(bare, 16)
    if re.fullmatch(r"0[0-7]+", bare):
        return sign * int(bare, 8)
    return float(digits) if re.search(r"[.eE]", bare) else sign * int(bare)


def _to_base(number: float, unit: str, table: dict[str, int], base: int) -> float:
    """As the server does: a fraction is rounded to a whole number of the next smaller unit."""
    value = number * table[unit] / base
    smaller = [size for size in table.values() if base <= size < table[unit]]
    if smaller and not float(value).is_integer():
        step = smaller[-1] / base
        return round(value / step) * step
    return value


def _table(base_unit: str) -> tuple[dict[str, int], int]:
    """The units a setting may be written in, and the size of its base unit (`8kB` is one)."""
    found = _BASE.fullmatch(base_unit)
    count, unit = found.groups() if found else ("", base_unit)
    table = _BYTES if unit in _BYTES else _MICROSECONDS
    return table, int(count or 1) * table.get(unit, 1)


def _units(guc: Guc) -> str:
    return f" with one of {', '.join(_table(guc.unit)[0])}" if guc.unit else ""


def humane(guc: Guc, base: str) -> str:
    """A whole number of base units in the largest unit that has no fraction, as SHOW has it."""
    if guc.vartype != "integer" or guc.unit is None or not base.isdigit() or base == "0":
        return base
    table, size = _table(guc.unit)
    total = int(base) * size
    unit = next((u for u in reversed(table) if total % table[u] == 0), "")
    return f"{total // table[unit]}{unit}" if unit else base


def names(text: str) -> tuple[str, ...] | None:
    """The names in a list setting's text, folded and unquoted; None where it is not a list."""
    found: list[str] = []
    position = 0
    while position < len(text):
        match = _NAME.match(text, position)
        if match is None:
            return None
        name = match[1].strip()
        found.append(name[1:-1].replace('""', '"') if name.startswith('"') else name.lower())
        position = match.end()
    return tuple(found)
