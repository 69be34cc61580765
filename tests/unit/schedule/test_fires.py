"""Next and previous fires, against a look at every minute of two years in five time zones."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from functools import cache
from itertools import islice, takewhile
from random import Random
from zoneinfo import ZoneInfo

import pytest

from cpctl.schedule.fires import next_fires, previous_fire, runs_per_day
from cpctl.schedule.meaning import Meaning
from cpctl.schedule.server import read
from tests.unit.schedule import drawn, oracle
from tests.unit.schedule.minutes import BEGIN, END, TOTAL, Zone, after, before, every, moment

ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe")
SCHEDULES = 2000
PROBES = 6
BERLIN = ZoneInfo("Europe/Berlin")


@cache
def table(name: str) -> Zone:
    return Zone(name)


def meaning(text: str) -> Meaning:
    found = read(text, "1.6")
    assert found is not None, text
    return found


def schedules(zone: str) -> list[str]:
    """Drawn ones, of which each third is rather rare and each third near the clock's changes."""
    chance = Random(f"fires {zone}")  # noqa: S311  no secret
    found: list[str] = []
    while len(found) < SCHEDULES // len(ZONES):
        text = drawn.safe(chance)
        kind = len(found) % 3
        if kind == 1:
            head = f"{chance.randint(0, 59)} {chance.randint(0, 23)}"
            text = " ".join([head, *text.split()[-3:]]) if " " in text else text
        elif kind == 2:
            head = f"{chance.choice(('*/15', '0,30', '0', '59', '*'))} {chance.randint(0, 3)}"
            text = " ".join([head, *text.split()[-3:]]) if " " in text else text
        if oracle.line(text):
            found.append(text)
    return found


