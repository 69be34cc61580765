"""A plan as a person on a terminal approves it.

The signs `+ ~ -` start a change and nothing else; what explains starts with `#`, what warns with
`!`, and lines of SQL that do not change with `|`.
"""

from __future__ import annotations

from itertools import chain

from cpctl.core.change import Change, Create, Delete, Update
from cpctl.core.plan import Plan
from cpctl.core.resource import NAME, Resource, is_sealed
from cpctl.render.parts.compare import explained, hunks
from cpctl.render.parts.escape import escaped
from cpctl.render.parts.refusals import refusal_lines
from cpctl.render.parts.rotation import old_value, read_by
from cpctl.render.parts.runs import last_ran
from cpctl.render.parts.sentences import (
    coded,
    count,
    counts,
    header,
    remarks,
    settled,
    unmanaged,
)
from cpctl.render.parts.values import (
    SECRET,
    block_lines,
    is_block,
    shown,
    source,
    value_text,
    width,
)
from cpctl.render.parts.words import from_to, speech, with_next

COLUMN = 46
"""Where an explanation beside one value starts …"""
WIDE_COLUMN = 76
"""… and beside two, or beside a heading."""

_GUTTER = {"@": "", " ": "| ", "-": "- ", "+": "+ "}


def plan_text(plan: Plan, *, verbose: bool = False) -> str:
    """The whole plan; `verbose` names the resources that nobody declared."""
    refused = refusal_lines(plan)
    head, tail = [header(plan)], ["", *refused] if refused else []
    return "\n".join([*head, *_body(plan, verbose=verbose), *tail])


def refusal_text(plan: Plan) -> str:
    """Only why it would be refused: what an apply says before it ends. Empty where nothing is."""
    return "\n".join(refusal_lines(plan))


def _body(plan: Plan, *, verbose: bool) -> list[str]:
    said = [f"Note: {remark}" for remark in remarks(plan)]
    if not plan.changes:
        listed = unmanaged(plan, verbose=True) if verbose else []
        said += listed
        return ["", *said, settled(plan)] if said else [settled(plan)]
    changes = chain.from_iterable(_change(plan, change) for change in plan.changes)
    listed = unmanaged(plan, verbose=verbose)
    return ["", *changes, "", *said, *listed, f"Plan: {counts(plan)}."]


def _change(plan: Plan, change: Change) -> list[str]:
    hazards = plan.hazards.get(change.address, ())
    lines = _described(plan, change)
    lines.extend(f"  ! {coded(hazard)}" for hazard in hazards)
    return lines


def _described(plan: Plan, change: Change) -> list[str]:
    match change:
        case Create(after=after):
            fields = _fields(plan, "+", after)
            return [*_created(change), *_because(change.reason), *fields]
        case Delete(before=before):
            fields = _fields(plan, "-", before)
            return [_title(change, "deleted"), *_because(change.reason), *fields]
        case Update():
            return _update(plan, change)


def _created(change: Create) -> list[str]:
    """Where the role cannot rename, the new one comes and the old one goes."""
    old = change.replaces
    if old is None:
        return [_title(change, "created")]
    title = _title(change, f"replaced (rename), was {escaped(old.address.name)}")
    return [title, f"  # history stays under jobid {old.facts.get('jobid')}"]


def _title(change: Change, done: str) -> str:
    return f"# {escaped(str(change.address))} will be {done}"


def _because(reason: str) -> list[str]:
    return [f"  # (because {escaped(reason)})"] if reason else []


def _fields(plan: Plan, sign: str, resource: Resource) -> list[str]:
    fields = shown(resource)
    longest = width(name for name, _ in fields)
    comment = source(resource)
    lines: list[str] = []
    for name, value in fields:
        label = f"  {sign} {escaped(name):<{longest}} ="
        if isinstance(value, str) and is_block(value):
            lines += [label, *(_difference(" ", line) for line in block_lines(value))]
        else:
            text = value_text(value)
            said = comment if text == SECRET else _words(plan, sign, resource, name)
            lines.append(_beside(f"{label} {text}", said, COLUMN))
    return lines


def _words(plan: Plan, sign: str, resource: Resource, name: str) -> str:
    """What a value means; when it comes next is of no use for what goes."""
    said = speech(plan, resource.address, name, resource.fields[name])
    if sign == "-":
        return "; ".join(filter(None, (said.words, last_ran(plan, resource)))) if said else ""
    return with_next(said)


def _beside(line: str, comment: str, column: int) -> str:
    return f"{line:<{column - 2}}  # {comment}" if comment else line


def _update(plan: Plan, change: Update) -> list[str]:
    title, origin = _title(change, _done(change)), change.after.origin
    if origin is not None:
        title = f"{title:<{WIDE_COLUMN - 2}}  {escaped(origin.source.name)}:{origin.place.line}"
    changed = sorted(change.changed, key=lambda name: name != NAME)
    longest = width(changed)
    lines = [title, *_because(change.reason)]
    for name in changed:
        lines += _pair(plan, change, name, longest)
    hidden = len(change.after.fields) - len(changed)
    # Where a secret is kept stands beside its value.
    if hidden > 0 and changed != [NAME] and "readers" not in change.before.facts:
        lines.append(f"    # ({count(hidden, 'unchanged attribute')} hidden)")
    return lines


def _done(change: Update) -> str:
    was = change.was
    return "updated in-place" if was is None else f"renamed in-place (was {escaped(was)})"


def _pair(plan: Plan, change: Update, name: str, longest: int) -> list[str]:
    before, after = change.before.fields.get(name), change.after.fields.get(name)
    label = f"  ~ {escaped(name):<{longest}} ="
    if is_sealed(before) or is_sealed(after):
        line = f"{label} {old_value(plan, change)} -> {SECRET}"
        remark = read_by(plan, change.before)
        read = [f"    # {escaped(remark)}"] if remark else []
        return [_beside(line, source(change.after), WIDE_COLUMN), *read]
    if difference := hunks(before, after):
        return [f"  ~ {escaped(name)}", *(_difference(sign, line) for sign, line in difference)]
    line = f"{label} {value_text(before)} -> {value_text(after)}"
    if name == NAME and change.was is not None:
        kept = f"jobid {change.before.facts.get('jobid')} and its history stay"
        return [_beside(line, kept, WIDE_COLUMN)]
    address = change.address
    said = from_to(speech(plan, address, name, before), speech(plan, address, name, after))
    remarks = [said] if said else explained(before, after)
    return [line, *(f"    # {remark}" for remark in remarks)]


def _difference(sign: str, line: str) -> str:
    return f"    {_GUTTER[sign]}{line}" if line else f"    {sign.replace(' ', '|')}"
