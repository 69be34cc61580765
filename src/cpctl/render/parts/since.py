"""What changed since a plan was made, a line each."""

from __future__ import annotations

from collections.abc import Mapping

from cpctl.core.plan import Bits, Plan, Target
from cpctl.core.resource import Address, Value
from cpctl.core.since import Moved, moved, target_moved
from cpctl.core.statement import Statement
from cpctl.render.parts.escape import escaped
from cpctl.render.parts.statements import statement_sql
from cpctl.render.parts.values import SECRET, value_text, width

_COMPARED = {
    "equal": "equal to its source",
    "different": "not equal to its source",
    "not compared": "not compared with a source",
}


def moved_lines(then: Plan, now: Plan) -> list[str]:
    """The resources that are not as they were."""
    return [escaped(f"{one.address}: ") + _words(one) for one in moved(then, now)]


def _words(one: Moved) -> str:
    match one.how:
        case "created":
            return "created since"
        case "removed":
            return "removed since"
        case "again":
            return f"unscheduled and scheduled again since (jobid {one.before}, now {one.now})"
        case "changed":
            return f"{escaped(one.field)} was {_text(one.before)}, is now {_text(one.now)}"


def _text(value: Value | Bits) -> str:
    if isinstance(value, Bits):
        return f"{SECRET} {_COMPARED[value.compared]}"
    return value_text(value)


def target_lines(then: Target, now: Target) -> tuple[str, list[str]]:
    """How the database is another than the plan's, in one sentence and in lines; empty: it is not.

    A clone has the system identifier of its source, and nothing else tells them apart: so the host
    counts, although one server may have several names.
    """
    found = target_moved(then, now)
    longest = width(found)
    lines = [escaped(f"{name:<{longest}}  {a} -> {b}") for name, (a, b) in found.items()]
    if found.keys() & {"system_identifier", "host", "port", "database"}:
        if not found.keys() & {"system_identifier", "database"}:
            lines.append("# the same system identifier: another name of that server, or its clone")
        return "the plan is for another database", lines
    if "role" in found:
        return "the plan was made as another role", lines
    return "the server was updated since the plan was made" if found else "", lines


def statement_lines(then: Plan, now: Plan) -> list[str]:
    """The statements that would run and were not approved, and the other way round."""
    before, after = _by_address(then), _by_address(now)
    differing = [a for a in sorted({*before, *after}) if before.get(a) != after.get(a)]
    return [
        f"{escaped(str(a))}: the plan runs {before.get(a, 'nothing')}, "
        f"an apply would now run {after.get(a, 'nothing')}"
        for a in differing
    ]


def _by_address(plan: Plan) -> Mapping[Address, str]:
    found: dict[Address, list[Statement]] = {}
    for statement in plan.statements:
        found.setdefault(statement.address, []).append(statement)
    return {a: "; ".join(map(_acting, several)) for a, several in found.items()}


def _acting(statement: Statement) -> str:
    as_whom = f" (as {escaped(statement.role)})" if statement.role else ""
    return f"{statement_sql(statement)}{as_whom}"