def places(chance: Random, zone: Zone, bits: int) -> list[int]:
    """Minutes to ask at: anywhere, beside a change of the clock, and on a fire itself."""
    found = [chance.randrange(TOTAL) for _ in range(PROBES // 2)]
    if zone.changes:
        found += [chance.choice(zone.changes) + chance.randint(-1500, 1500) for _ in range(2)]
    found += after(bits, chance.randrange(TOTAL), 1)
    return [place for place in found if 0 < place < TOTAL]


def compare(text: str, zone: Zone, chance: Random) -> tuple[int, int]:
    sets, parsed = oracle.line(text), meaning(text)
    assert sets is not None
    bits = zone.fires(sets)
    if 0 < bits.bit_count() <= 400:
        window = takewhile(lambda fire: fire < END, next_fires(parsed, moment(-1), zone.zone))
        assert list(window) == [moment(place) for place in every(bits)], (text, zone.name)
    chosen = places(chance, zone, bits)
    for place in chosen:
        seconds = timedelta(seconds=chance.choice((0, 0, 1, 59)))
        expected = [moment(found) for found in after(bits, place, 4)]
        fires = islice(next_fires(parsed, moment(place) + seconds, zone.zone), len(expected) + 1)
        found = [fire for fire in fires if fire < END]
        assert found[: len(expected)] == expected, (text, zone.name, moment(place))
        assert len(found) == len(expected) or len(expected) == 4, (text, zone.name, moment(place))
        earlier = before(bits, place + bool(seconds))
        last = previous_fire(parsed, moment(place) + seconds, zone.zone)
        assert (last if last and last >= BEGIN else None) == (
            None if earlier is None else moment(earlier)
        ), (text, zone.name, moment(place) + seconds)
    return len(chosen), bits.bit_count()


@pytest.mark.parametrize("name", ZONES)
def test_fires_are_those_of_a_look_at_every_minute(name: str) -> None:
    chance = Random(name)  # noqa: S311  no secret
    drawn_here = schedules(name)
    counts = [compare(text, table(name), chance) for text in drawn_here]
    probes, total = (sum(column) for column in zip(*counts, strict=True))
    print(
        f"\n{name}: {len(drawn_here)} schedules, {len(set(drawn_here))} distinct, {probes} probes, "
        f"{total} fires in two years, {len(table(name).changes)} changes of the clock"
    )
    assert len(set(drawn_here)) > 0.9 * len(drawn_here)


@pytest.mark.parametrize(
    ("text", "zone", "asked", "expected"),
    [
        ("0 0 29 2 *", "UTC", "2026-03-01T00:00", "2028-02-29T00:00"),
        ("0 0 29 2 *", "UTC", "2096-02-29T00:00", "2104-02-29T00:00"),
        ("0 0 29 2 */4", "UTC", "2028-02-29T00:00", "2032-02-29T00:00"),
        ("0 0 29 2 */6", "UTC", "2032-03-01T00:00", "2048-02-29T00:00"),
        ("0 0 */31 1 0", "UTC", "2023-01-02T00:00", "2034-01-01T00:00"),
        ("0 0 29 2 */7", "UTC", "2088-03-01T00:00", "2128-02-29T00:00"),
        ("59 23 $ * *", "UTC", "2028-02-01T00:00", "2028-02-29T23:59"),
        ("59 23 $ 2 *", "UTC", "2028-03-01T00:00", "2029-02-28T23:59"),
        ("30 2 28 3 *", "Europe/Berlin", "2027-01-01T00:00", "2028-03-28T00:30"),
        ("30 2 31 10 *", "Europe/Berlin", "2027-10-31T00:30", "2027-10-31T01:30"),
        ("0 0 1 * 1", "UTC", "2027-01-01T00:00", "2027-01-04T00:00"),
        ("0 0 */2 * 1", "UTC", "2027-01-01T00:00", "2027-01-11T00:00"),
        ("@hourly", "Asia/Kolkata", "2027-01-01T00:00", "2027-01-01T00:30"),
        ("45 1 * 4 0", "Australia/Lord_Howe", "2027-04-03T14:45", "2027-04-03T15:15"),
    ],
)
def test_fires_that_are_hard_to_get_right(text: str, zone: str, asked: str, expected: str) -> None:
    begin = datetime.fromisoformat(asked).replace(tzinfo=UTC)
    found = next(next_fires(meaning(text), begin, ZoneInfo(zone)))
    assert found == datetime.fromisoformat(expected).replace(tzinfo=UTC)
    assert found.utcoffset() == timedelta(0)
    assert previous_fire(meaning(text), found + timedelta(seconds=1), ZoneInfo(zone)) == found


@pytest.mark.parametrize("text", ["0 0 30 2 *", "0 0 31 2,4,6 *", "@yearly", "7-3 * * * *"])
def test_what_never_runs_has_no_fires(text: str) -> None:
    for zone in (UTC, BERLIN):
        assert list(next_fires(meaning(text), BEGIN, zone)) == []
        assert previous_fire(meaning(text), BEGIN, zone) is None
    assert runs_per_day(meaning(text)) == 0


@pytest.mark.parametrize("text", ["5 seconds", "@reboot"])
def test_intervals_and_starts_have_no_known_fires(text: str) -> None:
    assert list(next_fires(meaning(text), BEGIN, UTC)) == []
    assert previous_fire(meaning(text), BEGIN, UTC) is None


def test_a_moment_may_be_given_in_any_zone() -> None:
    asked = datetime(2027, 10, 31, 2, 30, tzinfo=BERLIN, fold=1)
    found = list(islice(next_fires(meaning("*/30 2 * * *"), asked, BERLIN), 2))
    assert found == [
        datetime(2027, 11, 1, 1, 0, tzinfo=UTC),
        datetime(2027, 11, 1, 1, 30, tzinfo=UTC),
    ]
    assert previous_fire(meaning("*/30 2 * * *"), asked, BERLIN) == datetime(
        *(2027, 10, 31, 1, 0), tzinfo=UTC
    )


@pytest.mark.parametrize(
    ("text", "runs"),
    [
        ("* * * * *", Fraction(1440)),
        ("*/5 * * * *", Fraction(288)),
        ("*/7 9-16 * * *", Fraction(72)),
        ("0 0 * * 1", Fraction(1, 7)),
        ("0 0 1 * *", Fraction(48, 1461)),
        ("59 23 $ * *", Fraction(48, 1461)),
        ("0 0 29 2 *", Fraction(1, 1461)),
        ("0,30 6 31 * *", Fraction(2 * 28, 1461)),
        ("10 seconds", Fraction(8640)),
        ("7 seconds", Fraction(86400, 7)),
        ("@reboot", Fraction(0)),
    ],
)
def test_runs_per_day(text: str, runs: Fraction) -> None:
    assert runs_per_day(meaning(text)) == pytest.approx(float(runs), rel=0.002, abs=1e-9)


def test_runs_per_day_are_those_of_four_years() -> None:
    """Weekdays fall otherwise in the next four years, which is worth a few percent."""
    days = [date(2027, 1, 1) + timedelta(days=number) for number in range(1461)]
    chance = Random("per day")  # noqa: S311  no secret
    for _ in range(300):
        sets = oracle.line(text := drawn.safe(chance))
        if sets is None or sets.both:
            continue
        matching = sum(
            day.month in sets.months
            and sets.on(
                day.day, day.isoweekday() % 7, last=(day + timedelta(days=1)).month != day.month
            )
            for day in days
        )
        expected = matching * len(sets.minutes) * len(sets.hours) / len(days)
        assert float(runs_per_day(meaning(text))) == pytest.approx(expected, rel=0.12), text
