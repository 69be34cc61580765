"""The statements that make, change and remove a function, and as whom each runs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import count
from typing import NamedTuple

from cpctl.core.acting import acting
from cpctl.core.change import Change, Create, Delete, Update
from cpctl.core.function_shape import OWNER_MAY_NOT
from cpctl.core.guc import LIST_QUOTE, names
from cpctl.core.kind import Context
from cpctl.core.resource import Address, Fields, Value
from cpctl.core.sql import identifier, literal, parameter_name
from cpctl.core.statement import Statement

_TOKEN = re.compile(r'"(?:[^"]|"")*"|\'(?:[^\']|\'\')*\'|[(\[]|[)\]]|, |.', re.DOTALL)
_CALLER = re.compile(r'"(?:[^"]|"")+"|[^" ]+')
_BASIC_PLANE = 0xFFFF
_ACCESS = frozenset({"owner", "execute"})
"""Fields that CREATE OR REPLACE leaves alone."""


class Argument(NamedTuple):
    """One argument as it is written, in two parts."""

    what: str
    has_default: bool


def statements_for(change: Change, context: Context, strip: str) -> tuple[Statement, ...]:
    """`strip`: takes from everybody what default privileges gave."""
    match change:
        case Create(after=after):
            return tuple(_made(after.address, after.fields, context, strip))
        case Delete(before=before):
            return (_drop(before.address, before.fields, context),)
        case Update(before=before, after=after) if recreates(change):
            dropped = _drop(before.address, before.fields, context)
            return (dropped, *_made(after.address, after.fields, context, strip))
        case Update():
            return tuple(_changed(change, context))


def recreates(change: Change) -> bool:
    """Whether CREATE OR REPLACE would fail with 42P13, so that it has to go first."""
    if not isinstance(change, Update):
        return False
    before, after = change.before.fields, change.after.fields
    if any(before[name] != after[name] for name in ("kind", "returns")):
        return True
    old, new = arguments(str(before["arguments"])), arguments(str(after["arguments"]))
    lost = (was.has_default and not now.has_default for was, now in zip(old, new, strict=False))
    return [it.what for it in old] != [it.what for it in new] or any(lost)


def arguments(text: str) -> list[Argument]:
    """The arguments in a text as pg_get_function_arguments prints it."""
    parts, depth = [""], 0
    for piece in _TOKEN.findall(text):
        depth += (piece in "([") - (piece in ")]")
        if piece == ", " and depth == 0:
            parts.append("")
        else:
            parts[-1] += piece
    return [_argument(part) for part in parts]


def _argument(text: str) -> Argument:
    for piece in _TOKEN.finditer(text):
        if text.startswith(" DEFAULT ", piece.start()):
            return Argument(text[: piece.start()], has_default=True)
    return Argument(text, has_default=False)


def _changed(change: Update, context: Context) -> Iterator[Statement]:
    address, before, after = change.address, change.before.fields, change.after.fields
    given = frozenset(change.changed)
    role = _role(str(after["owner"]), context)
    if "owner" in given:
        yield _move(address, after)
    if given - _ACCESS:
        yield Statement(_create(address, after, "CREATE OR REPLACE"), (), address, role=role)
    yield from _access(address, before, after, role)


def _made(address: Address, after: Fields, context: Context, strip: str) -> Iterator[Statement]:
    role = _role(str(after["owner"]), context)
    yield Statement(_create(address, after, "CREATE"), (), address, role=role)
    revoke = f"REVOKE ALL ON {_noun(after)} {address.name} FROM "
    if role is None and after["owner"] != context.capabilities.role:
        yield _move(address, after)
    block = strip.format(signature=literal(address.name), revoke=literal(revoke))
    yield Statement(f"DO {dollar_quoted(block)}", (), address, role=role)
    yield from _grant(address, after, _items(after), role)


def _access(
    address: Address, before: Fields, after: Fields, role: str | None
) -> Iterator[Statement]:
    """With a new owner, what the old one had and gave is the new one's already."""
    seen, wanted, owner = _items(before), _items(after), identifier(str(after["owner"]))
    surplus = (item for item in seen if item not in wanted and item != OWNER_MAY_NOT)
    gone = dict.fromkeys(_CALLER.match(item)[0] for item in surplus)  # type: ignore[index]
    gone.pop(owner, None)
    if gone:
        callers = ", ".join("PUBLIC" if name == "public" else name for name in gone)
        revoked = f"REVOKE ALL ON {_noun(after)} {address.name} FROM {callers} CASCADE"
        yield Statement(revoked, (), address, role=role)
    lost = [owner] if OWNER_MAY_NOT in seen else []
    missing = [item for item in wanted if item not in seen or item in gone]
    yield from _grant(address, after, [*lost, *missing], role)


