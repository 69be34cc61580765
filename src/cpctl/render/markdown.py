"""A plan or drift as a comment: what reviewers of a pull request see, updated in place."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from cpctl.core.change import Change, Create, Delete, Update
from cpctl.core.plan import Plan
from cpctl.core.resource import Resource, Value
from cpctl.render.parts.compare import hunks
from cpctl.render.parts.fitting import LIMIT, ROOM, listed, optional, table
from cpctl.render.parts.markup import code, fenced, folded, marker, row
from cpctl.render.parts.sentences import (
    PAUSED,
    coded,
    coded_whole,
    count,
    kinds,
    matching,
    not_compared,
    said,
)
from cpctl.render.parts.statements import statement_sql
from cpctl.render.parts.values import SECRET, is_block, sensitive, shown, value_text

_SIGN = {"create": "+", "update": "~", "delete": "-"}
_CLASS = {"update": "drifted", "create": "missing", "delete": "extra"}
_NAMED = 10
"""So many deleted resources are named in the warning; the table has the rest."""


def plan_markdown(plan: Plan, environment: str = "") -> str:
    """The comment for a pull request, never longer than a comment may be."""
    where = f", {code(environment)}" if environment else ""
    start = f"{marker(plan.name, environment)}### cpctl plan{where}: {_to_do(plan)}\n"
    start += _refused(plan) + _warning(plan)
    end = _remarks(plan) + _footer(plan)
    if not plan.changes:
        return f"{start}{end}".rstrip()
    room = LIMIT - len(start) - len(end) - 3 * ROOM
    head = f"\n{row(('  ', 'resource', 'now', 'after'))}|---|---|---|---|\n"
    body = table(head, [_plan_row(change) for change in plan.changes], room)
    body += optional(_texts(plan), "\n", room - len(body))
    body += optional(_statements(plan), _NO_SQL, room - len(body))
    return f"{start}{body}{end}".rstrip()


def drift_markdown(plan: Plan, environment: str = "") -> str:
    """The comment for a nightly check."""
    where = f", {code(environment)}" if environment else ""
    start = f"{marker(plan.name, environment, 'drift')}### cpctl diff{where}: {_drifted(plan)}\n"
    end = _remarks(plan) + f"\n{_state(plan)}.\n"
    room = LIMIT - len(start) - len(end) - ROOM
    head = f"\n{row(('  ', 'resource', 'file', 'database'))}|---|---|---|---|\n"
    return f"{start}{table(head, [_drift_row(c) for c in plan.changes], room)}{end}".rstrip()


_NO_SQL = "\nThe SQL is too long for a comment: `cpctl plan --format sql` has it.\n"


def _to_do(plan: Plan) -> str:
    summary = plan.summary
    parts = [
        f"{summary.create} to create" if summary.create else "",
        f"{summary.update} to update" if summary.update else "",
        f"**{summary.delete} to delete**" if summary.delete else "",
    ]
    return ", ".join(filter(None, parts)) or "no changes"


def _drifted(plan: Plan) -> str:
    actions = [change.action for change in plan.changes]
    parts = [f"{actions.count(act)} {name}" for act, name in _CLASS.items() if act in actions]
    return ", ".join(parts) or f"no drift, {count(matching(plan), 'resource')} match"


def _warning(plan: Plan) -> str:
    gone = [change for change in plan.changes if isinstance(change, Delete)]
    if not gone:
        return ""
    named = [_named(change.before) for change in gone[:_NAMED]]
    more = f" and {len(gone) - _NAMED} more" if len(gone) > _NAMED else ""
    return f"> [!WARNING]\n> **Deletes** {', '.join(named)}{more}.\n"


def _named(resource: Resource) -> str:
    """A resource by the field its kind puts first."""
    name, value = next(iter(resource.fields.items()))
    text = SECRET if name in sensitive(resource) else value_text(value)
    return f"{code(resource.address.name or str(resource.address))} ({code(text)})"


def _refused(plan: Plan) -> str:
    if not plan.refusals:
        return ""
    lines = [f"> - {code(coded_whole(finding))}\n" for finding in plan.refusals]
    title = "> [!CAUTION]\n> **Refused**: an apply would write nothing.\n"
    return f"{title}{listed(lines)}"


def _plan_row(change: Change) -> str:
    now, then = _cells(change)
    gone = "deleted" if isinstance(change, Delete) else then
    return row((_SIGN[change.action], code(str(change.address)), now, gone))


def _drift_row(change: Change) -> str:
    database, file = _cells(change)
    return row((_CLASS[change.action], code(str(change.address)), file, database))


def _cells(change: Change) -> tuple[str, str]:
    """What the database has, and what the file has."""
    match change:
        case Create(after=after):
            return "", _whole(after)
        case Delete(before=before):
            return _whole(before), ""
        case Update():
            return _cell(change, change.before), _cell(change, change.after)


def _whole(resource: Resource) -> str:
    """What a resource is, in one cell."""
    return "<br>".join(_field(name, value) for name, value in shown(resource))


def _cell(change: Update, side: Resource) -> str:
    secret = sensitive(change.before, change.after)
    fields = ((name, side.fields.get(name)) for name in change.changed)
    return "<br>".join(
        f"{code(name)} {SECRET}" if name in secret else _field(name, value)
        for name, value in fields
    )


def _field(name: str, value: Value) -> str:
    if isinstance(value, str) and is_block(value):
        return f"{code(name)} {count(len(value.strip().splitlines()), 'line')}"
    text = value_text(value)
    return f"{code(name)} {SECRET if text == SECRET else code(text)}"


def _texts(plan: Plan) -> str:
    """The texts of several lines that change, line by line."""
    found = "".join(_text_changes(plan))
    return f"\n{folded('Changed texts', found)}" if found else ""


def _text_changes(plan: Plan) -> Iterator[str]:
    for change in plan.changes:
        if not isinstance(change, Update):
            continue
        for name in change.changed:
            lines = hunks(change.before.fields.get(name), change.after.fields.get(name))
            body = "\n".join(line if sign == "@" else f"{sign}{line}" for sign, line in lines)
            if body:
                yield f"{code(str(change.address))} {code(name)}\n\n{fenced('diff', body)}\n"


def _statements(plan: Plan) -> str:
    body = "\n".join(f"{statement_sql(statement)};" for statement in plan.statements)
    title = f"SQL, {count(len(plan.statements), 'statement')}"
    return f"\n{folded(title, fenced('sql', body))}" if body else ""


def _remarks(plan: Plan) -> str:
    """Hazards, notes, what was not compared, what nobody declared."""
    lines = [f"- {code(not_compared(plan))}\n"] if plan.incomplete else []
    for address, hazards in plan.hazards.items():
        lines += [f"- {code(str(address))}: {code(coded(hazard))}\n" for hazard in hazards]
    lines += [f"- {_note(note.code)}{code(said(note))}\n" for note in plan.notes]
    if plan.unmanaged:
        lines.append(f"- Unmanaged: {kinds(plan.unmanaged)}\n")
    return f"\n{listed(lines)}" if lines else ""


def _note(finding_code: str) -> str:
    return "Paused: " if finding_code == PAUSED else ""


def _footer(plan: Plan) -> str:
    if not plan.changes:
        return f"\n{_state(plan)}.\n"
    return f"\n{_state(plan)}. Applied only if nothing changes there before the merge.\n"


def _state(plan: Plan) -> str:
    return f"{code(plan.target.where)}, state of {_moment(plan.as_of)}"


def _moment(as_of: str) -> str:
    """`23 Nov 13:37 GMT`: the database's clock, read as it comes where it is not UTC."""
    moment = datetime.fromisoformat(as_of)
    offset = moment.utcoffset()
    zone = "GMT" if not offset else moment.strftime("%z")
    return f"{moment.day} {moment:%b %H:%M} {zone}"
