"""Plan ⇄ plain data: what a plan's JSON lacks for being shown and applied later.

The JSON of the contract has the changes and the statements as programs read them. `encode` makes
the rest, its `record`, and `decode` a Plan from the whole document. Both renderings of a plan are
the same, byte for byte; no secret and no digest of one gets into it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from cpctl.core.change import Change, Create, Delete, Update, sides
from cpctl.core.finding import Finding
from cpctl.core.inputs import Inputs
from cpctl.core.plan import Plan, Target
from cpctl.core.resource import Address, Resource, Sealed, Value, is_sealed, plain
from cpctl.core.statement import Hole, Parameter, Statement
from cpctl.core.text import Remembered, Source, remembered
from cpctl.errors import Place

Data = Mapping[str, Any]

_FACTS = ("jobid", "implied", "reference")
"""The facts that formats look at. What does not change shows none, but is known by its jobid."""

_SEEN, _OTHER = "seen", "other"
"""What stands for a sealed value: the one the database has, or another; None: it is not known."""


def encode(plan: Plan) -> dict[str, Any]:
    """The record; its checksum is added by who has the whole document."""
    changed = {change.address for change in plan.changes}
    unchanged = ((a, seen) for a, seen in plan.actual.items() if a not in changed)
    kept = enumerate(map(_kept_statement, plan.statements))
    return {
        "name": plan.name,
        "port": plan.target.port,
        "timezone": plan.timezone,
        "inputs": {"files": dict(plan.inputs.files), "variables": list(plan.inputs.variables)},
        "changes": [_kept_change(change) for change in plan.changes],
        "unchanged": {str(address): _kept_whole(seen) for address, seen in unchanged},
        "statements": {str(number): more for number, more in kept if more},
        "hazards": {str(a): list(map(_kept_finding, found)) for a, found in plan.hazards.items()},
        "notes": list(map(_kept_finding, plan.notes)),
        "refusals": list(map(_kept_finding, plan.refusals)),
        "incomplete": list(map(str, plan.incomplete)),
    }


def checksum(document: Data) -> str:
    """SHA-256 of a plan's JSON apart from the checksum itself, however it is laid out."""
    record = {name: value for name, value in document["record"].items() if name != "sha256"}
    text = json.dumps({**document, "record": record}, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def decode(document: Data) -> Plan:
    """The plan that this JSON is of. Raises KeyError, TypeError, ValueError for what is none."""
    record = document["record"]
    paired = zip(document["changes"], record["changes"], strict=True)
    changes = tuple(_change(shown, kept) for shown, kept in paired)
    both = [sides(change) for change in changes]
    unchanged = {Address.parse(a): _whole(a, kept) for a, kept in record["unchanged"].items()}
    return Plan(
        name=record["name"],
        files=tuple(document["inputs"]["files"]),
        inputs=Inputs(
            dict(record["inputs"]["files"]),
            tuple(record["inputs"]["variables"]),
            document["inputs"]["hash"],
        ),
        target=Target(port=record["port"], **document["target"]),
        timezone=record["timezone"],
        as_of=document["as_of"],
        desired={**unchanged, **{after.address: after for _, after in both if after}},
        actual={**unchanged, **{before.address: before for before, _ in both if before}},
        changes=changes,
        statements=_statements(document["statements"], record["statements"]),
        hazards={Address.parse(a): _findings(found) for a, found in record["hazards"].items()},
        refusals=_findings(record["refusals"]),
        notes=_findings(record["notes"]),
        unmanaged=tuple(map(Address.parse, document["unmanaged"])),
        incomplete=tuple(map(Address.parse, record["incomplete"])),
    )


def _kept_change(change: Change) -> dict[str, Any]:
    before, after = sides(change)
    kept = {"before": _kept_side(before, before), "after": _kept_side(after, before)}
    return {name: side for name, side in kept.items() if side}


def _kept_side(
    side: Resource | None, seen: Resource | None, facts: Sequence[str] = _FACTS
) -> dict[str, Any]:
    """What the contract's `before` or `after` lacks; mostly little."""
    if side is None:
        return {}
    known = {name: _fact(side.facts[name]) for name in facts if side.facts.get(name)}
    marks = {
        name: _mark(value, seen.fields.get(name) if seen else None)
        for name, value in side.fields.items()
        if is_sealed(value)
    }
    kept: dict[str, Any] = {"facts": known} if known else {}
    if marks:
        kept["sealed"] = marks
    if side.origin is not None:
        kept["origin"] = list(side.origin.place)
    return kept


def _fact(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


def _mark(value: Value, seen: Value) -> str | None:
    if isinstance(value, Sealed) and value.digest is None:
        return None
    return _SEEN if value == seen else _OTHER


def _kept_whole(seen: Resource) -> dict[str, Any]:
    fields = {n: None if is_sealed(value) else plain(value) for n, value in seen.fields.items()}
    return {"fields": fields, **_kept_side(seen, seen, _FACTS[:1])}


def _change(shown: Data, kept: Data) -> Change:
    address, secret = shown["address"], shown["sensitive"]
    before, after = (
        _side(address, shown[side], secret, kept.get(side, {})) for side in ("before", "after")
    )
    match shown["action"], before, after:
        case "create", None, Resource():
            return Create(after, shown["reason"])
        case "update", Resource(), Resource():
            return Update(before, after, shown["reason"])
        case "delete", Resource(), None:
            return Delete(before, shown["reason"])
        case _:
            raise ValueError(shown["action"])


def _side(address: str, fields: Data | None, secret: Iterable[str], kept: Data) -> Resource | None:
    if fields is None:
        return None
    marks = kept.get("sealed", {})
    sealed = {name: Sealed(marks.get(name, _OTHER)) for name in secret if name in fields}
    values = {name: sealed.get(name) or _value(value) for name, value in fields.items()}
    facts = {name: _value(value) for name, value in kept.get("facts", {}).items()}
    return Resource(Address.parse(address), values, facts, _origin(kept.get("origin")))


def _whole(address: str, kept: Data) -> Resource:
    made = _side(address, kept["fields"], kept.get("sealed", {}), kept)
    if made is None:
        raise ValueError(address)
    return made


def _value(data: object) -> Value:
    match data:
        case list():
            return tuple(map(_value, data))
        case dict():
            return {str(name): _value(item) for name, item in data.items()}
        case None | bool() | int() | str():
            return data
        case _:
            raise ValueError(data)


def _origin(place: list[Any] | None) -> Remembered | None:
    return None if place is None else remembered(_source(place[0]), Place(*place))


@cache
def _source(name: str) -> Source:
    return Source(name, "")


def _kept_statement(statement: Statement) -> dict[str, Any]:
    """Only what its SQL does not show: most of a plan's statements need nothing."""
    kept: dict[str, Any] = {}
    if statement.placeholder or statement.holes:
        kept = {"sql": statement.sql, "params": list(map(_kept_parameter, statement.params))}
    for name in ("late", "role", "placeholder", "setup", "reshapes"):
        if value := getattr(statement, name):
            kept[name] = value
    return kept


def _kept_parameter(param: Parameter) -> object:
    return {"secret": param.reference, "form": param.form} if isinstance(param, Hole) else param


def _statements(shown: Iterable[Data], kept: Data) -> tuple[Statement, ...]:
    return tuple(_statement(one, kept.get(str(n), {})) for n, one in enumerate(shown))


def _statement(shown: Data, kept: Data) -> Statement:
    """Without more of it kept, its literals stand in the SQL, which no format minds."""
    return Statement(
        kept.get("sql", shown["sql"]),
        tuple(map(_parameter, kept.get("params", ()))),
        Address.parse(shown["address"]),
        shown["channel"],
        late=kept.get("late", False),
        role=kept.get("role"),
        placeholder=kept.get("placeholder", ""),
        setup=tuple(kept.get("setup", ())),
        reshapes=kept.get("reshapes", False),
    )


def _parameter(data: Data | Parameter) -> Parameter:
    if not isinstance(data, Mapping):
        return data
    return Hole(data["secret"], data.get("form", "value"))


def _kept_finding(finding: Finding) -> list[str | None]:
    where = None if finding.address is None else str(finding.address)
    return [finding.code, finding.what, where, finding.remedy]


def _findings(kept: Iterable[list[Any]]) -> tuple[Finding, ...]:
    return tuple(
        Finding(code, what, None if where is None else Address.parse(where), remedy)
        for code, what, where, remedy in kept
    )
