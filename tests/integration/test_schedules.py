"""The schedule room against pg_cron itself: what it accepts, and when it fires."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import psycopg
import pytest

from cpctl.schedule.fires import next_fires
from cpctl.schedule.server import read
from cpctl.schedule.verdict import Invalid, judge
from ground import RELEASES, Cluster
from tests.servers import Database
from tests.unit.schedule import drawn
from tests.unit.schedule.corpus import TEXTS, VERDICTS

SPOKEN = {"15": "1.4", "17": "1.6"}
COLUMN = {"15": "1.4.2", "17": "1.6.5"}
GENERATED = 6000
TRY = """
create function pg_temp.accepts(schedule text) returns boolean language plpgsql as $$
begin
  perform cron.schedule('tried', schedule, 'select 1');
  raise exception using errcode = 'P0099';  -- takes the job away again
exception
  when sqlstate 'P0099' then return true;
  when sqlstate '22023' then return false;
end $$
"""


def accepted(database: Database, texts: list[str]) -> dict[str, bool]:
    """What the server itself says of each, in one transaction that is rolled back."""
    with psycopg.connect(database.url()) as session:
        session.execute(TRY)
        query = "select s, pg_temp.accepts(s) from unnest(%s::text[]) s"
        found: dict[str, bool] = dict(session.execute(query, (texts,)).fetchall())
        session.rollback()
    assert len(found) == len(set(texts))
    return found


def compare(database: Database, texts: list[str]) -> Counter[bool]:
    version, server = SPOKEN[database.version], accepted(database, texts)
    wrong = {
        text: said for text, said in server.items() if said != (read(text, version) is not None)
    }
    assert wrong == {}
    refused = {text for text in texts if isinstance(judge(text, version), Invalid)}
    assert refused == {text for text, said in server.items() if not said}
    assert database.jobs() == {}
    return Counter(server.values())


def test_the_server_still_judges_the_corpus_as_it_stands_there(database: Database) -> None:
    counts = compare(database, TEXTS)
    server = accepted(database, TEXTS)
    column = COLUMN[database.version]
    assert {line.text: line.cells[column] == "valid" for line in VERDICTS} == server
    print(f"\n{database.version}, the corpus: {counts[True]} accepted, {counts[False]} rejected")


def test_generated_strings_are_judged_as_the_server_does(database: Database) -> None:
    chance = Random(f"live {database.version}")  # noqa: S311  no secret
    texts = {drawn.wild(chance) for _ in range(GENERATED * 3 // 4)}
    while len(texts) < GENERATED:
        texts.add(drawn.safe(chance))
    counts = compare(database, sorted(texts))
    print(f"\n{database.version}, generated: {counts[True]} accepted, {counts[False]} rejected")
    assert min(counts.values()) > GENERATED // 5


JOBS = {
    "every minute": "* * * * *",
    "new year": "0 0 1 1 *",
    "yearly": "@yearly",
    "monthly": "@monthly",
    "leap day": "0 0 29 2 *",
    "last day": "59 23 $ * *",
    "last day or Monday": "0 0 $ * 1",
    "in the gap": "1,30 2 * * *",
    "after the gap": "0 3 * * *",
    "before the gap": "59 1 * * *",
    "all Sunday's twos": "* 2 * * 0",
    "every other day and Monday": "0 0 */2 * 1",
    "every other minute on Friday": "*/2 * * * 5",
    "first or Monday": "0 0 1 * 1",
    "any day after all": "0 0 1,* * 1",
    "night": "*/3 22-6 * * *",
    "wrapped minutes": "57-3 * * * *",
    "wrapped and lost": "52-3 * * * *",
    "wrapped weekdays": "* * * * fri-mon",
    "winter": "0 0 * nov-feb *",
    "never": "0 0 30 2 *",
    "weekday names": "0 0 * * SUN,fri",
}
"""What is scheduled in the cluster whose clock travels; its zone is Europe/Berlin."""

EVENTS = (
    (
        "2026-12-31T23:00",
        "new year in Berlin, a Friday",
        {"new year", "monthly", "first or Monday"},
    ),
    ("2027-01-03T23:00", "Monday the 4th", {"first or Monday", "last day or Monday"}),
    ("2027-02-28T22:59", "the last minute of February", {"last day"}),
    ("2027-03-28T01:00", "from 02:00 on to 03:00", {"before the gap", "after the gap"}),
    ("2027-10-31T00:01", "02:01 in summer time", {"in the gap", "all Sunday's twos"}),
    ("2027-10-31T01:01", "02:01 once more", {"in the gap", "all Sunday's twos"}),
    ("2028-02-28T23:00", "29 February", {"leap day"}),
    ("2028-02-29T22:59", "the last minute of 29 February", {"last day"}),
)
SPEEDS = (20, 10, 4)
"""Times as fast as a clock; a slower one is tried where pg_cron cannot follow."""
AHEAD = timedelta(seconds=125)
ENOUGH = timedelta(seconds=75)
MINUTE = timedelta(minutes=1)
BERLIN = ZoneInfo("Europe/Berlin")


class Window(NamedTuple):
    """A stretch of the fake clock: what ran in each of its minutes."""

    first: datetime
    last: datetime
    runs: dict[str, list[datetime]]


@pytest.fixture(scope="module")
def traveller() -> Iterator[Cluster]:
    settings = {
        "cron.timezone": "Europe/Berlin",
        "cron.log_statement": "off",
        "log_min_messages": "error",
    }
    with Cluster("17", "fires", settings) as cluster:
        with psycopg.connect(cluster.url(), autocommit=True) as admin:
            for name, schedule in JOBS.items():
                admin.execute("select cron.schedule(%s, %s, 'select 1')", (name, schedule))
            admin.execute("truncate cron.job_run_details")
        cluster.stop()
        yield cluster


def travel(cluster: Cluster, event: datetime) -> Window:
    """Let pg_cron live through a few minutes around the event."""
    for speed in SPEEDS:
        runs = runs_around(cluster, event, speed)
        seen = runs["every minute"]
        if event in seen and seen == [seen[0] + MINUTE * number for number in range(len(seen))]:
            return Window(seen[0], seen[-1], runs)
    pytest.fail(f"pg_cron does not follow even a clock that is {SPEEDS[-1]} times as fast")


def runs_around(cluster: Cluster, event: datetime, speed: int) -> dict[str, list[datetime]]:
    """The minutes in which each job ran; the first may be missing where the start took long."""
    begin = event - AHEAD
    environment = RELEASES["17"].faketime(f"@{begin:%Y-%m-%d %H:%M:%S} x{speed}")
    there = replace(cluster, environment=environment)
    there.start()
    try:
        with psycopg.connect(there.url(), autocommit=True) as admin:
            while _now(admin) < event + ENOUGH:
                time.sleep(0.2)
            rows = admin.execute(
                "select jobname, date_trunc('minute', start_time at time zone 'UTC') "
                "from cron.job_run_details join cron.job using (jobid) "
                "where start_time >= %s and start_time < %s order by runid",
                (begin, event + 2 * MINUTE),
            ).fetchall()
            admin.execute("truncate cron.job_run_details")
    finally:
        there.stop("immediate")
    runs: dict[str, list[datetime]] = {name: [] for name in JOBS}
    for name, minute in rows:
        runs[name].append(minute.replace(tzinfo=UTC))
    return runs


def _now(admin: psycopg.Connection[Any]) -> datetime:
    (now,) = admin.execute("select clock_timestamp()").fetchone() or (None,)
    assert isinstance(now, datetime)
    return now


def foretold(schedule: str, window: Window) -> list[datetime]:
    meaning = read(schedule, "1.6")
    assert meaning is not None
    found = []
    for fire in next_fires(meaning, window.first - timedelta(seconds=1), BERLIN):
        if fire > window.last:
            break
        found.append(fire)
    return found


@pytest.mark.parametrize(("moment", "event", "witnesses"), EVENTS, ids=[row[1] for row in EVENTS])
def test_pg_cron_fires_when_foretold(
    traveller: Cluster, moment: str, event: str, witnesses: set[str]
) -> None:
    at = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    window = travel(traveller, at)
    assert window.first <= at <= window.last
    expected = {name: foretold(schedule, window) for name, schedule in JOBS.items()}
    print(
        f"\n{event}: {window.first:%F %H:%M} to {window.last:%H:%M} GMT, "
        f"{sorted(name for name, runs in window.runs.items() if runs)} fired"
    )
    assert window.runs == expected
    assert all(expected[name] for name in witnesses), expected
    assert not window.runs["yearly"]
    assert not window.runs["never"]
