"""Where nobody answers, the remedy names what named the server, or says that nothing did."""

from __future__ import annotations

import psycopg
import pytest

from cpctl.cli.options import Common
from cpctl.postgres.words import connection_error

VARIABLES = ("CPCTL_DATABASE_URL", "DATABASE_URL", "PGHOST", "PGHOSTADDR", "PGPORT", "PGSERVICE")
WAYS = "--database-url, CPCTL_DATABASE_URL or PGHOST and PGPORT"


def common(url: str | None = None) -> Common:
    return Common(None, url, None, "skip", None, quiet=True)


@pytest.mark.parametrize(
    ("variable", "remedy"),
    [
        ("", f"nothing names a server, and this is libpq's default: name one by {WAYS}"),
        ("PGPORT", f"check that the server runs and that {WAYS} name it"),
        ("PGSERVICE", f"check that the server runs and that {WAYS} name it"),
        ("DATABASE_URL", "check that the server runs and that DATABASE_URL names it"),
        ("CPCTL_DATABASE_URL", "check that the server runs and that CPCTL_DATABASE_URL names it"),
    ],
)
def test_it_is_named(monkeypatch: pytest.MonkeyPatch, variable: str, remedy: str) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    if variable:
        monkeypatch.setenv(variable, "5432")
    source = common().server.source
    for said, before in (("Connection refused", ""), ("timeout expired", "the network may drop")):
        error = connection_error(psycopg.OperationalError(said), "localhost:5432", source)
        assert error.fault.remedy.startswith(before)
        assert error.fault.remedy.endswith(remedy)


def test_an_option_is_named_too() -> None:
    source = common("postgresql://localhost").server.source
    error = connection_error(psycopg.OperationalError("Connection refused"), "x:1", source)
    assert error.fault.remedy == "check that the server runs and that --database-url names it"
