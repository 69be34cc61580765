"""What a server gives reason to say, whatever the file declares: how it is reached, and how old."""

from __future__ import annotations

from collections.abc import Iterator

from cpctl.core.capabilities import Capabilities
from cpctl.core.finding import Finding

OLDEST_POSTGRES, NEWEST_POSTGRES = 15, 17
OLDEST_PG_CRON, NEWEST_PG_CRON = (1, 4), (1, 6)
"""What the tests run against is between these: docs/servers.md."""


def notes(capabilities: Capabilities) -> tuple[Finding, ...]:
    """The notes of every plan and diff on this server."""
    return (*_open(capabilities), *_untested(capabilities), *_behind(capabilities))


def _open(capabilities: Capabilities) -> Iterator[Finding]:
    if capabilities.cleartext:
        where = f"{capabilities.host}:{capabilities.port}"
        what = (
            f"The connection to {where} is not encrypted: the password and every secret travel in "
            "clear."
        )
        remedy = "sslmode=verify-full in the URL, or PGSSLMODE=verify-full"
        yield Finding("NO_TLS", what, None, remedy)


def _untested(capabilities: Capabilities) -> Iterator[Finding]:
    major, cron = capabilities.server_version_num // 10000, _pair(capabilities.pg_cron_version)
    odd = []
    if not OLDEST_POSTGRES <= major <= NEWEST_POSTGRES:
        odd.append(f"PostgreSQL {capabilities.postgres_version}")
    if cron is not None and not OLDEST_PG_CRON <= cron <= NEWEST_PG_CRON:
        odd.append(f"pg_cron {capabilities.pg_cron_version}")
    if odd:
        what = (
            f"cpctl was not tested with {' and '.join(odd)}, but with PostgreSQL 15 and 17 and "
            "pg_cron 1.4 and 1.6."
        )
        remedy = "try it in cpctl sandbox, or read docs/servers.md"
        yield Finding("UNTESTED_SERVER", what, None, remedy)


def _behind(capabilities: Capabilities) -> Iterator[Finding]:
    library, extension = _pair(capabilities.library_version), _pair(capabilities.pg_cron_version)
    if library and extension and library > extension:
        what = (
            f"pg_cron's library is {capabilities.library_version}, and its SQL is still that of "
            f"{capabilities.pg_cron_version}."
        )
        yield Finding("EXTENSION_BEHIND", what, None, "ALTER EXTENSION pg_cron UPDATE;")


def _pair(version: str | None) -> tuple[int, int] | None:
    """`1.6.8` is (1, 6); None for what is no version."""
    major, _, rest = (version or "").partition(".")
    minor = rest.partition(".")[0]
    return (int(major), int(minor)) if major.isdigit() and minor.isdigit() else None
