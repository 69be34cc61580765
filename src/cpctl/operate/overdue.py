"""How late a job is: one number for every schedule, so that one alert rule is enough for all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache

from cpctl.core.speech import Clock
from cpctl.schedule.meaning import Interval
from cpctl.schedule.server import release_for
from cpctl.schedule.speech import next_run
from cpctl.schedule.verdict import meaning_of


def lateness(clock: Clock) -> Callable[[str, datetime], float]:
    """Seconds since the first start that a schedule had after a moment.

    0 where that is still to come, and where nobody knows when it comes.
    """
    now = datetime.fromisoformat(clock.as_of)

    @cache
    def due(schedule: str, minute: datetime) -> datetime | None:
        """Starts are at full minutes, and many jobs share a schedule and a minute."""
        found = next_run(schedule, clock._replace(as_of=minute.isoformat()))
        return datetime.fromisoformat(found) if found else None

    def late(schedule: str, since: datetime) -> float:
        meaning = meaning_of(schedule, release_for(clock.pg_cron))
        if isinstance(meaning, Interval):
            start = since + timedelta(seconds=meaning.seconds)
        else:
            known = due(schedule, since.replace(second=0, microsecond=0))
            if known is None:
                return 0.0
            start = known
        return max(0.0, (now - start).total_seconds())

    return late
