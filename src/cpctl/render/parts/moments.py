"""A moment of the database's clock as people say it, in the scheduler's zone."""

from __future__ import annotations

from datetime import datetime


def moment(at: str, timezone: str) -> str:
    """`Mon 23 Nov 13:37 GMT` of an ISO 8601 text; UTC where only PostgreSQL knows the zone."""
    from cpctl.schedule.speech import known_zone, zone_of

    local = datetime.fromisoformat(at).astimezone(zone_of(timezone))
    label = timezone if known_zone(timezone) else "UTC"
    return f"{local:%a} {local.day} {local:%b %H:%M} {label}"
