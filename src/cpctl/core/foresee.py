"""What a server will be once the extensions that the file makes are there.

Jobs can be planned before pg_cron is made: one transaction makes both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from cpctl.core.capabilities import Capabilities
from cpctl.core.cron_calls import SIGNATURES

PG_CRON = "pg_cron"


def foreseen(capabilities: Capabilities, declared: Mapping[str, str | None]) -> Capabilities:
    """With pg_cron as whoever makes it will find it, where the file does. Versions by name.

    A host that makes it for a plain role grants what it has to; the verification would tell.
    """
    missing = frozenset(declared) - capabilities.extensions.keys()
    if PG_CRON not in missing:
        return replace(capabilities, foreseen=missing) if missing else capabilities
    return replace(
        capabilities,
        foreseen=missing,
        extension_version=declared[PG_CRON] or _newest(capabilities),
        cron_usage=True,
        jobs_readable=True,
        jobs_writable=capabilities.superuser,
        functions=frozenset(SIGNATURES),
    )


def _newest(capabilities: Capabilities) -> str:
    """What the library makes, in two digits; empty where the role may not know."""
    return ".".join((capabilities.library_version or "").split(".")[:2])
