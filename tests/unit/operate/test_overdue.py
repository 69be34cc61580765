"""How late a job is, for every kind of schedule."""

from __future__ import annotations

from datetime import datetime

import pytest

from cpctl.core.speech import Clock
from cpctl.operate.overdue import lateness

NOW = "2026-11-25T12:00:30Z"
MINUTE, HOUR = 60, 3600


@pytest.mark.parametrize(
    ("schedule", "since", "zone", "late"),
    [
        ("0 3 * * *", "2026-11-25T03:00:00.040Z", "GMT", 0),
        ("0 3 * * *", "2026-11-24T03:00:00.040Z", "GMT", 9 * HOUR + 30),
        ("0 3 * * *", "2026-11-24T03:00:00.040Z", "Europe/Berlin", 10 * HOUR + 30),
        ("* * * * *", "2026-11-25T11:59:59.999Z", "GMT", 30),
        ("* * * * *", "2026-11-25T12:00:00.000Z", "GMT", 0),
        ("*/5 * * * *", "2026-11-25T11:49:00.000Z", "GMT", 10 * MINUTE + 30),
        ("30 seconds", "2026-11-25T11:59:55.000Z", "GMT", 5),
        ("30 seconds", "2026-11-25T12:00:10.000Z", "GMT", 0),
        ("0 0 31 2 *", "2020-01-01T00:00:00.000Z", "GMT", 0),
        ("@reboot", "2020-01-01T00:00:00.000Z", "GMT", 0),
        ("no schedule", "2020-01-01T00:00:00.000Z", "GMT", 0),
    ],
)
def test_lateness(schedule: str, since: str, zone: str, late: float) -> None:
    assert lateness(Clock("1.6", zone, NOW))(schedule, datetime.fromisoformat(since)) == late
