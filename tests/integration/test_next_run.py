"""next_cron_run, the scheduler's own SQL, against schedule/ and a look at every minute."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import psycopg
import pytest

from cpctl.schedule.server import RELEASES
from ground import Cluster
from tests.integration.next_run import (
    NASTY,
    Case,
    Session,
    ask,
    bits,
    compare,
    foretold,
    installed,
    table,
    utc,
)
from tests.servers import Database
from tests.unit.schedule import drawn, oracle
from tests.unit.schedule.corpus import MEANINGS, TEXTS
from tests.unit.schedule.minutes import moment
from tests.unit.schedule.test_fires import ZONES, places, schedules
from tests.unit.schedule.test_speed import NUMBER, distinct

WILD = 500
"""Broken or odd schedules per zone, beside the 400 good ones."""
HARD_ZONES = (
    *("America/Nuuk", "Asia/Beirut", "Africa/Cairo", "Atlantic/Azores", "Antarctica/Troll"),
    "America/Santiago",
)
"""Clocks that change at or around midnight, by two hours, or south of the equator."""
SOME_DAY = utc("2027-05-11T12:34:56")
MOST = 10.0
"""Seconds for 10,000 jobs, on a machine that has other work; alone it takes less than one."""


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    with installed(database.url()) as found:
        yield found


def asked(chance: Random, zone: str, text: str) -> list[datetime]:
    """Anywhere, beside changes of the clock and on a fire itself, at or within a minute."""
    sets = oracle.line(text)
    found = places(chance, table(zone), bits(sets, zone) if sets else 0)
    return [moment(place) + timedelta(seconds=chance.choice((0, 0, 1, 59))) for place in found]


def test_every_schedule_of_the_corpus_runs_when_foretold(session: Session) -> None:
    chance = Random("next run")  # noqa: S311  no secret
    texts = {*TEXTS, *(line.text for line in MEANINGS)}
    cases = [
        Case(text, at, zone, release)
        for text in sorted(texts)
        for zone in ZONES
        for at in asked(chance, zone, text)
        for release in RELEASES
    ]
    print(f"\nthe corpus in {len(ZONES)} zones and {len(RELEASES)} releases: ", end="")
    print(compare(session, cases))
    assert len(cases) > 10 * len(texts) * len(RELEASES)


@pytest.mark.parametrize("zone", ZONES)
def test_drawn_schedules_run_when_foretold(session: Session, zone: str) -> None:
    chance = Random(f"next run {zone}")  # noqa: S311  no secret
    texts = schedules(zone) + [drawn.wild(chance).replace("\0", "") for _ in range(WILD)]
    cases = [
        Case(text, at, zone, chance.choice(list(RELEASES)))
        for text in texts
        for at in asked(chance, zone, text)
    ]
    print(f"\ndrawn, {zone}: {compare(session, cases)}")


@pytest.mark.parametrize("zone", HARD_ZONES)
def test_clocks_that_change_in_odd_ways_are_followed(session: Session, zone: str) -> None:
    clock = table(zone)
    texts = ("* * * * *", "*/7 * * * *", "0,30 0 * * *", "30 23 * * *", "59 1-3 $ * *", "1 0 * * 0")
    shifts = (-1500, -61, -60, -31, -1, 0, 29, 59, 60, 119, 120)
    asked = [moment(change + minutes) for change in clock.changes for minutes in shifts]
    cases = [Case(text, at, zone, "1.6") for text in texts for at in asked]
    print(f"\n{zone}, {len(clock.changes)} changes of the clock: {compare(session, cases)}")


@pytest.mark.parametrize(
    ("text", "zone", "at", "expected"),
    [
        ("0 0 29 2 */7", "UTC", "2088-03-01T00:00", "2128-02-29T00:00"),
        ("30 2 28 3 *", "Europe/Berlin", "2027-01-01T00:00", "2028-03-28T00:30"),
        ("30 2 31 10 *", "Europe/Berlin", "2027-10-31T00:30", "2027-10-31T01:30"),
        ("45 1 * 4 0", "Australia/Lord_Howe", "2027-04-03T14:45", "2027-04-03T15:15"),
        ("0 0 $ 2 *", "UTC", "2028-02-01T00:00", "2028-02-29T00:00"),
        ("0 0 1 * 1", "UTC", "2027-01-01T00:00", "2027-01-04T00:00"),
        ("0 0 */2 * 1", "UTC", "2027-01-01T00:00", "2027-01-11T00:00"),
        ("0 12 * * *", "Pacific/Apia", "2011-12-29T22:00", "2011-12-30T22:00"),
        ("* * * * *", "UTC", "2027-12-31T23:59:59.999999", "2028-01-01T00:00"),
    ],
)
def test_runs_that_are_hard_to_get_right(
    session: Session, text: str, zone: str, at: str, expected: str
) -> None:
    assert ask(session, [Case(text, utc(at), zone, "1.6")]) == [utc(expected)]


def test_no_text_raises_an_error(session: Session) -> None:
    chance = Random("nasty")  # noqa: S311  no secret
    pool = [
        *map(chr, range(1, 256)),
        *"\u0130\u0131\u017f\u212a\uff10\uff15\u0665\u3000\U0001f550",
        *drawn.JUNK,
    ]
    noise = ["".join(chance.choices(pool, k=chance.randint(1, 40))) for _ in range(2000)]
    cases = [Case(text, SOME_DAY, "UTC", release) for text in NASTY for release in RELEASES]
    cases += [Case(text, SOME_DAY, "UTC", "1.6") for text in noise]
    print(f"\nnoise: {compare(session, cases)}")


@pytest.mark.parametrize(
    "arguments",
    [
        *("NULL, now(), 'UTC', '1.6'", "'* * * * *', NULL, 'UTC', '1.6'"),
        *("'* * * * *', now(), NULL, '1.6'", "'* * * * *', now(), 'UTC', NULL"),
        *("'* * * * *', now(), 'Mars/Base', '1.6'", "'* * * * *', now(), '', '1.6'"),
        *("'* * * * *', now(), repeat('x', 5000), '1.6'", "'* * * * *', now(), 'UTC', '1.7'"),
        *("'* * * * *', 'infinity', 'UTC', '1.6'", "'* * * * *', '-infinity', 'UTC', '1.6'"),
        *("'* * * * *', '294276-12-31', 'UTC', '1.6'", "'* * * * *', '1-1-1 BC', 'UTC', '1.6'"),
    ],
)
def test_what_has_no_answer_is_null(session: Session, arguments: str) -> None:
    query = f'SELECT "the pack".cron_next_fire({arguments})'
    assert session.execute(query.encode()).fetchone() == (None,)


def test_no_setting_or_collation_of_a_session_matters(session: Session) -> None:
    session.execute(
        "SET LOCAL TimeZone = 'Asia/Kathmandu'; SET LOCAL DateStyle = 'SQL, DMY';"
        "SET LOCAL IntervalStyle = 'sql_standard'; SET LOCAL standard_conforming_strings = off;"
        "SET LOCAL search_path = ''; SET LOCAL plpgsql.variable_conflict = 'use_column';"
        "CREATE COLLATION pg_temp.careless"
        " (provider = icu, locale = 'tr-u-ks-level1-ka-shifted', deterministic = false)"
    )
    texts = ["@daily", "@DAILY", "0 0 * JAN SUN", "0 0 * jan Mon-FRI", "@-daily", "0 0 $ * *", "-"]
    found = session.execute(
        "SELECT extract(epoch FROM"
        ' "the pack".cron_next_fire(text COLLATE pg_temp.careless, %s, zone, release))::bigint'
        " FROM unnest(%s::text[]) AS text,"
        " (VALUES ('UTC'::text COLLATE \"C\", '1.6'::text COLLATE pg_catalog.\"POSIX\"))"
        " AS here (zone, release)",
        (SOME_DAY, texts),
    ).fetchall()
    assert session.execute("SHOW TimeZone").fetchone() == ("Asia/Kathmandu",)
    expected = [foretold(Case(text, SOME_DAY, "UTC", "1.6")) for text in texts]
    assert [run for (run,) in found] == [run and run.timestamp() for run in expected]
    assert expected.count(None) == len(["@DAILY", "@-daily", "-"])


def test_a_zone_is_no_abbreviation(session: Session) -> None:
    """CET has summer time where it is a zone, and not where SQL takes it for an abbreviation."""
    names = session.execute(
        "SELECT lower(z.name) AS name, z.name FROM pg_timezone_names z"
        " JOIN pg_timezone_abbrevs a ON a.abbrev = upper(z.name)"
    ).fetchall()
    cases = [Case("0 12 * * *", SOME_DAY, name, "1.6") for pair in names for name in pair]
    expected = [
        SOME_DAY.astimezone(ZoneInfo(name)).replace(hour=12, minute=0, second=0)
        for _, name in names
        for _ in range(2)
    ]
    days = [found and found - run for found, run in zip(ask(session, cases), expected, strict=True)]
    print(f"\n{len(names)} zones that are abbreviations too: {[name for _, name in names]}")
    assert set(days) <= {timedelta(0), timedelta(days=1)}
    assert len(names) > 1


def test_the_server_and_python_know_the_same_clocks(session: Session) -> None:
    """Where their data differ, cpctl and the server would name different times."""
    found = session.execute(
        "SELECT z.name, array_agg(extract(epoch FROM (at AT TIME ZONE z.name)"
        " - (at AT TIME ZONE 'UTC'))::int ORDER BY at)"
        " FROM unnest(%s::text[]) AS z (name),"
        " generate_series('2027-01-01Z'::timestamptz, '2028-12-31Z', '12 hours') AS at GROUP BY 1",
        ([*ZONES, *HARD_ZONES],),
    ).fetchall()
    begin = utc("2027-01-01T00:00")
    for name, offsets in found:
        moments = (begin + n * timedelta(hours=12) for n in range(len(offsets)))
        ours = [at.astimezone(ZoneInfo(name)).utcoffset() for at in moments]
        assert [timedelta(seconds=offset) for offset in offsets] == ours, name


def next_run(session: Session, text: str, at: datetime = SOME_DAY) -> datetime | None:
    query = 'SELECT "the pack".next_cron_run(%s, %s)'
    (found,) = session.execute(query, (text, at)).fetchone() or (None,)
    assert found is None or isinstance(found, datetime)
    return found


def test_next_cron_run_asks_for_the_release(database: Database, session: Session) -> None:
    old = database.version == "15"
    assert next_run(session, "30 2 * * *") == utc("2027-05-12T02:30")
    assert next_run(session, "@yearly") == (utc("2028-01-01T00:00") if old else None)
    assert next_run(session, "0 0 $ * *") == (None if old else utc("2027-05-31T00:00"))
    assert next_run(session, "*/60 * * * *") == (utc("2027-05-11T13:00") if old else None)
    assert next_run(session, "10 seconds") is None
    assert next_run(session, "@reboot") is None


def test_next_cron_run_is_in_the_servers_zone_as_far_as_the_role_may_know_it() -> None:
    with Cluster("17", "zoned", {"cron.timezone": "Europe/Berlin"}) as cluster:
        with psycopg.connect(cluster.url(), autocommit=True) as admin:
            admin.execute("CREATE ROLE plain; CREATE ROLE monitor IN ROLE pg_monitor")
        with installed(cluster.url()) as session:
            assert next_run(session, "30 2 * * *") == utc("2027-05-12T00:30")
            session.execute('GRANT USAGE ON SCHEMA "the pack" TO PUBLIC')
            for role, expected in (("monitor", "2027-05-12T00:30"), ("plain", "2027-05-12T02:30")):
                session.execute(f"SET LOCAL ROLE {role}".encode())
                assert next_run(session, "30 2 * * *") == utc(expected)


def test_ten_thousand_jobs_take_seconds(database: Database, session: Session) -> None:
    query = 'SELECT count("the pack".next_cron_run(text, now())) FROM unnest(%s::text[]) AS text'
    usual, never = distinct(0), ["20-10/2 * * * *", "0 0 30 2 *"] * (NUMBER // 20)
    known = sum("$" not in text for text in usual) if database.version == "15" else NUMBER
    for texts, runs in ((usual, known), (never, 0)):
        began = time.monotonic()
        counted = session.execute(query, (texts,)).fetchone()
        took = time.monotonic() - began
        print(f"\n{len(texts)} schedules, {runs} run: {took:.2f} s, {took / len(texts):.6f} each")
        assert counted == (runs,)
        assert took < MOST
