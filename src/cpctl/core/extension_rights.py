"""The rights that extensions need: to create in the database, or a statement of somebody's own."""

from __future__ import annotations

from collections.abc import Iterator

from cpctl.core.change import Create, Delete, Update
from cpctl.core.extension_calls import altered, created, dropped
from cpctl.core.extension_server import Server, read_server, superusers
from cpctl.core.kind import Survey
from cpctl.core.rights import Request, Right
from cpctl.core.sql import identifier


def rights(survey: Survey, request: Request) -> Iterator[Right]:
    """For what would change today. Nobody is granted an extension, nor the right to make any."""
    server, database = read_server(survey.rows), survey.context.capabilities.database
    for change in survey.changes if request.applies else ():
        match change:
            case Create():
                yield from _making(change, server, request, database)
            case Update():
                yield from _altering(change, server, request, database)
            case Delete():
                yield from _owning(change, (dropped(change.before),), request)


def _making(change: Create, server: Server, request: Request, database: str) -> Iterator[Right]:
    after = change.after
    offer = server.offer(change.address.name, after.fields.get("version"))
    if offer is None:
        yield Right("", f"{change.address} is not available on this server")
    elif offer.superuser and not offer.trusted:
        why, sql = "only a superuser makes it", f"{created(after, unless_there=True)};"
        yield Right(sql, why, change.address, superuser=True)
    else:
        yield from request.on_database("CREATE", "make trusted extensions", database)


def _altering(change: Update, server: Server, request: Request, database: str) -> Iterator[Right]:
    if change.before.facts["owner"] != request.grantee.name:
        yield from _owning(change, altered(change), request)
    elif superusers(change, server):
        for sql in altered(change):
            yield Right(f"{sql};", "only a superuser may", change.address, superuser=True)
    else:
        if "schema" in change.changed:
            right = f"CREATE ON SCHEMA {identifier(str(change.after.fields['schema']))}"
            yield from request.asks(right, "move it there", address=change.address)
        if "version" in change.changed:
            yield from request.on_database("CREATE", "update trusted extensions", database)


def _owning(change: Update | Delete, ways: tuple[str, ...], request: Request) -> Iterator[Right]:
    owner = str(change.before.facts["owner"])
    if owner != request.grantee.name:
        for sql in ways:
            yield Right(f"{sql};", f"only {owner}, who owns it, may", change.address)
