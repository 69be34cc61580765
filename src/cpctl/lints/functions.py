"""What can be said about changes of functions beyond their diff: refusals and notes."""

from __future__ import annotations

from collections.abc import Iterator

from cpctl.core.acting import acting, grant, membership
from cpctl.core.change import Change, sides
from cpctl.core.finding import Finding
from cpctl.core.function_calls import recreates
from cpctl.core.function_grounds import (
    Grounds,
    callers_of,
    foreign_owner,
    needs,
    read_grounds,
    unclaimed,
)
from cpctl.core.function_shape import name_of
from cpctl.core.kind import Context, Survey
from cpctl.core.neighbours import left_to, taken
from cpctl.core.rights import HAS_OPTIONS
from cpctl.core.sql import identifier

_REPLACEABLE = frozenset({"function", "procedure"})


def refusals(survey: Survey) -> tuple[Finding, ...]:
    """What the server would refuse, and what somebody else might still want as it is."""
    grounds, context = read_grounds(survey.rows), survey.context
    return tuple(
        finding
        for change in survey.changes
        for finding in (
            *_grounds(change, grounds, context),
            *_ownership(change, context),
            *_somebodys(change, survey),
            *_depended_on(change),
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
    for role in callers_of(after.fields):
        if role not in grounds.roles:
            what = f"{role} is to call it, and there is no such role"
            yield Finding("NO_ROLE", what, address, f"CREATE ROLE {identifier(role)};")
    for need in needs(address, str(after.fields["language"]), grounds):
        if not need.held and after.fields["owner"] == context.owner:
            what, remedy = need.right.partition(" ON ")[0], grant(need.right, context.owner)
            yield Finding("MISSING_RIGHT", what, address, remedy)


def _ownership(change: Change, context: Context) -> Iterator[Finding]:
    capabilities, (before, after) = context.capabilities, sides(change)
    wanted = str(after.fields["owner"]) if after is not None else ""
    rights = capabilities.owners.get(wanted)
    if rights is not None and not rights.exists:
        what, name = f"belongs to the role {wanted}, which does not exist", identifier(wanted)
        yield Finding("NO_ROLE", what, change.address, f"CREATE ROLE {name} LOGIN;")
    elif wanted and acting(wanted, capabilities) is None:
        what, remedy = f"act for {wanted}", membership(wanted, capabilities)
        yield Finding("MISSING_RIGHT", what, change.address, remedy)
    owner = foreign_owner(change, context)
    if owner and before is not None and not before.facts.get("mine"):
        option = " WITH INHERIT TRUE" if capabilities.server_version_num >= HAS_OPTIONS else ""
        remedy = grant(identifier(owner), capabilities.role, option)
        yield Finding("MISSING_RIGHT", f"change what belongs to {owner}", change.address, remedy)


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
