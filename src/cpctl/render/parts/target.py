"""The database that every JSON document names."""

from __future__ import annotations

from cpctl.core.plan import Target
from cpctl.render.shapes import TargetShape


def target_json(target: Target) -> TargetShape:
    """Which database was looked at."""
    return {
        "system_identifier": target.system_identifier,
        "host": target.host,
        "database": target.database,
        "server_version": target.server_version,
        "pg_cron_version": target.pg_cron_version,
        "role": target.role,
    }
