"""The pack's next_cron_run in a transaction that is rolled back, and what it must answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import psycopg

from cpctl.schedule.fires import next_fires
from cpctl.schedule.meaning import Meaning, Times
from cpctl.schedule.server import read
from tests.unit.schedule import oracle
from tests.unit.schedule.minutes import BEGIN, END, Zone, after, moment

FOLDER = files("cpctl") / "packs" / "edge_functions"
PATH = "SET search_path = pg_catalog, pg_temp"
FUNCTIONS = (
    ("cron_field", "word text, field integer, release text", "bigint", f"IMMUTABLE {PATH}"),
    (
        *("cron_next_fire", "schedule text, after timestamptz, zone text, release text"),
        *("timestamptz", f"STABLE {PATH} SET TimeZone = 'GMT'"),
    ),
    ("next_cron_run", "schedule text, after timestamptz", "timestamptz", f"STABLE {PATH}"),
)
"""Name, arguments, what is returned, and the rest of the declaration."""
Session = psycopg.Connection[Any]
NASTY = (
    *("", " ", "\t", "\n" * 999, " " * 999, "*" * 999, "0," * 499, "9" * 999 + " * * * *"),
    *("é" * 499 + "* *", "* * * * *" + "é" * 495, "* * * * *" + "x" * 990, "x" * 100_000),
    *("#" * 998, "# \n" * 300 + "@daily", "\x01 \x1b \x7f \x85 \u2028", "🕐 🕑 🕒 🕓 🕔"),
    *("* * * * *\n* * * * 1", "\n\t# a\n 5 4 * * *\n", "# 5 4 * * *", "5 4 * *\n*", "5 4\v* * * *"),
    *("@daily\t@never", "@DAILY", "@", "@yearly", "@annually x", "@reboot", "5 seconds"),
    *("1-5/4294967297 * * * *", "4294967301 * * * *", "2147483648 * * * *", "*/2147483647 * * * *"),
    *(
        "18446744073709551617 * * * *",
        "* * * \u0130UN \u0131",
        "* * * JAN SUN",
        "* * * jan-dec mon-7",
    ),
    *("50-10 23-0 31-1 dec-jan 7-0", "7-9,*junk,5 * * * *", "1-/2 * * * *", "*-5 * * * *"),
    *("$ $ $ $ $", "\\ ' %", "0 0 $x * *"),
)


class Case(NamedTuple):
    """One question: when does it run next, later than this?"""

    text: str
    asked: datetime
    zone: str
    release: str


@contextmanager
def installed(url: str) -> Iterator[Session]:
    """A superuser's session that has the functions in the schema "the pack", for itself alone."""
    with psycopg.connect(url) as session:
        session.execute('CREATE SCHEMA "the pack"')
        for name, arguments, returns, rest in FUNCTIONS:
            body = (FOLDER / f"{name}.sql").read_text("utf-8").replace("@schema@", '"the pack"')
            session.execute(
                f'CREATE FUNCTION "the pack".{name}({arguments}) RETURNS {returns} '
                f"LANGUAGE plpgsql {rest} AS $body${body}$body$".encode()
            )
        yield session
        session.rollback()


def ask(session: Session, cases: Sequence[Case]) -> list[datetime | None]:
    """What the server answers to all of them, in one round trip."""
    query = """
        SELECT "the pack".cron_next_fire(text, asked, zone, release)
        FROM unnest(%s::text[], %s::timestamptz[], %s::text[], %s::text[])
             WITH ORDINALITY AS cases (text, asked, zone, release, place)
        ORDER BY place"""
    columns = [list(column) for column in zip(*cases, strict=True)]
    return [found for (found,) in session.execute(query, columns).fetchall()]


@lru_cache(maxsize=65536)
def _next(meaning: Meaning, asked: datetime, zone: str) -> datetime | None:
    if isinstance(meaning, Times) and not meaning.ever_runs:
        return None
    return next(next_fires(meaning, asked, ZoneInfo(zone)), None)


def foretold(case: Case) -> datetime | None:
    """The next run by schedule/."""
    meaning = read(case.text, case.release)
    return None if meaning is None else _next(meaning, case.asked, case.zone)


@cache
def table(name: str) -> Zone:
    return Zone(name)


@lru_cache(maxsize=256)
def bits(sets: oracle.Sets, zone: str) -> int:
    return table(zone).fires(sets)


def contradicts_oracle(case: Case, found: datetime | None) -> bool | None:
    """By a look at every minute of two years; None where the oracle does not know such texts."""
    sets = oracle.line(case.text, case.release)
    if sets is None:
        return None
    place = (case.asked - BEGIN) // (moment(1) - BEGIN)
    fires = after(bits(sets, case.zone), place, 1)
    if fires:
        return found != moment(fires[0])
    return found is not None and found < END


def compare(session: Session, cases: Sequence[Case]) -> str:
    """Every case by all three; the counts in words."""
    answers = ask(session, cases)
    assert len(answers) == len(cases)
    wrong = {
        case: (found, expected)
        for case, found in zip(cases, answers, strict=True)
        if found != (expected := foretold(case))
    }
    assert not wrong, (len(wrong), list(wrong.items())[:5])
    judged = [contradicts_oracle(*pair) for pair in zip(cases, answers, strict=True)]
    assert not any(judged), cases[judged.index(True)]
    runs = sum(found is not None for found in answers)
    known = sum(verdict is not None for verdict in judged)
    texts = len({case.text for case in cases})
    return (
        f"{len(cases)} cases of {texts} schedules, {runs} run again; "
        f"equal to schedule/ in all, to every minute in the {known} that the oracle knows"
    )


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
