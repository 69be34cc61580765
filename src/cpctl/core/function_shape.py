"""A function as fields that are compared: from the file's side, and from a row of pg_proc."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from cpctl.core.capabilities import Capabilities
from cpctl.core.function_spec import Spec
from cpctl.core.guc import LIST_QUOTE, names
from cpctl.core.resource import Address, Fields, Resource
from cpctl.core.sql import identifier
from cpctl.core.text import Text, Wrong

OWNER_MAY_NOT = "(not the owner)"
"""Among those who may call it: somebody took the right from the owner."""

USUAL: Fields = {
    "kind": "function",
    "volatility": "volatile",
    "security": "invoker",
    "strict": False,
    "parallel": "unsafe",
    "leakproof": False,
    "cost": "100",
    "support": None,
    "library": None,
    "transforms": (),
    "standard": False,
    "config": (),
}
"""What CREATE FUNCTION makes where it is told nothing."""

_KINDS = {"f": "function", "p": "procedure", "a": "aggregate", "w": "window function"}
_VOLATILITY = {"v": "volatile", "s": "stable", "i": "immutable"}
_PARALLEL = {"u": "unsafe", "r": "restricted", "s": "safe"}
_MODES = {"i": "", "o": "OUT ", "b": "INOUT ", "v": "VARIADIC "}
_DEFAULT = " DEFAULT "
_NAME = r'"(?:[^"]|"")+"|[^".(]+'
_SIGNATURE = re.compile(rf"({_NAME})\.({_NAME})\(")
_PLACE = re.compile(r"@extschema:([^@]+)@")


class Name(NamedTuple):
    """Where it lives, apart from the types that its signature has besides."""

    schema: str
    name: str


def name_of(address: Address) -> Name:
    """The schema and the name in an address."""
    found = _SIGNATURE.match(address.name)
    return Name(*map(_plain, found.groups())) if found else Name("", address.name)


def _plain(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name


def declared(spec: Spec, owner: str, capabilities: Capabilities, origin: Text | None) -> Resource:
    """The function that the file wants. Raises Wrong."""
    types = (text.partition(_DEFAULT)[0] for text in spec.arguments.values())
    arguments = ", ".join(f"{identifier(name)} {text}" for name, text in spec.arguments.items())
    callers = (identifier(role) for role in spec.execute if role != owner)
    fields: Fields = {
        **USUAL,
        "arguments": arguments,
        "returns": spec.returns,
        "language": spec.language,
        "volatility": spec.volatility,
        "security": spec.security,
        "strict": spec.strict,
        "parallel": spec.parallel,
        "rows": _usual_rows(spec.returns),
        "config": _config(_placed(entry, spec, capabilities) for entry in spec.config),
        "owner": owner,
        "execute": tuple(sorted(set(callers))),
        "body": _placed(spec.body, spec, capabilities),
    }
    address = _address(spec.in_schema, spec.name, types)
    return Resource(address, fields, {"implied": _implied(fields, owner)}, origin)


def seen(row: Mapping[str, Any], owner: str) -> Resource:
    """The function as the server has it. `owner`: whose the file's functions are."""
    returns = row["returns"] or ""
    fields: Fields = {
        "kind": _KINDS[row["kind"]],
        "volatility": _VOLATILITY[row["volatility"]],
        "security": "definer" if row["definer"] else "invoker",
        "strict": row["strict"],
        "parallel": _PARALLEL[row["parallel"]],
        "leakproof": row["leakproof"],
        "cost": row["cost"],
        "support": row["support"],
        "library": row["library"],
        "transforms": tuple(row["transforms"]),
        "standard": row["standard"],
        "config": _config(row["config"]),
        "arguments": ", ".join(_arguments(row["arguments"])),
        "returns": returns,
        "language": row["language"],
        "rows": row["rows"],
        "owner": row["owner"],
        "execute": tuple(sorted(_callers(row))),
        "body": row["body"],
    }
    facts = {
        "implied": _implied(fields, owner),
        "mine": row["mine"],
        "dependents": tuple(("", words) for words in row["dependents"]),
    }
    return Resource(_address(row["schema"], row["name"], row["types"]), fields, facts)


def _address(schema: str, name: str, types: Iterable[str]) -> Address:
    text = f"{identifier(schema)}.{identifier(name)}({', '.join(types)})"
    return Address("function", text)


def _arguments(found: Iterable[tuple[str, str, str, str | None]]) -> Iterator[str]:
    """As pg_get_function_arguments writes them; which words it quotes is the version's choice."""
    for mode, name, kind, default in found:
        if mode in _MODES:
            named = f"{identifier(name)} " if name else ""
            after = "" if default is None else f"{_DEFAULT}{default}"
            yield f"{_MODES[mode]}{named}{kind}{after}"


def _callers(row: Mapping[str, Any]) -> Iterator[str]:
    for grantee, grantable, grantor in row["acl"]:
        name = "public" if grantee is None else identifier(grantee)
        option = " WITH GRANT OPTION" if grantable else ""
        yield f"{name}{option}" + (f" GRANTED BY {identifier(grantor)}" if grantor else "")
    if not row["own"]:
        yield OWNER_MAY_NOT


def _config(entries: Iterable[str]) -> tuple[str, ...]:
    """Sorted, as their order says nothing; lists of names as one PostgreSQL writes them."""
    return tuple(sorted(map(_one_setting, entries)))


def _one_setting(entry: str) -> str:
    name, _, value = entry.partition("=")
    listed = names(value) if name in LIST_QUOTE else None
    return entry if listed is None else f"{name}={', '.join(map(identifier, listed))}"


def _placed(text: str, spec: Spec, capabilities: Capabilities) -> str:
    """With the schema of each extension that is named in it. Raises Wrong."""

    def schema(found: re.Match[str]) -> str:
        installed, name = capabilities.extensions.get(found[1]), found[1]
        if installed is None and name not in spec.requires:
            what = f"{spec.name} calls the extension {name}, which is not here"
            raise Wrong(what, f"CREATE EXTENSION {identifier(name)};")
        return identifier(installed.schema if installed else spec.requires[name])

    return _PLACE.sub(schema, text)


def _usual_rows(returns: str) -> str:
    return "1000" if returns.startswith(("SETOF ", "TABLE(")) else "0"


def _implied(fields: Fields, owner: str) -> tuple[str, ...]:
    """Fields that say nothing a reader would not assume."""
    usual = {**USUAL, "arguments": "", "owner": owner, "rows": _usual_rows(str(fields["returns"]))}
    return tuple(name for name, value in usual.items() if fields[name] == value)
