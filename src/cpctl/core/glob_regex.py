"""A scope's globs as regular expressions of PostgreSQL, for SQL that must decide as cpctl does."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from cpctl.core.scope import Scope


def matching(name: str, scope: Scope, quote: Callable[[str], str]) -> str:
    """The SQL condition under which a scope covers the name that the expression `name` gives.

    Other collations would fold É, too; PostgreSQL's names of settings and a scope's fold A to Z.
    """
    operator = "~*" if scope.fold else "~"
    name = f'{name} COLLATE "C"' if scope.fold else name
    wanted = _one_of(glob for glob in scope.patterns if not glob.startswith("!"))
    unwanted = _one_of(glob[1:] for glob in scope.patterns if glob.startswith("!"))
    if not wanted:
        return "false"
    found = f"{name} {operator} {quote(wanted)}"
    return f"{found} AND {name} !{operator} {quote(unwanted)}" if unwanted else found


def fitting(value: str, glob: str, quote: Callable[[str], str]) -> str:
    """The SQL condition under which one glob takes in what the expression `value` gives."""
    found = _one_of([glob])
    return f"{value} ~ {quote(found)}" if found else "false"


def _one_of(globs: Iterable[str]) -> str:
    """One expression for all of them; empty where none of them matches anything."""
    found = [regex for regex in map(_regex, globs) if regex is not None]
    return f"^(?:{'|'.join(found)})$" if found else ""


def _regex(glob: str) -> str | None:
    """What fnmatch makes of the glob; None for `[z-a]`, which no character is in."""
    parts, position = [], 0
    while position < len(glob):
        sign, position = glob[position], position + 1
        end = _closing(glob, position) if sign == "[" else -1
        if end >= 0:
            part = _bracket(glob[position:end])
            if part is None:
                return None
            parts.append(part)
            position = end + 1
        else:
            parts.append({"*": ".*", "?": "."}.get(sign) or _literal(sign))
    return "".join(parts)


def _closing(glob: str, start: int) -> int:
    """Where the bracket ends: a `]` that comes first is one of its characters. -1: nowhere."""
    first = start + 1 if glob.startswith("!", start) else start
    return glob.find("]", first + 1 if glob.startswith("]", first) else first)


def _bracket(inside: str) -> str | None:
    negated = inside.startswith("!")
    ranges = _ranges(inside[1:] if negated else inside)
    if not ranges:
        return "." if negated else None
    return f"[{'^' if negated else ''}{''.join(ranges)}]"


def _ranges(signs: str) -> list[str]:
    """`a-c` is a range, and `c-a` is nothing; at either end `-` is itself."""
    found, position = [], 0
    while position < len(signs):
        low = high = signs[position]
        position += 1
        if signs.startswith("-", position) and position + 1 < len(signs):
            high, position = signs[position + 1], position + 2
        if low < high:
            found.append(f"{_literal(low)}-{_literal(high)}")
        elif low == high:
            found.append(_literal(low))
    return found


def _literal(sign: str) -> str:
    """A backslash makes a character of ASCII itself, unless it is a letter, a digit or `_`."""
    return f"\\{sign}" if sign.isascii() and not (sign.isalnum() or sign == "_") else sign
