"""Where an error of PostgreSQL or of Python holds a secret, none of cpctl's does."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from cpctl.errors import CpctlError
from cpctl.secrets import Secrets
from ground import Cluster
from tests.integration.steps import document, undone
from tests.runner import Runner
from tests.servers import Database

VALUE = "\u20ac"
QUOTED = "0xe2 0x82 0xac"
"""How PostgreSQL quotes that value where the database cannot hold it (22P05)."""


@pytest.mark.parametrize("store", ["system", "database"])
@pytest.mark.parametrize("options", [(), ("--debug",), ("--format", "json")], ids=str)
def test_a_value_that_the_database_cannot_hold(
    latin: Cluster, tmp_path: Path, runner: Runner, store: str, options: tuple[str, ...]
) -> None:
    with psycopg.connect(latin.url("latin"), autocommit=True) as admin:
        here = Database(latin, admin, tmp_path, {"KEY": VALUE}, runner)
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


@pytest.mark.parametrize("data", [b"s3cr3t\xff", b"s3cr3t\0", b"s3cr3t\n" * 200_000], ids=len)
@pytest.mark.parametrize("scheme", ["file:{}", "command:cat {}", "dotenv:{}#A"])
def test_no_error_of_another_kind_hangs_on_ours(tmp_path: Path, scheme: str, data: bytes) -> None:
    """Python keeps in the error of a decoder all that it decoded, and prints none of it."""
    (tmp_path / "key").write_bytes(data)
    (tmp_path / "key").chmod(0o600)
    reference = scheme.format(tmp_path / "key")
    secrets = Secrets({}, "auto")
    secrets.fetch([reference])
    with pytest.raises(CpctlError) as refused:
        secrets.value(reference)
    error: BaseException | None = refused.value
    assert error is not None
    assert (error.__cause__, error.__context__) == (None, None)
    assert "s3cr3t" not in f"{error!r}{refused.value.fault!r}{vars(secrets)!r}"


def test_where_a_value_is_kept_nothing_shows_it() -> None:
    secrets = Secrets({"KEY": "s3cr3t"}, "auto")
    assert secrets.value("env:KEY") == "s3cr3t"
    vars(secrets).pop("_environment")
    assert "s3cr3t" not in f"{vars(secrets)!r}"
