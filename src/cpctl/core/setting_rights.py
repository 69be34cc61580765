"""The rights that settings need: each parameter by name, and what makes them live and visible."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cpctl.core.change import Change, Delete, sides
from cpctl.core.guc import hidden
from cpctl.core.kind import Survey
from cpctl.core.resource import Address, Resource
from cpctl.core.rights import HAS_OPTIONS, Grantee, Request, Right
from cpctl.core.setting_calls import stores_of
from cpctl.core.settings import ServerSettings
from cpctl.core.sql import identifier, parameter_name

_CONTROL_PLANE = (
    "only a superuser grants ALTER SYSTEM. Where a provider keeps that to itself (RDS, Cloud SQL, "
    "Azure, Supabase), real settings are changed in its parameter group, flags or dashboard, and "
    "settings of your own need another store than system"
)


def rights(survey: Survey, request: Request, server: ServerSettings) -> Iterator[Right]:
    """For what would change today, and for bringing the file to a server that has none of it."""
    declared = [resource for resource in survey.declared.values() if resource.fields]
    for resource in declared:
        if hidden(resource.address.name):
            why, of = "see this setting, which is shown to few", resource.address
            yield from request.asks("pg_read_all_settings", why, address=of, superuser=True)
    if not request.applies:
        yield from _seeing(declared, request, server)
    else:
        yield from _system(survey, declared, request, server)
        yield from _database(survey, declared, request)


def _seeing(
    declared: Iterable[Resource], request: Request, server: ServerSettings
) -> Iterator[Right]:
    """Without the files' rows a session's own value is compared, unless something overrules it."""
    system = [resource for resource in declared if resource.fields["store"] == "system"]
    shadowed = [resource for resource in system if resource.address.name in server.shadows]
    for resource in shadowed:
        why = "its own value is overruled here"
        yield from _files(request, why, address=resource.address)
    if system and not shadowed:
        why = "see settings in scope that the file lacks, and what no reload has made live"
        yield from _files(request, why, optional=True)


def _files(
    request: Request, why: str, *, address: Address | None = None, optional: bool = False
) -> Iterator[Right]:
    """Reading the view runs the function with the reader's own rights, so it takes both."""
    function = "EXECUTE ON FUNCTION pg_show_all_file_settings()"
    for right in ("SELECT ON pg_file_settings", function):
        yield from request.asks(right, why, address=address, optional=optional, superuser=True)


def _system(
    survey: Survey, declared: Iterable[Resource], request: Request, server: ServerSettings
) -> Iterator[Right]:
    changed = [c.address for c in survey.changes if "system" in _stores(c)]
    fresh = [r.address for r in declared if r.fields["store"] == "system"]
    needed = {*changed, *(a for a in fresh if _written(a.name, server))}
    if not fresh and not changed:
        return
    if not request.powerful:
        yield Right("", _CONTROL_PLANE)
    for address in sorted({*fresh, *changed}):
        spare = address not in needed
        yield from request.asks(
            f"ALTER SYSTEM ON PARAMETER {parameter_name(address.name)}",
            "change it, which it is equal to today" if spare else "set it",
            address=address,
            optional=spare,
            superuser=True,
        )
    if request.inherits_all:
        return
    why, reload = "make settings of the server live", "EXECUTE ON FUNCTION pg_reload_conf()"
    yield from request.asks(reload, why, optional=not needed, superuser=True)
    yield from _files(request, "see them in the server's files", optional=not needed)


def _written(name: str, server: ServerSettings) -> bool:
    """Whether a server without the file's settings would lack this one: a default may equal it."""
    entry = server.files.get(name)
    return name not in server.reals or (entry is not None and entry.auto)


def _database(survey: Survey, declared: Iterable[Resource], request: Request) -> Iterator[Right]:
    changed = [change for change in survey.changes if "database" in _stores(change)]
    fresh = {resource.address for resource in declared if resource.fields["store"] == "database"}
    if not fresh and not changed:
        return
    capabilities, boss = survey.context.capabilities, request.grantee.owner_superuser
    owning = _owning(capabilities.database, request.grantee, capabilities.server_version_num)
    why = f"ALTER DATABASE {identifier(capabilities.database)} SET is its owner's"
    if not (boss and request.inherits_all):
        yield Right(owning, why, superuser=boss, database="all")
    for address in sorted(fresh | {c.address for c in changed if not isinstance(c, Delete)}):
        right = f"SET ON PARAMETER {parameter_name(address.name)}"
        yield from request.asks(right, "set it", address=address, superuser=True)


def _owning(database: str, grantee: Grantee, version: int) -> str:
    """The owner's rights: by membership, but never in a superuser, who owns far more than this."""
    owner = grantee.database_owner
    if owner == grantee.name or grantee.owner_superuser or not grantee.inherits:
        return f"ALTER DATABASE {identifier(database)} OWNER TO {identifier(grantee.name)};"
    return grantee.gets(identifier(owner), " WITH INHERIT TRUE" if version >= HAS_OPTIONS else "")


def _stores(change: Change) -> frozenset[str]:
    return frozenset(store for side in sides(change) for store in stores_of(side))
