"""What is said of a server that nobody tested, of an old extension, and of an open connection."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest

from cpctl.core.capabilities import Capabilities
from cpctl.core.server_notes import notes
from cpctl.postgres.probe import cleartext


def _server(**facts: Any) -> Capabilities:
    usual: dict[str, Any] = {field.name: None for field in fields(Capabilities)}
    usual |= {
        "host": "db.internal",
        "port": 5432,
        "server_version": "17.12 (Debian 17.12-1)",
        "server_version_num": 170012,
        "extension_version": "1.6",
        "cleartext": False,
    }
    return Capabilities(**{**usual, **facts})


def _codes(**facts: Any) -> list[str]:
    return [note.code for note in notes(_server(**facts))]


@pytest.mark.parametrize("number", [150000, 150018, 160001, 170000, 179999])
@pytest.mark.parametrize("cron", ["1.4-1", "1.4", "1.5", "1.6"])
def test_nothing_is_said_of_what_lies_between_the_tested_ones(number: int, cron: str) -> None:
    assert _codes(server_version_num=number, extension_version=cron) == []


@pytest.mark.parametrize("number", [140020, 180000, 180006, 190000, 200000])
def test_another_postgresql_is_untested(number: int) -> None:
    version = f"{number // 10000}.{number % 10000}"
    (note,) = notes(_server(server_version_num=number, server_version=version))
    assert note.code == "UNTESTED_SERVER"
    assert f"PostgreSQL {version}," in note.what
    assert "pg_cron 1.4 and 1.6" in note.what


@pytest.mark.parametrize("cron", ["1.3", "1.7", "1.10", "2.0"])
def test_another_pg_cron_is_untested(cron: str) -> None:
    (note,) = notes(_server(extension_version=cron))
    assert (note.code, f"pg_cron {cron}," in note.what) == ("UNTESTED_SERVER", True)


def test_both_are_one_note() -> None:
    found = notes(_server(extension_version="1.7", server_version_num=180000, server_version="18"))
    assert len(found) == 1
    assert "PostgreSQL 18 and pg_cron 1.7" in found[0].what


@pytest.mark.parametrize(
    ("library", "extension", "codes"),
    [
        ("1.6", "1.4-1", ["EXTENSION_BEHIND"]),
        ("1.6.8", "1.5", ["EXTENSION_BEHIND"]),
        ("1.5", "1.4", ["EXTENSION_BEHIND"]),
        ("1.6.8", "1.6", []),
        ("1.4", "1.4-1", []),
        (None, "1.4-1", []),
        ("1.4", "1.6", []),
    ],
)
def test_an_extension_that_was_not_updated(
    library: str | None, extension: str, codes: list[str]
) -> None:
    found = notes(_server(library_version=library, extension_version=extension))
    assert [note.code for note in found] == codes
    assert all(note.remedy == "ALTER EXTENSION pg_cron UPDATE;" for note in found)


def test_an_open_connection_is_told_with_the_remedy() -> None:
    (note,) = notes(_server(cleartext=True))
    assert note.code == "NO_TLS"
    assert "db.internal:5432" in note.what
    assert "sslmode=verify-full" in note.remedy


@pytest.mark.parametrize(
    ("address", "encrypted", "open_to_others"),
    [
        ("", False, False),  # a socket
        ("127.0.0.1", False, False),
        ("127.8.0.1", False, False),
        ("::1", False, False),
        ("::ffff:127.0.0.1", False, False),
        ("::ffff:10.0.0.7", False, True),
        ("10.0.0.7", False, True),
        ("10.0.0.7", True, False),
        ("2001:db8::7", False, True),
        ("fe80::1%eth0", False, True),
        ("203.0.113.9", False, True),
    ],
)
def test_what_others_could_read(address: str, encrypted: bool, open_to_others: bool) -> None:  # noqa: FBT001
    assert cleartext(address, encrypted=encrypted) is open_to_others
