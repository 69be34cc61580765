"""What a plan and an apply cost on a slow network, counted on the wire."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.servers import Database
from tests.wire import Traffic, counting_proxy


@pytest.fixture
def wire(database: Database) -> Iterator[Traffic]:
    cluster = database.cluster
    socket = cluster.socket_directory / f".s.PGSQL.{cluster.port}"
    with counting_proxy(socket) as (port, traffic):
        options = "sslmode=disable&gssencmode=disable"
        url = f"postgresql://postgres@127.0.0.1:{port}/postgres?{options}"
        database.environment["CPCTL_DATABASE_URL"] = url
        yield traffic


def _jobs(count: int) -> str:
    lines = (f'  j{n}: {{schedule: "0 1 * * *", command: "SELECT {n}"}}\n' for n in range(count))
    return "version: 1\nname: wire\nscope: {jobs: [j*]}\njobs:\n" + "".join(lines)


@pytest.mark.parametrize("jobs", [1, 100])
def test_a_plan_is_one_connection_and_two_round_trips(
    database: Database, wire: Traffic, jobs: int
) -> None:
    database.write(_jobs(jobs))
    assert database.cpctl("plan").code == 0
    assert (wire.connections, wire.round_trips) == (1, 2)


@pytest.mark.parametrize("jobs", [1, 100])
def test_an_apply_of_jobs_is_four_round_trips_more(
    database: Database, wire: Traffic, jobs: int
) -> None:
    database.write(_jobs(jobs))
    done = database.cpctl("apply", "--auto-approve")
    assert done.code == 0, done.err
    assert (wire.connections, wire.round_trips) == (1, 6)


def test_settings_cost_eight_round_trips_and_two_connections_more(
    database: Database, wire: Traffic
) -> None:
    """ALTER SYSTEM is sent statement by statement: what the server answers in between is no wait.

    The wire cannot tell those from waits, so the quietest of three applies counts.
    """
    assert min(_settings_applied(database, wire, value) for value in ("one", "two", "three")) <= 10


def _settings_applied(database: Database, wire: Traffic, value: str) -> int:
    """The round trips of an apply of three settings and thirty jobs."""
    settings = "".join(f"  app.{name}: {value}\n" for name in "abc")
    database.write(_jobs(30).replace("SELECT", f"SELECT '{value}',") + f"settings:\n{settings}")
    since, before = database.log_position(), (wire.connections, wire.round_trips)
    done = database.cpctl("apply", "--auto-approve")
    assert done.code == 0, done.err
    assert wire.connections - before[0] == 3
    # A busy server may answer the first look before it has read its files: looks are waiting.
    looks = sum("pg_conf_load_time" in entry for entry in database.statements(since)) - 1
    return wire.round_trips - before[1] - (looks - 1)


def test_an_apply_without_changes_costs_no_more_than_a_plan(
    database: Database, wire: Traffic
) -> None:
    database.write(_jobs(3))
    database.cpctl("apply", "--auto-approve")
    before = (wire.connections, wire.round_trips)
    database.cpctl("apply")
    assert (wire.connections - before[0], wire.round_trips - before[1]) == (1, 2)


KINDS = {"extension": "e.extrelocatable", "function": "p.prosrc", "table": "c.relforcerowsecurity"}
"""What only the question about all of a kind has."""


@pytest.mark.parametrize("remembered", [(), ("table",), tuple(KINDS)])
def test_a_kind_that_no_file_has_or_had_is_not_asked_about(
    database: Database, remembered: tuple[str, ...]
) -> None:
    """Merely to plan these questions takes the server longer than all the others."""
    database.write(_jobs(1))
    assert database.cpctl("apply", "--auto-approve").code == 0
    had = ",".join(f'["{kind}","","public.x"]' for kind in remembered)
    database.run("update cpctl.files set resources = %s", f"[{had}]")
    since = database.log_position()
    assert database.cpctl("plan").code == 0
    asked = "".join(database.statements(since))
    assert tuple(kind for kind, sign in KINDS.items() if sign in asked) == remembered


def test_under_the_lock_every_kind_is_asked_about(database: Database) -> None:
    """Since the probe another apply of the same file may have made one, which would be lost."""
    database.write(_jobs(1))
    assert database.cpctl("apply", "--auto-approve").code == 0
    database.write(_jobs(2))
    since = database.log_position()
    assert database.cpctl("apply", "--auto-approve").code == 0
    asked = "".join(database.statements(since))
    assert [kind for kind, sign in KINDS.items() if sign not in asked] == []
