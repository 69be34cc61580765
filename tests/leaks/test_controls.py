"""Positive controls: a secret in any channel is found, and what hides it is missed."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterator

import psycopg
import pytest
from psycopg import sql

from tests import vault
from tests.leaks.place import APPLY, ENV_FILE, Place
from tests.leaks.tally import Tally
from tests.leaks.test_failures import quoted_by_the_server
from tests.leaks.ways import PLAIN

LOOKS = (
    ("plan", "--format", "text"),
    ("plan", "--format", "json", "--debug"),
    ("plan", "--format", "markdown"),
    ("plan", "--format", "sql"),
)
CHANNELS = {
    *("stdout, text", "stdout, json", "stdout, markdown", "stdout, sql"),
    *("stderr", "stderr with --debug", "files", "environments of children"),
    *("server log", "pg_stat_activity", "pg_stat_statements"),
    *("ledger", "ledger, state", "cpctl.secrets", "vault.secrets"),
    *("cron.job", "cron.job_run_details", "catalogs", "pg_db_role_setting"),
    *("postgresql.conf", "postgresql.auto.conf", "pg_hba.conf"),
}
TABLE = PLAIN[-1:]
_A_FILE = """
insert into cpctl.files (name, apply, scope, owners, resources, state)
select 'planted', max(number), '{}', '{}', '[]', %s from cpctl.applies
"""


def plant(place: Place) -> None:
    """In every table, catalog and file that is searched."""
    secret = place["new"]
    place.admin.execute(f"alter role {place.way.role} set app.planted = {literal(secret)}".encode())
    vault.install(place.admin)
    for query, *values in (
        ("select cron.schedule('planted', '0 3 29 2 *', %s)", secret),
        ("insert into cron.job_run_details (command) values (%s)", secret),
        ("update cpctl.applies set job = %s", secret),
        (_A_FILE, zlib.compress(json.dumps({"x": secret}).encode())),
        ("insert into cpctl.secrets (name, value, verifier) values ('x', '', %s)", secret),
        ("select vault.create_secret('x', 'planted', %s)", secret),
        ("select set_config('app.planted', '', false)",),
    ):
        place.admin.execute(query.encode(), values)
    place.admin.execute(
        f"create function public.planted() returns text language sql as $f$ select "
        f"{literal(secret)} $f$".encode()
    )
    place.admin.execute(f"alter system set app.planted = {literal(secret)}".encode())
    place.admin.execute(b"reset app.planted")


def literal(text: str) -> str:
    return sql.Literal(text).as_string()


@pytest.fixture
def noted(place: Place) -> Iterator[None]:
    """The secret stands in a comment of both files that only people write."""
    files = [place.cluster.data_directory / n for n in ("postgresql.conf", "pg_hba.conf")]
    before = [path.read_bytes() for path in files]
    for path, text in zip(files, before, strict=True):
        path.write_bytes(text + f"\n# {place['new']}\n".encode())
    yield
    for path, text in zip(files, before, strict=True):
        path.write_bytes(text)


def somebody_says(place: Place) -> None:
    """A statement with the secret in it, which takes its time."""
    text = f"do $d$ begin perform pg_sleep(0.05); perform {literal(place['new'])}; end $d$"
    with psycopg.connect(place.cluster.url(), autocommit=True) as session:
        session.execute(text.encode())


@pytest.mark.usefixtures("noted")
@pytest.mark.parametrize("way", TABLE, ids=str, indirect=True)
def test_a_secret_in_any_channel_is_found(place: Place) -> None:
    plant(place)
    place.tally, place.mutants = Tally("planted"), ("everything", "the whole environment")
    for look in LOOKS:
        place.run("planted", *look, when_started=lambda: somebody_says(place))
    assert set(place.tally.checks) == CHANNELS
    assert {channel for channel in CHANNELS if not place.tally.hits[channel]} == set()


@pytest.mark.parametrize("way", TABLE, ids=str, indirect=True)
def test_every_form_of_a_secret_is_found(place: Place) -> None:
    canary = place.canaries["new"]
    for form, data in canary.forms:
        tally = Tally("forms")
        tally.look("x", b"before " + data + b" after", [canary], "run")
        assert any(f"({form})" in found for found in tally.found)
    assert len(canary.forms) >= 15


def look_at_it(place: Place) -> None:
    place.run("mutant", "plan", *ENV_FILE)
    place.run("mutant", "plan", *ENV_FILE, "--format", "json", "--out", "saved")


def apply_it(place: Place) -> None:
    assert place.run("mutant", *APPLY, *ENV_FILE).code == 0


def be_refused(place: Place) -> None:
    with quoted_by_the_server(place):
        assert place.run("mutant", *APPLY, *ENV_FILE).code == 1


def be_nowhere(place: Place) -> None:
    assert place.run("mutant", "plan", url=place.url(port=1)).code == 1


Use = Callable[[Place], None]
RED: dict[str, tuple[Use, set[str]]] = {
    "no seal": (look_at_it, {"stdout, text", "stdout, json", "files"}),
    "the whole environment": (look_at_it, {"environments of children"}),
    "no COPY": (apply_it, {"server log"}),
    "PostgreSQL's words": (be_refused, {"stderr"}),
    "the URL in an error": (be_nowhere, {"stderr"}),
}


@pytest.mark.parametrize("way", TABLE, ids=str, indirect=True)
@pytest.mark.parametrize("name", RED)
def test_without_what_hides_it_a_secret_is_found(place: Place, name: str) -> None:
    use, channels = RED[name]
    use(place)
    assert not place.tally.found
    place.old_state()
    place.tally, place.mutants = Tally(name), (name,)
    use(place)
    place.mutants = ()
    assert set(place.tally.hits) == channels
    with pytest.raises(AssertionError, match="leaks"):
        place.tally.verdict()


@pytest.mark.parametrize("way", TABLE, ids=str, indirect=True)
def test_without_seals_the_ledger_remembers_a_secret(place: Place) -> None:
    place.tally, place.mutants = Tally("no seal"), ("no seal",)
    apply_it(place)
    assert {"ledger", "ledger, state"} <= set(place.tally.hits)
