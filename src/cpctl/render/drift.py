"""What somebody changed in the database, as the person on call reads it at three in the morning.

No arrows: the two sides are called file and database.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain

from cpctl.core.change import Action, Change, Create, Delete, Update
from cpctl.core.drift import Class
from cpctl.core.finding import Finding
from cpctl.core.pauses import since_in
from cpctl.core.plan import Plan
from cpctl.core.resource import NAME, Value, is_sealed
from cpctl.render.parts.classes import class_of, classes
from cpctl.render.parts.compare import hunks
from cpctl.render.parts.escape import escaped
from cpctl.render.parts.moments import moment
from cpctl.render.parts.sentences import (
    PAUSED,
    count,
    files,
    matching,
    remarks,
    unmanaged,
)
from cpctl.render.parts.values import SECRET, value_text
from cpctl.render.parts.words import apart, speech

_SIDE = {"@": "", " ": "", "-": "database", "+": "file"}


def drift_text(plan: Plan, *, verbose: bool = False) -> str:
    """The plan read the other way round: how the database differs from the file."""
    head = f"{escaped(f'{plan.name} <- {plan.target.where}')}{_last(plan)}"
    return "\n".join([head, *_body(plan, verbose=verbose)])


def _last(plan: Plan) -> str:
    last = plan.last
    if last is None:
        return ""
    when = moment(last.finished or last.started, plan.timezone)
    return f"; last apply {last.number}, {when} by {escaped(last.by)}"


def _body(plan: Plan, *, verbose: bool) -> list[str]:
    changes = list(chain.from_iterable(_change(plan, change) for change in plan.changes))
    beside = _beside(plan, verbose=verbose)
    if not changes:
        return ["", *beside, _settled(plan)] if beside else [_settled(plan)]
    advice = "To take the file's side: cpctl apply."
    return ["", *changes, "", *beside, advice, f"Drift: {_counts(plan)}."]


def _settled(plan: Plan) -> str:
    number = matching(plan)
    verb = "matches" if number == 1 else "match"
    return f"No drift. {count(number, 'resource')} {verb} {files(plan)}."


def _counts(plan: Plan) -> str:
    counted = classes(plan)
    return ", ".join(f"{number} {name}" for name, number in counted.items() if number)


def _beside(plan: Plan, *, verbose: bool) -> list[str]:
    """What is no drift: paused by hand, unmanaged, not compared."""
    paused = _paused([note for note in plan.notes if note.code == PAUSED])
    listed = unmanaged(plan, verbose=verbose) if paused or plan.changes or verbose else []
    if paused and len(listed) == 1:
        paused, listed = [f"{paused[0]}  {listed[0]}"], []
    notes = [f"Note: {remark}" for remark in remarks(plan, leave_out=PAUSED)]
    return [*notes, *paused, *listed]


def _paused(notes: list[Finding]) -> list[str]:
    if not notes:
        return []
    said = (f"{note.address} {since_in(note.what)}".rstrip() for note in notes)
    return [escaped(f"Paused by hand: {', '.join(said)}.")]


def _change(plan: Plan, change: Change) -> list[str]:
    found = class_of(plan, change)
    title = f"# {escaped(str(change.address))}: {found}. {_why(plan, change, found)}"
    if not isinstance(change, Update):
        return [title]
    return [title, *_sides(plan, change), *_whose(plan, change, found)]


_SINCE: Mapping[tuple[Action, Class], str] = {
    ("create", "missing"): "Was there after apply {number}",
    ("create", "pending"): "The file declares it since apply {number}, not applied yet",
    ("delete", "pending"): "The file lacks it since apply {number}, not applied yet",
    ("update", "drifted"): "Changed in the database since apply {number}; the file did not change",
    ("update", "both"): "Changed in the database, and in the file, since apply {number}",
    ("update", "pending"): "The file changed since apply {number}, not applied yet",
}
"""What happened, where the ledger tells."""


def _why(plan: Plan, change: Change, found: Class) -> str:
    if plan.last is not None and plan.last.undoes is not None and found == "pending":
        return f"Rolled back by apply {plan.last.number}; the file was not applied since"
    if plan.last is not None and (change.action, found) in _SINCE:
        if found == "drifted" and _unsure(change):
            found_since = "Source and database differ since apply {number}; the file did not change"
        else:
            found_since = _SINCE[change.action, found]
        return found_since.format(number=plan.last.number)
    match change:
        case Create():
            return _lacking(change)
        case Delete():
            return f"The database has it, but {escaped(change.reason)}"
        case Update():
            return _differs(change)


def _unsure(change: Change) -> bool:
    """A secret: its source moves without the file, and the ledger has no value to tell who did."""
    return isinstance(change, Update) and isinstance(change.after.facts.get("reference"), str)


def _lacking(change: Create) -> str:
    old = change.replaces
    if old is None:
        return "The file declares it, the database lacks it"
    return f"The database still has it as {escaped(str(old.address))}"


def _differs(change: Update) -> str:
    if change.was is not None and len(change.changed) == 1:
        return f"It still has its old name, {escaped(change.was)}"
    *others, last = map(escaped, change.changed)
    names = f"{', '.join(others)} and {last}" if others else last
    return f"{names} {'differ' if others else 'differs'} from the file"


def _whose(plan: Plan, change: Change, found: Class) -> list[str]:
    """That no apply did it; and of a command, between which two runs it was changed."""
    if plan.last is None or found not in ("drifted", "both") or _unsure(change):
        return []
    number = plan.last.number
    said = [f"the ledger has no apply after {number}: not by cpctl"]
    if plan.newest > number:
        said = [f"later applies are not of {plan.name}, or never committed: see cpctl history"]
    if dated := plan.dated.get(change.address):
        old, new = (moment(at, plan.timezone) if at else "" for at in dated)
        first = f"and {new} (first of the new)" if new else "and now"
        said.append(f"changed between {old} (last run of the old command) {first}")
    return [f"    # {line}" for line in said]


def _sides(plan: Plan, change: Update) -> list[str]:
    """One field is labelled by the line above, unless a reader would expect another there."""
    headline = next(iter(change.after.fields))
    bare = change.changed in {(headline,), (NAME,)}
    lines: list[str] = []
    for name in change.changed:
        lines += [] if bare else [f"  {escaped(name)}"]
        lines += _pair(plan, change, name)
    return lines


def _pair(plan: Plan, change: Update, name: str) -> list[str]:
    before, after = change.before.fields.get(name), change.after.fields.get(name)
    if is_sealed(before) or is_sealed(after):
        return [_side("file", SECRET), _side("database", "(sensitive, different)")]
    return _difference(before, after) or _spoken(plan, change, name)


def _spoken(plan: Plan, change: Update, name: str) -> list[str]:
    """The two values, and beside them what they mean."""
    database, file = change.before.fields.get(name), change.after.fields.get(name)
    before, after = value_text(database), value_text(file)
    there = speech(plan, change.address, name, database)
    here = speech(plan, change.address, name, file)
    longest = max(len(before), len(after))
    here_words = here.words if here else ""
    there_words = apart(here, there) if here and there else ""
    return [
        _side("file", f"{after:<{longest}}    {here_words}".rstrip()),
        _side("database", f"{before:<{longest}}    {there_words}".rstrip()),
    ]


def _difference(before: Value, after: Value) -> list[str]:
    """Each line of a text says on which side it stands; one without a label stands on both."""
    return [
        _side(_SIDE[sign], line if sign == "@" else f"| {line}" if line else "|")
        for sign, line in hunks(before, after)
    ]


def _side(side: str, text: str) -> str:
    return f"    {side:<8}  {text}"
