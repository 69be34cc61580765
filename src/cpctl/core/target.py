"""Whether this is the database the file is for, and one that cpctl can work with."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from fnmatch import fnmatchcase
from typing import NamedTuple

from cpctl.core.acting import acting, grant, membership
from cpctl.core.capabilities import Capabilities
from cpctl.core.foresee import PG_CRON
from cpctl.core.sql import identifier, literal
from cpctl.errors import CpctlError, Place, Refused

OLDEST = 150000
"""has_parameter_privilege and the grants it reads exist from PostgreSQL 15 on."""

_SUPABASE_HOST = re.compile(r"(?:db\.)?([a-z0-9]{20})\.supabase\.(?:co|com|net)")
_SUPABASE_ROLE = re.compile(r"[a-z_]+\.([a-z0-9]{20})")


class Expected(NamedTuple):
    """The globs of the file's `expect`, and a way to find where one is written.

    `owner_missing`: the file declares jobs without saying whose they are. `extensions`: those that
    the file has, with the version that it says of each, if any.
    """

    file: str
    owner_missing: bool
    globs: Mapping[str, str]
    place: Callable[[str], Place | None]
    extensions: Mapping[str, str | None]


def check_target(expected: Expected, capabilities: Capabilities) -> None:
    """Raises Refused where `expect` names another database, CpctlError where pg_cron is not.

    Refused, too, where rows that matter are hidden: what may not be seen never counts as absent.
    """
    check_expect(expected, capabilities)
    _check_server(capabilities)
    _check_visible(capabilities)
    if expected.owner_missing and capabilities.rows_hidden:
        role = capabilities.role
        raise Refused(
            f"row security hides other owners' jobs from {role}, and the file does not say whose "
            "its jobs are: some may exist already. Nothing was written.",
            remedy=f"defaults: {{username: {role}}} or ALTER ROLE {identifier(role)} BYPASSRLS;",
        )


def check_expect(expected: Expected, capabilities: Capabilities) -> None:
    """Raises Refused where the file says that it is for another database."""
    found = {
        "host": capabilities.host,
        "database": capabilities.database,
        "system_identifier": capabilities.system_identifier,
        "timezone": capabilities.timezone,
        "supabase": supabase_project(capabilities),
    }
    wrong = [key for key, glob in expected.globs.items() if not fnmatchcase(found[key], glob)]
    if wrong:
        raise Refused(
            f"{expected.file} is not for this database. Nothing was written.",
            details=tuple(_mismatch(key, expected, found[key], capabilities) for key in wrong),
            remedy="connect to the right one, or use another environment: "
            f"-f {expected.file} -f OVERLAY",
        )


def _mismatch(key: str, expected: Expected, found: str, capabilities: Capabilities) -> str:
    at = expected.place(key)
    place = f"  ({at.file}:{at.line})" if at else ""
    there = f"{found}:{capabilities.port}" if key == "host" else found or "none"
    return f'expect.{key}  "{expected.globs[key]}"{place}      connected to  {there}'


def supabase_project(capabilities: Capabilities) -> str:
    """The project's ref, which stands in the host, or behind a pooler in the role."""
    found = _SUPABASE_HOST.fullmatch(capabilities.host)
    found = found or _SUPABASE_ROLE.fullmatch(capabilities.role)
    return found[1] if found else ""


def _check_server(capabilities: Capabilities) -> None:
    where = f"database {capabilities.database}"
    if capabilities.server_version_num < OLDEST:
        what = f"PostgreSQL {capabilities.postgres_version} is older than 15"
        raise CpctlError(what, remedy="cpctl works with PostgreSQL 15 and newer")
    home = capabilities.cron_database
    if home is not None and home != capabilities.database:
        remedy = f"connect to the database {home}"
        raise CpctlError(f"pg_cron lives in another database, {home}", where=where, remedy=remedy)
    if PG_CRON in capabilities.foreseen:
        _check_preloaded(capabilities, where)
    elif capabilities.extension_version is None:
        loaded = "" if home else "shared_preload_libraries = 'pg_cron' and a restart, then: "
        remedy = f"{loaded}CREATE EXTENSION pg_cron; or in the file: extensions: {{pg_cron: {{}}}}"
        raise CpctlError("the extension pg_cron is not there", where=where, remedy=remedy)
    elif home is None and capabilities.superuser:
        remedy = "shared_preload_libraries = 'pg_cron' in postgresql.conf, then restart the server"
        raise CpctlError("pg_cron is installed but not loaded", where=where, remedy=remedy)


def _check_preloaded(capabilities: Capabilities, where: str) -> None:
    """Raises CpctlError: it can only be made where the server was started with its library.

    A plain role may not see that, and then its server will say.
    """
    known, libraries = capabilities.preloaded, _names(capabilities.preloaded or "")
    if capabilities.library_version or known is None or PG_CRON in libraries:
        return
    major, wanted = capabilities.server_version_num // 10000, [*libraries, PG_CRON]
    raise CpctlError(
        "the extension pg_cron cannot be made here: the server was not started with its library. "
        "Nothing was written.",
        where=where,
        remedy=f"apt-get install postgresql-{major}-cron (PGDG, Debian) where that is missing; "
        f"ALTER SYSTEM SET shared_preload_libraries = {', '.join(map(literal, wanted))}; restart "
        "the server, then run the same command again",
    )


def _names(libraries: str) -> list[str]:
    found = (name.strip().strip('"') for name in libraries.split(","))
    return [name for name in found if name]


def _check_visible(capabilities: Capabilities) -> None:
    """Raises Refused: what a role may not see must never count as absent."""
    role, hidden = capabilities.role, sorted(_hidden_owners(capabilities))
    faults: list[tuple[str, str]] = []
    if not capabilities.cron_usage:
        what = f"{role} may not use the schema cron"
        faults.append((what, grant("USAGE ON SCHEMA cron", role)))
    if not capabilities.jobs_readable:
        what = f"{role} may not read cron.job"
        faults.append((what, grant("SELECT ON cron.job", role)))
    for owner in _without_cron(capabilities):
        right = grant("USAGE ON SCHEMA cron", owner)
        faults.append(
            (f"{owner}, whose jobs the file declares, may not use the schema cron", right)
        )
    if hidden:
        names = ", ".join(hidden)
        what = f"row security hides the jobs of {names} from {role}; hidden is not absent"
        members = " ".join(membership(owner, capabilities) for owner in hidden)
        faults.append((what, f"{members} or ALTER ROLE {identifier(role)} BYPASSRLS;"))
    if faults:
        what, remedy = "; ".join(what for what, _ in faults), " ".join(it for _, it in faults)
        raise Refused(f"{what}. Nothing was written.", remedy=remedy)


def _hidden_owners(capabilities: Capabilities) -> Iterable[str]:
    if capabilities.rows_hidden:
        for name, owner in capabilities.owners.items():
            if owner.exists and acting(name, capabilities) is None:
                yield name


def _without_cron(capabilities: Capabilities) -> Iterable[str]:
    """Owners as whom their jobs would have to be read."""
    if capabilities.rows_hidden:
        for name, owner in sorted(capabilities.owners.items()):
            if acting(name, capabilities) == "assumed" and not owner.cron_usage:
                yield name
