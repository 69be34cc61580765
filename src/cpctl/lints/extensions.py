"""What can be said about changes of extensions: what the server lacks, and who may not."""

from __future__ import annotations

from cpctl.core.acting import grant
from cpctl.core.capabilities import Capabilities
from cpctl.core.change import Change, Create, Delete, Update
from cpctl.core.extension_calls import altered, created, dropped
from cpctl.core.extension_server import Offer, Server, read_server, superusers
from cpctl.core.finding import Finding
from cpctl.core.foresee import PG_CRON
from cpctl.core.kind import Survey
from cpctl.core.ledger import Memory, Remembered
from cpctl.core.neighbours import neighbours
from cpctl.core.resource import Address
from cpctl.core.sql import identifier

_SOURCES = {
    "http": "apt-get install postgresql-{major}-http (PGDG, Debian)",
    PG_CRON: "apt-get install postgresql-{major}-cron (PGDG, Debian), "
    "shared_preload_libraries = 'pg_cron', and restart the server",
    "pg_net": "it comes with its project, https://github.com/supabase/pg_net, or the host's "
    "dashboard",
}
_ELSEWHERE = "install the package that has {name}.control, or see what the host's dashboard offers"


def made(past: Remembered | None) -> bool:
    """Whether an apply created it, and did not find it there."""
    return past is not None and past.facts.get("made") is True


def stays(address: Address, memory: Memory) -> str:
    """Why it is left alone although the file has it no more; empty where it may go."""
    if address.name == PG_CRON:
        return "to drop it would remove every job, and what is known of their runs"
    if not made(memory.recall(address)):
        return "it was there before an apply of this file had it"
    others = neighbours(address, memory)
    return f"the file {others[0]} has it too" if others else ""


def notes(survey: Survey) -> tuple[Finding, ...]:
    """Extensions that the file has no more, and that are left."""
    file, memory = survey.context.file, survey.context.memory
    left = (a for a in survey.actual if a not in survey.declared and memory.reason(a, file))
    return tuple(
        Finding("EXTENSION_STAYS", f"is not in {file} any more, and stays: {why}.", a)
        for a, why in ((a, stays(a, memory)) for a in left)
        if why
    )


def refusals(survey: Survey) -> tuple[Finding, ...]:
    """What the server does not have, and what the role may not do."""
    server, capabilities = read_server(survey.rows), survey.context.capabilities
    coming = {change.address.name for change in survey.changes if isinstance(change, Create)}
    found = (_wrong(change, server, capabilities, coming) for change in survey.changes)
    return tuple(finding for finding in found if finding is not None)


def _wrong(
    change: Change, server: Server, capabilities: Capabilities, coming: set[str]
) -> Finding | None:
    match change:
        case Create():
            # Nothing was asked where everything was there a moment ago: the server will say.
            if server.offers is None:
                return None
            return _not_made(change, server, capabilities, coming) or _may_not_make(
                change, server, capabilities
            )
        case Update():
            return _not_altered(change, server) or _may_not_alter(change, server, capabilities)
        case Delete(before=before):
            return _not_owner(change, (dropped(before),), server, capabilities)


def _not_made(
    change: Create, server: Server, capabilities: Capabilities, coming: set[str]
) -> Finding | None:
    address, fields = change.address, change.after.fields
    offer, schema = server.offer(address.name, fields.get("version")), fields.get("schema")
    if offer is None:
        return _no_offer(change, server, capabilities)
    if offer.schema not in (None, schema):
        what = f"can only be in the schema {offer.schema}, and not in {schema}"
        return Finding(
            "EXTENSION_SCHEMA", what, address, f"schema: {offer.schema}, or leave it out"
        )
    lacking = [one for one in offer.requires if one not in server.here and one not in coming]
    if lacking:
        what = f"requires {', '.join(lacking)}, which is not here"
        named = ", ".join(f"{one}: {{}}" for one in lacking)
        return Finding("EXTENSION_REQUIRES", what, address, f"extensions: {{{named}}}")
    return None if offer.schema else _no_schema(address, str(schema), server)


