"""What can be said about changes of tables beyond their diff: refusals, hazards and notes."""

from __future__ import annotations

from collections.abc import Iterator

from cpctl.core.change import Change, Delete, Update, sides
from cpctl.core.finding import Finding
from cpctl.core.grounds import (
    Grounds,
    absent,
    lacking,
    not_for,
    not_of,
    read_grounds,
    unclaimed,
)
from cpctl.core.kind import Context, Survey
from cpctl.core.neighbours import left_to, taken
from cpctl.core.table_grounds import builds, needs, roles_of, table_of
from cpctl.core.table_shape import name_of, texts

_EXTRA = {
    "column": ("EXTRA_COLUMN", "a column"),
    "constraint": ("EXTRA_CONSTRAINT", "a constraint"),
    "index": ("EXTRA_INDEX", "an index"),
}


def refusals(survey: Survey) -> tuple[Finding, ...]:
    """What the server would refuse, what somebody else might want as it is, and rows that go."""
    grounds, context = read_grounds(survey.rows, "table"), survey.context
    return tuple(
        finding
        for change in survey.changes
        for finding in (
            *_grounds(change, grounds, context),
            *not_of(change, context, mine=_mine(change)),
            *_somebodys(change, survey),
            *(_data(change, "it goes only with --allow DROPS_DATA")),
        )
    )


def _grounds(change: Change, grounds: Grounds, context: Context) -> Iterator[Finding]:
    _, after = sides(change)
    if after is not None:
        schema, owner = name_of(change.address).schema, context.owner
        yield from absent(change.address, schema, roles_of(after.fields), grounds)
        if builds(change):
            yield from lacking(change.address, needs(after, grounds), owner)
        yield from not_for(owner, change.address, context)


def _mine(change: Change) -> bool:
    before, _ = sides(change)
    table = table_of(before)
    return table is None or table.mine


def _somebodys(change: Change, survey: Survey) -> Iterator[Finding]:
    before, _ = sides(change)
    if before is not None and "kind" in before.fields:
        kind = before.fields["kind"]
        what = f"is here as a {kind}, and no apply makes a table of that"
        remedy = f"drop it, or give it another name: {change.address.name}"
        yield Finding("NO_TABLE", what, change.address, remedy)
    elif unclaimed(change, survey.context):
        what, remedy = taken(change.address, survey)
        yield Finding("TAKES_OVER", what, change.address, remedy)


def hazards(change: Change) -> tuple[Finding, ...]:
    """Rows that go, for whoever reviews what was allowed."""
    return tuple(_data(change, ""))


def _data(change: Change, remedy: str) -> Iterator[Finding]:
    before, _ = sides(change)
    table = table_of(before)
    if isinstance(change, Delete) and table is not None and table.filled:
        holds = "holds rows" if table.exact else "seems to hold rows, which may not be read"
        yield Finding("DROPS_DATA", f"{holds}, and this would drop it", change.address, remedy)


def notes(survey: Survey) -> tuple[Finding, ...]:
    """What somebody added to our tables is left alone, and a name that is recognised is said."""
    return (*_extra(survey), *_renamed(survey), *left_to(survey, "table"))


def _extra(survey: Survey) -> Iterator[Finding]:
    for address, declared in survey.declared.items():
        table = table_of(survey.actual.get(address))
        if table is None or not declared.fields:
            continue
        for part, (code, noun) in _EXTRA.items():
            names = [it for it in table.beyond(part, declared.fields) if it not in table.renamed]
            known, there = texts(declared.fields, part), texts(table.fields, part)
            missing = {text for it, text in known.items() if it not in there}
            # What has only another name gets its own again.
            left = names if part == "column" else [it for it in names if there[it] not in missing]
            if left:
                what = f"has {noun} that the file does not have: {', '.join(left)}."
                yield Finding(code, f"{what} It is left alone.", address)


def _renamed(survey: Survey) -> Iterator[Finding]:
    for change in survey.changes:
        table = table_of(change.before) if isinstance(change, Update) else None
        for old, new in table.renamed.items() if table is not None else ():
            what = f"has a column {old} that is taken for {new}, which somebody renamed."
            yield Finding("RENAMED_COLUMN", what, change.address)
