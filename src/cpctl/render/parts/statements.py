"""One statement as people and psql read it: literals in place, secrets as `:'secret_…'`."""

from __future__ import annotations

import hashlib
import re

from cpctl.core.sql import literal
from cpctl.core.statement import Hole, Parameter, Statement
from cpctl.render.parts.escape import BASIC_PLANE

_TOKEN = re.compile(
    r"""(?P<tag>\$(?:[A-Za-z_][A-Za-z0-9_]*)?\$).*?(?P=tag)|"(?:[^"]|"")*"|'(?:[^']|'')*'"""
    r"|\$(?P<number>[0-9]+)",
    re.DOTALL,
)
_WORD = re.compile(r"\w+", re.ASCII)
_CURRENT = "FROM CURRENT"


def statement_sql(statement: Statement) -> str:
    """The statement without a semicolon; what the session must be told first is written in it."""
    if takes_current(statement):
        value = parameter_sql(statement.params[0])
        return f"{printable_sql(statement.sql.removesuffix(_CURRENT))}TO {value}"
    return inlined(statement)


def takes_current(statement: Statement) -> bool:
    """Whether its parameter goes through set_config, so that the server's log has no value."""
    return bool(statement.params) and statement.sql.endswith(_CURRENT)


def inlined(statement: Statement) -> str:
    """The statement with its parameters written in; a `$1` in quotes of any sort is left alone."""

    def token(found: re.Match[str]) -> str:
        number = found["number"]
        if number:
            return parameter_sql(statement.params[int(number) - 1])
        return _printable_name(found[0])

    return _TOKEN.sub(token, statement.sql)


def printable_sql(sql: str) -> str:
    """The same SQL with every quoted name printable."""
    return _TOKEN.sub(lambda found: _printable_name(found[0]), sql)


def parameter_sql(value: Parameter) -> str:
    """A literal that prints whatever it holds, or the secret's psql variable."""
    if isinstance(value, Hole):
        # psql can make no verifier; without one only a role that may read the value compares it.
        return f":'{variable(value.reference)}'" if value.form == "value" else "''"
    if isinstance(value, str) and not value.replace("\n", "").isprintable():
        doubled = value.replace("\\", "\\\\").replace("'", "''")
        return f"E'{_spelled(doubled)}'"
    return literal(value)


def variable(reference: str) -> str:
    """The psql variable of a secret; the prefix keeps it from being one of psql's own."""
    source, _, name = reference.partition(":")
    if source == "env" and _WORD.fullmatch(name):
        return f"secret_{name}"
    digest = hashlib.sha256(reference.encode(errors="surrogatepass")).hexdigest()[:8]
    return f"secret_{re.sub(r'[^0-9A-Za-z]+', '_', name).strip('_')}_{digest}"


def _printable_name(token: str) -> str:
    if token.isprintable() or not token.startswith('"'):
        return token
    doubled = token.replace("\\", "\\\\")
    return "U&" + "".join(_name_sign(sign) for sign in doubled)


def _name_sign(sign: str) -> str:
    return sign if sign.isprintable() else f"\\+{ord(sign):06x}"


def _spelled(text: str) -> str:
    return "".join(
        sign if sign.isprintable() or sign == "\n" else _string_sign(ord(sign)) for sign in text
    )


def _string_sign(code: int) -> str:
    short = {9: "\\t", 13: "\\r"}.get(code)
    return short or (f"\\u{code:04x}" if code <= BASIC_PLANE else f"\\U{code:08x}")
