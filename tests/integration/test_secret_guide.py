"""The repository's own scheduler where no superuser is: in Supabase's Vault, or in the table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests import vault
from tests.integration.keeping import asks, did, held
from tests.integration.roles import give, grants, statements
from tests.integration.steps import GUIDE_SCHEDULES, SECRET, converge, in_sync, untouched
from tests.servers import Database

FILE = (Path(__file__).parents[2] / "scheduler.yaml").read_text(encoding="utf-8")
BASE = "https://abc.supabase.co/functions/v1"
ENTRIES = {
    "content_automation_url": f"{BASE}/content-automation",
    "sweeper_url": f"{BASE}/sweeper",
    "monitor_url": f"{BASE}/monitor",
    "metrics_url": f"{BASE}/metrics",
    "health_url": f"{BASE}/health",
    "cleanup_url": f"{BASE}/cleanup",
    "service_role_key": SECRET,
}
MAY_DIFFER = {"store", "expect", "scope"}
SUPABASE = (
    "create role supabase_admin superuser",
    "grant usage on schema cron to {role}",
    "grant execute on all functions in schema cron to {role}",
    "grant all on all tables in schema cron to {role}",
    "revoke all on cron.job from {role}",
    "grant select on cron.job to {role}",
    "grant create on database postgres to {role}",
)
"""What Supabase gives to its `postgres`, by another name: here that is the superuser."""


def guide(store: str, role: str) -> str:
    """The file for another store. The owner of the jobs is called otherwise on this server."""
    return (
        FILE.replace("  settings: [app.*]", '  secrets: ["*_url", service_role_key]')
        .replace("\nscope:", f"\nstore: {store}\nexpect: {{database: postgres}}\nscope:")
        .replace("username: postgres", f"username: {role}")
    )


def parsed(text: str) -> dict[str, Any]:
    return dict(yaml.safe_load(text))


@pytest.fixture(autouse=True)
def environment(database: Database) -> None:
    database.environment |= {
        "SUPABASE_URL": "https://abc.supabase.co",
        "SUPABASE_SERVICE_ROLE_KEY": SECRET,
    }


def test_only_store_expect_and_scope_differ() -> None:
    files = [parsed(FILE), *(parsed(guide(store, "postgres")) for store in ("vault", "table"))]
    assert [file.get("store") for file in files] == [None, "vault", "table"]
    for key in {key for file in files for key in file} - MAY_DIFFER:
        assert files[0][key] == files[1][key] == files[2][key], key
    for key in MAY_DIFFER - {"store"}:
        assert files[1][key] == files[2][key] != files[0].get(key), key


def check(database: Database, store: str, role: str) -> None:
    """The end that the file asks for, by this test's own queries; and nobody was a superuser."""
    assert database.rows("select rolsuper from pg_roles where rolname = %s", role) == [(False,)]
    assert held(database, store) == ENTRIES
    jobs = database.jobs()
    found = {name: (job["schedule"], job["command"]) for (name, _), job in jobs.items()}
    assert found == GUIDE_SCHEDULES
    assert {owner for _, owner in jobs} == {role}
    assert database.file_settings().keys() <= {"log_statement"}
    assert database.rows("select from pg_db_role_setting") == []


def test_in_vault_as_supabases_postgres(database: Database) -> None:
    options = "LOGIN NOSUPERUSER CREATEDB CREATEROLE REPLICATION BYPASSRLS"
    role = database.new_role("supabase_postgres", options=options)
    give(database, (line.format(role=role) for line in SUPABASE))
    vault.install(database.admin, role)
    database.write(guide("vault", role))
    with untouched(database):
        shown = database.cpctl("plan", user=role)
    assert "Plan: 13 to create, 0 to update, 0 to delete (13 statements)." in shown.out, shown
    assert "SECRET_IN_LOG" not in shown.out
    expected = {"schedule": 6, **did("vault", create=7)}
    since = database.log_position()
    converge(database, guide("vault", role), expected=expected, user=role)
    assert "s3cr3t" not in database.log_text(since)
    check(database, "vault", role)
    database.environment["SUPABASE_SERVICE_ROLE_KEY"] = "rotated"
    converge(database, guide("vault", role), expected=did("vault", update=1), user=role)
    assert database.cpctl("diff", user=role).code == 0


def test_in_the_table_as_a_plain_role_with_what_is_printed(database: Database) -> None:
    role = database.new_role("deploy")
    database.write(guide("table", role))
    printed = statements(grants(database, role).out)
    give(database, printed)
    assert printed == [
        "GRANT USAGE ON SCHEMA cron TO deploy;",
        "GRANT CREATE ON DATABASE postgres TO deploy;",
    ]
    expected = {"schedule": 6, **did("table", create=7)}
    since = database.log_position()
    converge(database, guide("table", role), expected=expected, user=role)
    assert "s3cr3t" not in database.log_text(since)
    check(database, "table", role)
    assert asks(database, role, "select cpctl.secret('service_role_key')") == SECRET
    in_sync(database, user=role)