def _items(fields: Fields) -> list[str]:
    callers = fields["execute"]
    return [str(item) for item in callers] if isinstance(callers, tuple) else []


def _grant(
    address: Address, after: Fields, callers: list[str], role: str | None
) -> Iterator[Statement]:
    for option in ("", " WITH GRANT OPTION"):
        some = [it for it in callers if it.endswith(" WITH GRANT OPTION") == bool(option)]
        named = ", ".join("PUBLIC" if it == "public" else it.removesuffix(option) for it in some)
        if named:
            given = f"GRANT EXECUTE ON {_noun(after)} {address.name} TO {named}{option}"
            yield Statement(given, (), address, role=role)


def _drop(address: Address, before: Fields, context: Context) -> Statement:
    """A superuser needs no right of the owner's, which the schema may not give him."""
    role = None if context.capabilities.superuser else _role(str(before["owner"]), context)
    return Statement(f"DROP {_noun(before)} {address.name}", (), address, role=role)


def _move(address: Address, after: Fields) -> Statement:
    owner = identifier(str(after["owner"]))
    return Statement(f"ALTER {_noun(after)} {address.name} OWNER TO {owner}", (), address)


def _noun(fields: Fields) -> str:
    return "FUNCTION" if fields["kind"] == "function" else "ROUTINE"


def _role(owner: str, context: Context) -> str | None:
    """Whom to act for; None: the role does it itself, as a superuser does for any other owner."""
    how = acting(owner, context.capabilities) if owner == context.owner else None
    return None if how in (None, "self") else owner


def _create(address: Address, fields: Fields, verb: str) -> str:
    name = address.name[: _end_of_name(address.name)]
    kind = "PROCEDURE" if fields["kind"] == "procedure" else "FUNCTION"
    returns = f" RETURNS {fields['returns']}" if kind == "FUNCTION" else ""
    parts = [f"{verb} {kind} {name}({fields['arguments']}){returns}"]
    parts.append(f"LANGUAGE {identifier(str(fields['language']))}")
    parts += filter(None, _options(fields) if kind == "FUNCTION" else ())
    parts.append("SECURITY DEFINER" if fields["security"] == "definer" else "SECURITY INVOKER")
    parts += (f"TRANSFORM FOR TYPE {it}" for it in _tuple(fields["transforms"]))
    parts += (_setting(str(entry)) for entry in _tuple(fields["config"]))
    return "\n".join((*parts, _body(fields)))


def _end_of_name(signature: str) -> int:
    """Where the arguments begin: at the first parenthesis that is in no quoted name."""
    return next(piece.start() for piece in _TOKEN.finditer(signature) if piece[0] == "(")


def _options(fields: Fields) -> Iterator[str]:
    yield str(fields["volatility"]).upper()
    yield "STRICT" if fields["strict"] else ""
    yield f"PARALLEL {str(fields['parallel']).upper()}"
    yield "LEAKPROOF" if fields["leakproof"] else ""
    yield f"COST {fields['cost']}" if fields["cost"] != "100" else ""
    yield f"ROWS {fields['rows']}" if fields["rows"] not in ("0", "1000") else ""
    yield f"SUPPORT {fields['support']}" if fields["support"] else ""


def _tuple(value: Value) -> tuple[Value, ...]:
    return value if isinstance(value, tuple) else ()


def _setting(entry: str) -> str:
    """A list of names is given name by name: as one string it would be one name."""
    name, _, value = entry.partition("=")
    listed = (names(value) if name in LIST_QUOTE else None) or (value,)
    if name in LIST_QUOTE and not value:
        listed = ("",)
    return f"SET {parameter_name(name)} TO {', '.join(map(literal, listed))}"


def _body(fields: Fields) -> str:
    body = str(fields["body"])
    if fields["standard"]:
        return body
    library = fields["library"]
    return f"AS {literal(str(library))}, {literal(body)}" if library else f"AS {quoted_body(body)}"


def quoted_body(body: str) -> str:
    """As people would write it; with signs that do not print, as a string that does."""
    if body.translate({10: None, 9: None}).isprintable():
        return dollar_quoted(body)
    doubled = body.replace("\\", "\\\\").replace("'", "''")
    return f"E'{''.join(map(_spelled, doubled))}'"


def _spelled(sign: str) -> str:
    if sign.isprintable() or sign in "\n\t":
        return sign
    code = ord(sign)
    return f"\\u{code:04x}" if code <= _BASIC_PLANE else f"\\U{code:08x}"


def dollar_quoted(text: str) -> str:
    """In a tag that ends nowhere before the text does."""
    tags = (f"$function{number or ''}$" for number in count())
    tag = next(tag for tag in tags if f"{text}{tag}".find(tag) == len(text))
    return f"{tag}{text}{tag}"
