"""The rights that functions and tables need, for whoever is to own them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from cpctl.core.acting import grant
from cpctl.core.grounds import Grounds, Need, foreign_owner, read_grounds
from cpctl.core.kind import Survey
from cpctl.core.resource import Address, Resource
from cpctl.core.rights import Request, Right, member_of

Needs = Callable[[Resource, Grounds], Iterable[Need]]


def rights(survey: Survey, request: Request, kind: str, needs: Needs) -> Iterator[Right]:
    """For what would change today, and for bringing the file to a server that has none of it."""
    if not request.applies:
        return
    grounds, context = read_grounds(survey.rows, kind), survey.context
    owner, grantee = context.owner, request.grantee
    for address, resource in survey.declared.items():
        for need in needs(resource, grounds) if resource.fields else ():
            why = f"make {kind}s that belong to {owner}"
            if owner != grantee.name and not need.held:
                yield Right(grant(need.right, owner), why, address)
            elif owner == grantee.name and not need.everybody:
                yield from request.asks(need.right, why, address=address)
    yield from _foreign(survey, request)


def _foreign(survey: Survey, request: Request) -> Iterator[Right]:
    """What belongs to another role can be changed by its members, who inherit."""
    owners: dict[str, Address] = {}
    for change in survey.changes:
        owner = foreign_owner(change, survey.context)
        if owner and owner not in request.others:
            owners.setdefault(owner, change.address)
    for owner, address in owners.items():
        why = f"change what belongs to {owner}"
        right = member_of(owner, request.grantee, survey.context.capabilities)
        yield Right(right, why, address, superuser=owner in request.grantee.superusers)
