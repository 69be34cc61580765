"""A table as fields, made alike from what an expansion says and from what the catalog shows.

Every text is what stands in SQL after the name of its part, so a statement is made of it as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from cpctl.core.resource import Address, Fields, Value
from cpctl.core.sql import identifier
from cpctl.core.table_spec import Policy, Spec

PUBLIC = "public"
"""Everybody, among the roles of a grant or a policy; no role can be called so."""
OPTION = " WITH GRANT OPTION"
USUAL: Mapping[str, Value] = {"persistence": "logged", "force_row_security": False}
"""What a table is that nothing is said about."""

_NAME = r'("(?:[^"]|"")+"|[^".]+)'
_NAMES = re.compile(rf"{_NAME}\.{_NAME}")
_COLUMN = re.compile(
    r"(?P<type>.+?)(?P<needed> NOT NULL)?"
    r"(?: DEFAULT (?P<default>.+)"
    r"| GENERATED (?P<identity>ALWAYS|BY DEFAULT) AS IDENTITY"
    r"| GENERATED ALWAYS AS \((?P<expression>.+)\)(?: STORED)?)?",
    re.DOTALL,
)


class Column(NamedTuple):
    """A column in its parts. `identity`: ALWAYS or BY DEFAULT; `expression`: it is computed."""

    type: str
    needed: bool
    default: str | None = None
    identity: str | None = None
    expression: str | None = None

    @property
    def text(self) -> str:
        words = [self.type, "NOT NULL" if self.needed else ""]
        if self.identity:
            words.append(f"GENERATED {self.identity} AS IDENTITY")
        elif self.expression is not None:
            words.append(f"GENERATED ALWAYS AS ({self.expression}) STORED")
        elif self.default is not None:
            words.append(f"DEFAULT {self.default}")
        return " ".join(filter(None, words))


def column(text: str) -> Column:
    """The parts of a column's text."""
    found = _COLUMN.fullmatch(text)
    if found is None:
        return Column(text, needed=False)
    return Column(
        found["type"],
        found["needed"] is not None,
        found["default"],
        found["identity"],
        found["expression"],
    )


class Name(NamedTuple):
    """A table's name in two parts, as the catalog has them."""

    schema: str
    name: str

    @property
    def address(self) -> Address:
        return Address("table", f"{identifier(self.schema)}.{identifier(self.name)}")


def name_of(address: Address) -> Name:
    """The parts of an address, without their quotes."""
    found = _NAMES.fullmatch(address.name)
    return Name(*map(_unquoted, found.groups())) if found else Name("", address.name)


def _unquoted(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name


PARTS = ("column", "constraint", "index", "policy", "grant")
"""A field for each part, `column.id`: so a difference is named by what it is in."""


def declared_fields(spec: Spec, owner: str) -> Fields:
    """The fields of what an expansion says. What a table's owner may do is not said."""
    columns = {
        name: Column(
            it.type, not it.nullable, it.default, it.identity.upper() if it.identity else None
        ).text
        for name, it in spec.columns.items()
    }
    grants = {
        role: tuple(sorted(privilege.upper() for privilege in privileges))
        for role, privileges in sorted(spec.grants.items())
        if role != owner and privileges
    }
    return {
        "persistence": "logged",
        "owner": owner,
        **parts("column", columns),
        **parts("constraint", spec.constraints),
        **parts("index", spec.indexes),
        "row_security": spec.row_security,
        "force_row_security": False,
        **parts("policy", {name: _policy(it) for name, it in spec.policies.items()}),
        **parts("grant", grants),
    }


def parts(part: str, found: Mapping[str, Value]) -> Fields:
    """Parts of one sort as fields."""
    return {f"{part}.{name}": value for name, value in found.items()}


def _of(fields: Fields, part: str) -> Iterator[tuple[str, Value]]:
    for field, value in fields.items():
        sort, _, name = field.partition(".")
        if sort == part and name and value is not None:
            yield name, value


def _policy(spec: Policy) -> str:
    return policy(spec.roles, spec.command, spec.using, spec.check, permissive=True)


def policy(
    roles: Iterable[str], command: str, using: str | None, check: str | None, *, permissive: bool
) -> str:
    """What CREATE POLICY says after the table's name."""
    named = ", ".join(role_sql(role) for role in sorted(roles))
    words = ["" if permissive else "AS RESTRICTIVE", f"FOR {command.upper()} TO {named}"]
    words.append("" if using is None else f"USING ({using})")
    words.append("" if check is None else f"WITH CHECK ({check})")
    return " ".join(filter(None, words))


def role_sql(role: str) -> str:
    """A role as GRANT and CREATE POLICY have it."""
    return "PUBLIC" if role == PUBLIC else identifier(role)


def texts(fields: Fields, part: str) -> Mapping[str, str]:
    """The texts of one sort of parts by their names."""
    return {name: str(text) for name, text in _of(fields, part)}


def grants_of(fields: Fields) -> Mapping[str, tuple[str, ...]]:
    """Who may do what, by role."""
    return {
        role: tuple(map(str, held))
        for role, held in _of(fields, "grant")
        if isinstance(held, tuple)
    }


def index_sql(table: str, name: str, text: str) -> str:
    """CREATE INDEX of what pg_get_indexdef writes from USING on."""
    unique, rest = ("UNIQUE ", text[7:]) if text.startswith("UNIQUE ") else ("", text)
    return f"CREATE {unique}INDEX {identifier(name)} ON {table} USING {rest}"


def policy_sql(table: str, name: str, text: str) -> str:
    """CREATE POLICY with all that follows the table's name."""
    return f"CREATE POLICY {identifier(name)} ON {table} {text}"
