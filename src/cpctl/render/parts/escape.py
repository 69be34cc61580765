r"""Whatever a database holds, a terminal gets printable characters only.

Control characters, escape sequences, bidirectional marks and lone surrogates become `\u…`.
"""

from __future__ import annotations

BASIC_PLANE = 0xFFFF
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
_QUOTED = str.maketrans({'"': '\\"', "\\": "\\\\"})


def escaped(text: str) -> str:
    """The text with everything that does not print spelled out."""
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() else _spelled(sign) for sign in text)


def quoted(text: str) -> str:
    """The text between double quotes, as JSON would write it, and nothing in it unprintable."""
    if "\\" in text or '"' in text:
        text = text.translate(_QUOTED)
    return f'"{escaped(text)}"'


def _spelled(sign: str) -> str:
    if sign in _SHORT:
        return _SHORT[sign]
    code = ord(sign)
    return f"\\u{code:04x}" if code <= BASIC_PLANE else f"\\U{code:08x}"
