"""What can be said about changes of functions beyond their diff: refusals and notes."""

from __future__ import annotations

from collections.abc import Iterator

from cpctl.core.change import Change, sides
from cpctl.core.finding import Finding
from cpctl.core.function_calls import recreates
from cpctl.core.function_grounds import callers_of, needs
from cpctl.core.function_shape import name_of
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

_REPLACEABLE = frozenset({"function", "procedure"})


def refusals(survey: Survey) -> tuple[Finding, ...]:
    """What the server would refuse, and what somebody else might still want as it is."""
    grounds, context = read_grounds(survey.rows, "function"), survey.context
    return tuple(
        finding
        for change in survey.changes
        for finding in (
            *_grounds(change, grounds, context),
            *not_of(change, context, mine=_mine(change)),
            *_somebodys(change, survey),
            *_depended_on(change),
        )
    )


def _grounds(change: Change, grounds: Grounds, context: Context) -> Iterator[Finding]:
    _, after = sides(change)
    if after is not None:
        schema, owner = name_of(change.address).schema, str(after.fields["owner"])
        yield from absent(change.address, schema, callers_of(after.fields), grounds)
        if owner == context.owner:
            yield from lacking(change.address, needs(after, grounds), owner)
        yield from not_for(owner, change.address, context)


def _mine(change: Change) -> bool:
    before, _ = sides(change)
    return before is not None and bool(before.facts.get("mine"))


def _somebodys(change: Change, survey: Survey) -> Iterator[Finding]:
    before, _ = sides(change)
    if before is not None and before.fields["kind"] not in _REPLACEABLE:
        what = f"is here as {before.fields['kind']}"
        remedy = f"drop it, or give the function another name: DROP ROUTINE {change.address.name};"
        yield Finding("NO_FUNCTION", f"{what}, and no apply replaces that", change.address, remedy)
    elif before is not None and unclaimed(change, survey.context):
        what, remedy = taken(change.address, survey)
        yield Finding("TAKES_OVER", what, change.address, remedy)


def _depended_on(change: Change) -> Iterator[Finding]:
    before, _ = sides(change)
    dependents = before.facts.get("dependents") if before is not None else ()
    if isinstance(dependents, tuple) and dependents and recreates(change):
        named = ", ".join(words for _, words in dependents)
        what = f"would be dropped and made anew, and is needed by {named}"
        yield Finding("DEPENDED_ON", what, change.address, "change or drop that first")


def notes(survey: Survey) -> tuple[Finding, ...]:
    """What is not changed in place, for which a moment's lock is not the same; what stays."""
    what = "is dropped and made anew: PostgreSQL changes no result and no argument in place."
    anew = (change.address for change in survey.changes if recreates(change))
    return (*(Finding("MADE_ANEW", what, it) for it in anew), *left_to(survey, "function"))