def _no_offer(change: Create, server: Server, capabilities: Capabilities) -> Finding:
    address, found = change.address, (server.offers or {}).get(change.address.name, ())
    if found:
        return _no_version(change, found)
    major = capabilities.server_version_num // 10000
    remedy = _SOURCES.get(address.name, _ELSEWHERE).format(major=major, name=address.name)
    return Finding("EXTENSION_MISSING", "is not available on this server", address, remedy)


def _no_version(change: Create | Update, found: tuple[Offer, ...]) -> Finding:
    here = f"from {change.before.fields['version']} " if isinstance(change, Update) else ""
    version = change.after.fields["version"]
    known = [one.version for one in found if one.leads or not here]
    what = f"cannot get {here}to version {version} on this server"
    ways = f"there is {', '.join(known)}; or leave the version out" if known else "leave it out"
    return Finding("EXTENSION_VERSION", what, change.address, ways)


def _no_schema(address: Address, schema: str, server: Server) -> Finding | None:
    if schema in server.schemas:
        return None
    remedy = f"CREATE SCHEMA {identifier(schema)}; or schema: another"
    return Finding("EXTENSION_SCHEMA", f"has no schema {schema} to go to", address, remedy)


def _not_altered(change: Update, server: Server) -> Finding | None:
    name, fields = change.address.name, change.after.fields
    if server.offers is None:
        return None
    if "version" in change.changed:
        offer = server.offer(name, fields["version"])
        if offer is None or not offer.leads:
            return _no_version(change, server.offers.get(name, ()))
    if "schema" in change.changed:
        there = change.before.fields["schema"]
        if not server.here[name].relocatable:
            what = f"is in the schema {there}, and cannot be moved to {fields['schema']}"
            remedy = f"schema: {there}, or leave it out"
            return Finding("EXTENSION_SCHEMA", what, change.address, remedy)
        return _no_schema(change.address, str(fields["schema"]), server)
    return None


def _may_not_make(change: Create, server: Server, capabilities: Capabilities) -> Finding | None:
    name, offer = change.address.name, server.offer(change.address.name, _version(change))
    if capabilities.superuser or name in server.lent or offer is None:
        return None
    if offer.superuser and not offer.trusted:
        what, sql = "CREATE EXTENSION is a superuser's", f"{created(change.after)};"
        return Finding("MISSING_RIGHT", what, change.address, sql)
    return _may_not_create(change, server, capabilities)


def _may_not_create(change: Change, server: Server, capabilities: Capabilities) -> Finding | None:
    if server.creates:
        return None
    right = f"CREATE ON DATABASE {identifier(capabilities.database)}"
    remedy = grant(right, capabilities.role)
    return Finding("MISSING_RIGHT", "CREATE", change.address, remedy)


def _version(change: Create | Update) -> object:
    return change.after.fields.get("version")


def _may_not_alter(change: Update, server: Server, capabilities: Capabilities) -> Finding | None:
    name, ways = change.address.name, altered(change)
    found = _not_owner(change, ways, server, capabilities)
    if found or capabilities.superuser or name in server.lent or server.offers is None:
        return found
    if superusers(change, server):
        sql = " ".join(f"{way};" for way in ways)
        what = "ALTER EXTENSION is a superuser's"
        return Finding("MISSING_RIGHT", what, change.address, sql)
    schema = str(change.after.fields["schema"])
    if "schema" in change.changed and schema not in server.open:
        remedy = grant(f"CREATE ON SCHEMA {identifier(schema)}", capabilities.role)
        return Finding("MISSING_RIGHT", "CREATE", change.address, remedy)
    return _may_not_create(change, server, capabilities) if "version" in change.changed else None


def _not_owner(
    change: Update | Delete, ways: tuple[str, ...], server: Server, capabilities: Capabilities
) -> Finding | None:
    found = server.here[change.address.name]
    if found.owned or capabilities.superuser or found.name in server.lent:
        return None
    sql = " ".join(f"{sql};" for sql in ways)
    return Finding("MISSING_RIGHT", f"belongs to {found.owner}", change.address, sql)
