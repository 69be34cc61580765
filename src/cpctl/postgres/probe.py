"""From the probe's one row to what the server is, and what the role may do there."""

from __future__ import annotations

import json
from typing import Any

import psycopg
from psycopg.rows import TupleRow

from cpctl.core.capabilities import Capabilities, OwnerRights

_FACTS = (
    "system_identifier database role server_version server_version_num extension_version "
    "cron_database timezone as_of superuser standby rows_hidden cron_usage jobs_readable "
    "superuser_jobs functions reload file_settings alter_system_allowed read_only backend owners"
).split()


def capabilities(row: TupleRow, info: psycopg.ConnectionInfo) -> Capabilities:
    """`pooled`: a pooler makes up the process id that it tells at login."""
    facts = dict(zip(_FACTS, row, strict=True))
    backend = facts.pop("backend")
    owners = {found["name"]: _owner(found) for found in json.loads(facts["owners"])}
    facts |= {"owners": owners, "functions": frozenset(facts["functions"] or ())}
    return Capabilities(
        host=info.host or "localhost", port=info.port, pooled=backend != info.backend_pid, **facts
    )


def _owner(found: dict[str, Any]) -> OwnerRights:
    return OwnerRights(**{**found, "functions": frozenset(found["functions"])})
