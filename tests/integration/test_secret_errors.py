"""Where PostgreSQL's own message quotes a secret, no error of cpctl does."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from ground import Cluster
from tests.integration.steps import document, undone
from tests.servers import Database

VALUE = "\u20ac"
QUOTED = "0xe2 0x82 0xac"
"""How PostgreSQL quotes that value where the database cannot hold it (22P05)."""


@pytest.mark.parametrize("store", ["system", "database"])
@pytest.mark.parametrize("options", [(), ("--debug",), ("--format", "json")], ids=str)
def test_a_value_that_the_database_cannot_hold(
    latin: Cluster, tmp_path: Path, store: str, options: tuple[str, ...]
) -> None:
    with psycopg.connect(latin.url("latin"), autocommit=True) as admin:
        here = Database(latin, admin, tmp_path, {"KEY": VALUE})
        here.environment["CPCTL_DATABASE_URL"] = latin.url("latin")
        here.write(document(store=store, secrets={"key": {"from": "env:KEY"}}))
        since = here.log_position()
        with undone(here):
            done = here.cpctl("apply", "--auto-approve", *options)
        assert QUOTED in here.log_text(since)  # the control: PostgreSQL does quote it
    said = done.out + done.err
    assert done.code == 1, done
    assert "setting.app.key could not be" in said
    assert "the server refused the value (22P05)" in said
    assert VALUE not in said
    assert "0x" not in said
