"""The rights that settings need: each parameter by name, and what makes them live and visible."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cpctl.core.change import Change, Delete, sides
from cpctl.core.guc import hidden
from cpctl.core.kind import Survey
from cpctl.core.resource import Address, Resource
from cpctl.core.rights import HAS_SET_OPTION, Grantee, Request, Right
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
    secret = [resource for resource in declared if hidden(resource.address.name)]
    for resource in secret:
        why = "see this setting, which is shown to few"
        sql = request.grantee.gets("pg_read_all_settings")
        yield Right(sql, why, resource.address, superuser=True)
    if not request.applies:
        yield from _seeing(declared, request, server)
    elif not request.inherits_all:
        yield from _system(survey, declared, request, server)
        yield from _database(survey, declared, request)


def _seeing(
    declared: Iterable[Resource], request: Request, server: ServerSettings
) -> Iterator[Right]:
    """Without the files' rows a session's own value is compared, unless something overrules it."""
    system = [resource for resource in declared if resource.fields["store"] == "system"]
    shadowed = [resource for resource in system if resource.address.name in server.shadows]
    for resource in shadowed:
        yield from _files(request.grantee, "its own value is overruled here", resource.address)
    if system and not shadowed:
        why = "see settings in scope that the file lacks, and what no reload has made live"
        yield from _files(request.grantee, why, None, optional=True)


def _files(
    grantee: Grantee, why: str, address: Address | None, *, optional: bool = False
) -> Iterator[Right]:
    """Reading the view runs the function with the reader's own rights, so it takes both."""
    function, public = "EXECUTE ON FUNCTION pg_show_all_file_settings()", grantee.public
    if not public.files:
        right = grantee.gets("SELECT ON pg_file_settings")
        yield Right(right, why, address, optional, superuser=True)
    if not public.files_function:
        yield Right(grantee.gets(function), why, address, optional, superuser=True)


def _system(
    survey: Survey, declared: Iterable[Resource], request: Request, server: ServerSettings
) -> Iterator[Right]:
    changed = [c.address for c in survey.changes if "system" in _stores(c)]
    fresh = [resource.address for resource in declared if resource.fields["store"] == "system"]
    needed = [a for a in fresh if _written(a.name, server)] + changed
    grantee = request.grantee
    if (fresh or changed) and not request.powerful:
        yield Right("", _CONTROL_PLANE)
    for address in sorted({*fresh, *changed}):
        if f"ALTER SYSTEM {address.name}" not in grantee.public.parameters:
            right = f"ALTER SYSTEM ON PARAMETER {parameter_name(address.name)}"
            spare = address not in needed
            why = "change it, which it is equal to today" if spare else "set it"
            yield Right(grantee.gets(right), why, address, spare, superuser=True)
    if fresh or changed:
        yield from _whole(grantee, optional=not needed)


def _whole(grantee: Grantee, *, optional: bool) -> Iterator[Right]:
    if not grantee.public.reload:
        right = grantee.gets("EXECUTE ON FUNCTION pg_reload_conf()")
        why = "make settings of the server live"
        yield Right(right, why, optional=optional, superuser=True)
    yield from _files(grantee, "see them in the server's files", None, optional=optional)


def _written(name: str, server: ServerSettings) -> bool:
    """Whether a server without the file's settings would lack this one: a default may equal it."""
    entry = server.files.get(name)
    return name not in server.reals or (entry is not None and entry.auto)


def _database(survey: Survey, declared: Iterable[Resource], request: Request) -> Iterator[Right]:
    changed = [change for change in survey.changes if "database" in _stores(change)]
    fresh = [resource for resource in declared if resource.fields["store"] == "database"]
    if not fresh and not changed:
        return
    database, grantee = survey.context.capabilities.database, request.grantee
    version = survey.context.capabilities.server_version_num
    yield Right(
        _owning(database, grantee, version),
        f"ALTER DATABASE {identifier(database)} SET is its owner's",
        superuser=grantee.owner_superuser,
    )
    set_here = {c.address for c in changed if not isinstance(c, Delete)}
    for address in sorted(set_here | {resource.address for resource in fresh}):
        if f"SET {address.name}" not in grantee.public.parameters:
            right = f"SET ON PARAMETER {parameter_name(address.name)}"
            yield Right(grantee.gets(right), "set it", address, superuser=True)


def _owning(database: str, grantee: Grantee, version: int) -> str:
    """The owner's rights: by membership, but never in a superuser, who owns far more than this."""
    owner = grantee.database_owner
    if owner == grantee.name or grantee.owner_superuser or not grantee.inherits:
        return f"ALTER DATABASE {identifier(database)} OWNER TO {identifier(grantee.name)};"
    option = " WITH INHERIT TRUE" if version >= HAS_SET_OPTION else ""
    return grantee.gets(identifier(owner), option)


def _stores(change: Change) -> frozenset[str]:
    return frozenset(store for side in sides(change) for store in stores_of(side))
