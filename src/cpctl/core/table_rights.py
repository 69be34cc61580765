"""The rights that tables need: their schema, for whoever is to own them."""

from __future__ import annotations

from collections.abc import Iterator

from cpctl.core.acting import grant
from cpctl.core.kind import Survey
from cpctl.core.resource import Address
from cpctl.core.rights import Request, Right, member_of
from cpctl.core.table_grounds import foreign_owner, needs_at, read_grounds


def rights(survey: Survey, request: Request) -> Iterator[Right]:
    """For what would change today, and for bringing the file to a server that has none of it."""
    if not request.applies:
        return
    grounds, context = read_grounds(survey.rows), survey.context
    owner, grantee = context.owner, request.grantee
    for address, resource in survey.declared.items():
        for need in needs_at(address, grounds) if resource.fields else ():
            why = f"make tables that belong to {owner}"
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
