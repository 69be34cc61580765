"""What can be said about settings beyond their diff: refusals, hazards and notes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from cpctl.core.acting import grant
from cpctl.core.change import Change, Create, Delete, Update, sides
from cpctl.core.finding import Finding
from cpctl.core.guc import is_custom
from cpctl.core.kind import Context, Survey
from cpctl.core.resource import Address, Resource, Sealed
from cpctl.core.settings import ServerSettings
from cpctl.core.sql import identifier, parameter_name
from cpctl.errors import DeclaredError, Fault, Refused

CAN_STOP = frozenset(
    "cron.database_name cron.host data_directory dynamic_shared_memory_type hba_file huge_pages "
    "listen_addresses max_connections max_worker_processes port shared_buffers "
    "shared_preload_libraries ssl ssl_cert_file ssl_key_file unix_socket_directories".split()
)
"""Settings whose wrong value keeps the server, or pg_cron, from starting again."""


def refusals(survey: Survey, server: ServerSettings) -> tuple[Finding, ...]:
    """Everything that would stop these changes, found before anything is written.

    Raises DeclaredError for a name that is neither a real setting nor a placeholder.
    """
    changes, context = survey.changes, survey.context
    unknown = [c for c in changes if isinstance(c, Create) and "." not in c.address.name]
    if unknown:
        raise DeclaredError(tuple(_unknown(change) for change in unknown))
    system = [change for change in changes if "system" in _stores(change)]
    found = [_right(change, server, context) for change in changes]
    found += [_pooled(change, server, context) for change in system]
    return (*_server_wide(system, server, context), *(f for f in found if f is not None))


KNOWS_PLACEHOLDERS = 170000
"""Below this, ALTER SYSTEM takes a custom name only in a session that knows it (42704)."""


def _pooled(change: Change, server: ServerSettings, context: Context) -> Finding | None:
    """A name that no file has ever had must be set in the session first; a pooler keeps none."""
    capabilities, name = context.capabilities, change.address.name
    if not capabilities.pooled or capabilities.server_version_num >= KNOWS_PLACEHOLDERS:
        return None
    if name in server.reals or name in server.files:
        return None
    what = (
        "cannot be set through a connection pooler: before PostgreSQL 17, ALTER SYSTEM takes a new "
        "name only in a session that has set it, and a pooler keeps no session"
    )
    return Finding("POOLED", what, change.address, "connect directly, or use store: database")


def _stores(change: Change) -> frozenset[str]:
    return frozenset(
        store
        for side in sides(change)
        if side is not None
        for store in str(side.fields["store"]).split(" and ")
    )


def _unknown(change: Change) -> Fault:
    _, after = sides(change)
    where = after.origin.place if after and after.origin else None
    return Fault(
        f"this server has no setting {change.address.name}",
        str(where or change.address),
        "check the spelling; settings of your own have two parts, like app.name",
    )


def _server_wide(
    system: Sequence[Change], server: ServerSettings, context: Context
) -> Iterable[Finding]:
    """Preflight of ALTER SYSTEM: it succeeds, and nothing goes live, where a file has an error."""
    if not system:
        return
    capabilities = context.capabilities
    address, role = system[0].address, capabilities.role
    if not capabilities.alter_system_allowed:
        remedy = "set allow_alter_system = on in postgresql.conf, or use store: database"
        what = "cannot be set: this server forbids ALTER SYSTEM"
        yield Finding("ALTER_SYSTEM_OFF", what, address, remedy)
    for error in server.errors:
        what = f"cannot go live, because a configuration file has an error: {error}"
        yield Finding("CONFIG_FILE_ERROR", what, address, "mend that line, then run this again")
    if not capabilities.reload:
        right = "EXECUTE ON FUNCTION pg_reload_conf()"
        yield Finding("MISSING_RIGHT", "pg_reload_conf", address, grant(right, role))
    if not capabilities.file_settings:
        yield Finding("MISSING_RIGHT", "pg_file_settings", address, _file_grants(role))


def check_readable(
    name: str, wanted: Resource | None, server: ServerSettings, context: Context
) -> None:
    """Raises Refused where the value could be seen, but not by this role."""
    capabilities = context.capabilities
    rights, role = server.rights.get(name), capabilities.role
    if wanted is not None and rights is not None and rights.hidden:
        raise Refused(
            f"{role} may not read setting.{name}: hidden is not absent. Nothing was written.",
            remedy=grant("pg_read_all_settings", role),
        )
    in_files = wanted is not None and wanted.fields.get("store") == "system"
    if capabilities.file_settings or name not in server.shadows or not in_files:
        return
    raise Refused(
        f"{capabilities.role} may not read pg_file_settings, and setting.{name} is overruled by "
        f"{server.shadows[name]}: its value cannot be seen. Nothing was written.",
        remedy=_file_grants(capabilities.role),
    )


def _file_grants(role: str) -> str:
    function = "EXECUTE ON FUNCTION pg_show_all_file_settings()"
    return f"{grant('SELECT ON pg_file_settings', role)} {grant(function, role)}"


def _right(change: Change, server: ServerSettings, context: Context) -> Finding | None:
    capabilities, name = context.capabilities, change.address.name
    rights = server.rights.get(name)
    if capabilities.superuser or rights is None:
        return None
    stores = _stores(change)
    if "system" in stores and not rights.alter_system:
        right = grant(f"ALTER SYSTEM ON PARAMETER {parameter_name(name)}", capabilities.role)
        return Finding("MISSING_RIGHT", "ALTER SYSTEM", change.address, right)
    database = identifier(capabilities.database)
    if "database" in stores and not rights.owns_database:
        remedy = f"ALTER DATABASE {database} OWNER TO {identifier(capabilities.role)};"
        return Finding("MISSING_RIGHT", "ALTER DATABASE", change.address, remedy)
    if "database" in stores and not rights.set and not isinstance(change, Delete):
        right = grant(f"SET ON PARAMETER {parameter_name(name)}", capabilities.role)
        return Finding("MISSING_RIGHT", "ALTER DATABASE … SET", change.address, right)
    return None


def hazards(change: Change, stores: Collection[str]) -> tuple[Finding, ...]:
    """What a reviewer must know: `stores` is where the value will be written."""
    before, after = sides(change)
    address = change.address
    found = []
    if after is not None and isinstance(after.fields["value"], Sealed) and "system" in stores:
        what = "the reload writes this value to the server's log; `store: vault` does not"
        found.append(Finding("SECRET_IN_LOG", what, address))
    known = after or before
    if known is not None and known.facts.get("context") == "postmaster":
        found.append(Finding("RESTART_REQUIRED", "it waits for a restart of the server", address))
    if address.name in CAN_STOP:
        what = "PostgreSQL does not check this value; a wrong one can keep it from starting"
        found.append(Finding("CAN_STOP_SERVER", what, address))
    return tuple(found)


def notes(survey: Survey, server: ServerSettings) -> tuple[Finding, ...]:
    """What holds although nothing will be changed, and what a reload will change besides."""
    ours = {address.name: resource for address, resource in survey.declared.items()}
    leaving = {
        it.address for it in survey.changes if isinstance(it, Update) and "store" in it.changed
    }
    found = [note for it in ours.values() for note in _declared_notes(it, server, leaving)]
    found += [
        *_left_behind(ours, server, survey.context),
        *_elsewhere(ours, server, survey.context),
        *_others(survey.changes, ours, server, survey.context),
    ]
    return tuple(found)


def _declared_notes(
    declared: Resource, server: ServerSettings, leaving: Collection[Address]
) -> Iterable[Finding]:
    """`leaving`: what this plan moves out of the other store, which then overrules nothing."""
    address = declared.address
    real = server.reals.get(address.name)
    if real is not None and real.pending_restart:
        what = "waits for a restart of the server; until then the old value holds."
        yield Finding("PENDING_RESTART", what, address)
    shadow, store = server.shadows.get(address.name), declared.fields.get("store")
    of_database = shadow is not None and shadow.startswith("ALTER DATABASE")
    if shadow and store and not (of_database and (store == "database" or address in leaving)):
        what = f"is overruled by {shadow}: new sessions of this role do not see the file's value."
        yield Finding("SHADOWED", what, address)


def _left_behind(
    ours: Mapping[str, Resource], server: ServerSettings, context: Context
) -> Iterable[Finding]:
    """Declared for the database, and a copy in the server's file that the file may not remove."""
    scope = context.scope.get("settings")
    for name, declared in ours.items():
        entry = server.files.get(name)
        if declared.fields.get("store") != "database" or entry is None:
            continue
        if not entry.auto or scope is None or not scope.covers(name):
            what = f"also stands in {entry.file}, where it stays: scope.settings does not have it."
            yield Finding("LEFT_BEHIND", what, declared.address)


def _elsewhere(
    ours: Collection[str], server: ServerSettings, context: Context
) -> Iterable[Finding]:
    """In scope, undeclared, and standing where cpctl removes nothing."""
    scope = context.scope.get("settings")
    for name in dict.fromkeys((*server.files, *server.database)):
        if name in ours or scope is None or not (is_custom(name) and scope.covers(name)):
            continue
        entry = server.files.get(name)
        where = entry.file if entry and not entry.auto else ""
        if entry is None and context.store != "database":
            where = f"ALTER DATABASE {context.capabilities.database} SET"
        if where:
            what = f"is in scope but not in the file, and is set in {where}: it is left alone."
            yield Finding("SET_ELSEWHERE", what, Address("setting", name))


def _others(
    changes: Sequence[Change], ours: Collection[str], server: ServerSettings, context: Context
) -> Iterable[Finding]:
    edits = server.pending_edits(frozenset(ours)) if context.capabilities.file_settings else ()
    if edits and any("system" in _stores(change) for change in changes):
        names = ", ".join(edits)
        what = f"RELOAD_APPLIES_OTHERS: the reload also applies what others edited: {names}"
        yield Finding("RELOAD_APPLIES_OTHERS", what)
