"""What can be said about changes of tables beyond their diff: refusals, hazards and notes."""

from __future__ import annotations

from collections.abc import Iterator

from cpctl.core.acting import acting, grant, membership
from cpctl.core.change import Change, Delete, Update, sides
from cpctl.core.finding import Finding
from cpctl.core.kind import Context, Survey
from cpctl.core.neighbours import left_to, taken
from cpctl.core.rights import HAS_OPTIONS
from cpctl.core.sql import identifier
from cpctl.core.table_grounds import (
    Grounds,
    foreign_owner,
    needs,
    read_grounds,
    roles_of,
    table_of,
    unclaimed,
)
from cpctl.core.table_shape import name_of, texts

_EXTRA = {
    "column": ("EXTRA_COLUMN", "a column"),
    "constraint": ("EXTRA_CONSTRAINT", "a constraint"),
    "index": ("EXTRA_INDEX", "an index"),
}


def refusals(survey: Survey) -> tuple[Finding, ...]:
    """What the server would refuse, what somebody else might want as it is, and rows that go."""
    grounds, context = read_grounds(survey.rows), survey.context
    return tuple(
        finding
        for change in survey.changes
        for finding in (
            *_grounds(change, grounds, context),
            *_ownership(change, context),
            *_somebodys(change, survey),
            *(_data(change, "it goes only with --allow DROPS_DATA")),
        )
    )


def _grounds(change: Change, grounds: Grounds, context: Context) -> Iterator[Finding]:
    _, after = sides(change)
    if after is None:
        return
    address, schema = change.address, name_of(change.address).schema
    if schema not in grounds.schemas:
        remedy = f"CREATE SCHEMA {identifier(schema)};"
        yield Finding("NO_SCHEMA", f"there is no schema {schema}", address, remedy)
    for role in dict.fromkeys(roles_of(after.fields)):
        if role not in grounds.roles:
            what = f"{role} is to use it, and there is no such role"
            yield Finding("NO_ROLE", what, address, f"CREATE ROLE {identifier(role)};")
    for need in needs(change, grounds):
        if not need.held:
            what, remedy = need.right.partition(" ON ")[0], grant(need.right, context.owner)
            yield Finding("MISSING_RIGHT", what, address, remedy)


def _ownership(change: Change, context: Context) -> Iterator[Finding]:
    capabilities, (before, after) = context.capabilities, sides(change)
    rights = capabilities.owners.get(context.owner)
    if after is not None and rights is not None and not rights.exists:
        what = f"belongs to the role {context.owner}, which does not exist"
        remedy = f"CREATE ROLE {identifier(context.owner)} LOGIN;"
        yield Finding("NO_ROLE", what, change.address, remedy)
    elif after is not None and acting(context.owner, capabilities) is None:
        what, remedy = f"act for {context.owner}", membership(context.owner, capabilities)
        yield Finding("MISSING_RIGHT", what, change.address, remedy)
    owner, table = foreign_owner(change, context), table_of(before)
    if owner and table is not None and not table.mine:
        option = " WITH INHERIT TRUE" if capabilities.server_version_num >= HAS_OPTIONS else ""
        remedy = grant(identifier(owner), capabilities.role, option)
        yield Finding("MISSING_RIGHT", f"change what belongs to {owner}", change.address, remedy)


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
