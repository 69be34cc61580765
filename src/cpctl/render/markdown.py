"""A plan or drift as a comment: what reviewers of a pull request see, updated in place."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from cpctl.core.change import Change, Create, Delete, Update
from cpctl.core.plan import Plan
from cpctl.core.resource import NAME, Resource
from cpctl.render.parts.classes import class_of, classes
from cpctl.render.parts.compare import hunks
from cpctl.render.parts.fitting import LIMIT, ROOM, listed, optional, table
from cpctl.render.parts.markup import code, fenced, folded, marker, row
from cpctl.render.parts.runs import last_ran
from cpctl.render.parts.sentences import (
    coded,
    coded_whole,
    count,
    gathered,
    kinds,
    matching,
    remarks,
)
from cpctl.render.parts.statements import statement_sql
from cpctl.render.parts.values import SECRET, is_block, sensitive, shown, value_text
from cpctl.render.parts.words import speech, with_rate

_SIGN = {"create": "+", "update": "~", "delete": "-"}
_NAMED = 10
"""So many deleted resources are named in the warning, in so many characters …"""
_SHORT = 60
"""… and the table has the rest."""


def plan_markdown(plan: Plan, environment: str = "") -> str:
    """The comment for a pull request, never longer than a comment may be."""
    where = f", {code(environment)}" if environment else ""
    start = f"{marker(plan.name, environment)}### cpctl plan{where}: {_to_do(plan)}\n"
    start += "\n".join(filter(None, (_refused(plan), _warning(plan))))
    remarks, footer = _remarks(plan), _footer(plan)
    room = LIMIT - len(start) - len(remarks) - len(footer) - 2 * ROOM
    head = f"\n{row(('  ', 'resource', 'now', 'after'))}|---|---|---|---|\n"
    rows = table(head, [_plan_row(plan, change) for change in plan.changes], room)
    texts = optional(_texts(plan), _NO_TEXTS, room - len(rows))
    sql = optional(_statements(plan), _NO_SQL, room - len(rows) - len(texts))
    return f"{start}{rows}{remarks}{texts}{sql}{footer}".rstrip()


def drift_markdown(plan: Plan, environment: str = "") -> str:
    """The comment for a nightly check."""
    where = f", {code(environment)}" if environment else ""
    start = f"{marker(plan.name, environment, 'drift')}### cpctl diff{where}: {_drifted(plan)}\n"
    end = _remarks(plan) + f"\n{_state(plan)}.\n"
    room = LIMIT - len(start) - len(end) - ROOM
    head = f"\n{row(('  ', 'resource', 'file', 'database'))}|---|---|---|---|\n"
    return f"{start}{table(head, [_drift_row(plan, c) for c in plan.changes], room)}{end}".rstrip()


_NO_TEXTS = "\nThe changed texts are too long for a comment.\n"
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
    parts = [f"{number} {name}" for name, number in classes(plan).items() if number]
    return ", ".join(parts) or f"no drift, {count(matching(plan), 'resource')} match"


def _warning(plan: Plan) -> str:
    gone = [c for c in plan.changes if isinstance(c, Delete) and c.heir is None]
    if not gone:
        return ""
    named = [_named(plan, change.before) for change in gone[:_NAMED]]
    more = f" and {len(gone) - _NAMED} more" if len(gone) > _NAMED else ""
    return f"> [!WARNING]\n> **Deletes** {', '.join(named)}{more}.\n"


def _named(plan: Plan, resource: Resource) -> str:
    """A resource by the field its kind puts first."""
    name, value = next(iter(resource.fields.items()))
    text = SECRET if name in sensitive(resource) else value_text(value)
    said = speech(plan, resource.address, name, value)
    ran = last_ran(plan, resource)
    shown_as = ", ".join(filter(None, (said.words if said else code(text, _SHORT), ran)))
    return f"{code(resource.address.name or str(resource.address), _SHORT)} ({shown_as})"


def _refused(plan: Plan) -> str:
    if not plan.refusals:
        return ""
    lines = [f"- {code(coded_whole(finding))}\n" for finding in gathered(plan.refusals)]
    title = "> [!CAUTION]\n> **Refused**: an apply would write nothing.\n"
    return title + "".join(f"> {line}\n" for line in listed(lines).splitlines())


def _plan_row(plan: Plan, change: Change) -> str:
    now, then = _cells(plan, change)
    if isinstance(change, Delete):
        then = _gone(change)
    elif isinstance(change, Update) and change.was is not None:
        then = then.replace(_field(plan, change.after, NAME), "renamed, history kept")
    return row((_SIGN[change.action], code(str(change.address)), now, then))


def _gone(change: Delete) -> str:
    return "deleted" if change.heir is None else f"replaced by {code(str(change.heir))}"


def _drift_row(plan: Plan, change: Change) -> str:
    database, file = _cells(plan, change)
    return row((class_of(plan, change), code(str(change.address)), file, database))


def _cells(plan: Plan, change: Change) -> tuple[str, str]:
    """What the database has, and what the file has."""
    match change:
        case Create(after=after):
            return _replaced(change), _whole(plan, after)
        case Delete(before=before):
            return _whole(plan, before), ""
        case Update():
            return _cell(plan, change, change.before), _cell(plan, change, change.after)


def _replaced(change: Create) -> str:
    old = change.replaces
    if old is None:
        return ""
    jobid = old.facts.get("jobid")
    return f"named {code(old.address.name)}, whose history stays under jobid {jobid}"


def _whole(plan: Plan, resource: Resource) -> str:
    """What a resource is, in one cell."""
    return "<br>".join(_field(plan, resource, name) for name, _ in shown(resource))


def _cell(plan: Plan, change: Update, side: Resource) -> str:
    secret = sensitive(change.before, change.after)
    return "<br>".join(
        f"{code(name)} {SECRET}" if name in secret else _field(plan, side, name)
        for name in change.changed
    )


def _field(plan: Plan, side: Resource, name: str) -> str:
    """A value in words where it has some, else the value."""
    value = side.fields.get(name)
    if name == NAME:
        return f"named {code(str(value))}"
    said = speech(plan, side.address, name, value)
    if said is not None:
        coming = f", {said.upcoming}" if said.upcoming and side.origin else ""
        return f"{with_rate(said)}{coming}"
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
    """Hazards, notes, what nobody declared."""
    lines: list[str] = []
    for address, hazards in plan.hazards.items():
        lines += [f"- {code(str(address))}: {code(coded(hazard))}\n" for hazard in hazards]
    lines += [f"- {code(remark)}\n" for remark in remarks(plan)]
    if plan.unmanaged:
        lines.append(f"- Unmanaged: {kinds(plan.unmanaged)}\n")
    return f"\n{listed(lines)}" if lines else ""


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
