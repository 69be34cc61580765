"""What the server answers to COMMIT decides, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.steps import document, given, in_sync, job, undone
from tests.servers import Database
from tests.wire import Traffic, counting_proxy

CHANGED = document(
    scope={"settings": ["app.*"]},
    jobs={"first": job("9 9 * * *")},
    settings={"app.a": "new"},
)
LOCAL = "sslmode=disable&gssencmode=disable"


@pytest.fixture
def wire(database: Database) -> Iterator[Traffic]:
    given(database, {"first": job()}, {"app.a": "old", "app.gone": "old"})
    database.write(CHANGED)
    socket = database.cluster.socket_directory / f".s.PGSQL.{database.cluster.port}"
    with counting_proxy(socket) as (port, traffic):
        url = f"postgresql://postgres@127.0.0.1:{port}/postgres?{LOCAL}"
        database.environment["CPCTL_DATABASE_URL"] = url
        yield traffic


def test_a_commit_that_the_server_answers_with_rollback_is_none(
    database: Database, wire: Traffic
) -> None:
    """ABORT is another word of as many letters; the server answers it with the tag ROLLBACK."""
    wire.rewrite = lambda data: data.replace(b"COMMIT\0", b"ABORT \0")
    with undone(database):
        done = database.cpctl("apply", "--auto-approve")
    assert done.code == 1, done
    assert "the commit failed; the apply was undone: the server rolled it back" in done.err
    assert "setting.app.a" in done.err
    assert "old value put back" in done.err
    assert "Apply complete" not in done.out


def test_the_same_without_the_rewriting_is_committed(database: Database, wire: Traffic) -> None:
    done = database.cpctl("apply", "--auto-approve")
    assert done.code == 0, done
    assert wire.connections == 3
    in_sync(database)
