"""A migration as people run it: by psql, in one transaction, as a role that is no superuser."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from typing import Any

from tests.servers import Database

ROLE = "supa"
CRON = (
    "USAGE ON SCHEMA cron",
    "ALL ON ALL FUNCTIONS IN SCHEMA cron",
    "SELECT ON cron.job",
)
"""What the role `postgres` of a Supabase project has: docs/facts.md, section 3."""

NOWHERE = "postgresql://nobody@127.0.0.1:9/nowhere"


def supabase(database: Database) -> str:
    options = "LOGIN NOSUPERUSER CREATEDB CREATEROLE REPLICATION BYPASSRLS"
    return database.new_role(ROLE, *CRON, options=options)


def rendered(database: Database, *options: str) -> str:
    """The migration; no database could have been asked for it."""
    done = database.cpctl("render", *options, environment={"CPCTL_DATABASE_URL": NOWHERE})
    assert done.code == 0, done
    return done.out


def psql(
    database: Database,
    text: str,
    *options: str,
    user: str = "postgres",
    where: str = "postgres",
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        database.cluster.psql("-U", user, "-d", where, *options, "-f", "-"),
        input=text,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def migrate(database: Database, text: str, user: str = "postgres") -> None:
    done = psql(database, text, "-1", "-v", "ON_ERROR_STOP=1", user=user)
    assert done.returncode == 0, done


def stored(database: Database) -> Sequence[tuple[Any, ...]]:
    """All that a migration could have changed, byte for byte, and who wrote it."""
    rows: list[tuple[Any, ...]] = []
    for table in ("cron.job", "pg_db_role_setting", "vault.secrets", "cpctl.secrets"):
        if database.rows("select to_regclass(%s)", table) != [(None,)]:
            rows += database.rows(
                f"select s::text, xmin::text, ctid::text from {table} s order by 3"
            )
    return rows


def next_jobid(database: Database) -> list[tuple[Any, ...]]:
    return database.rows("select last_value, is_called from cron.jobid_seq")


def converges(database: Database, user: str = "postgres") -> None:
    """After the first run and after the second one a plan is empty; the second wrote nothing."""
    text = rendered(database)
    migrate(database, text, user)
    planned(database, user)
    before = stored(database), next_jobid(database)
    migrate(database, text, user)
    assert (stored(database), next_jobid(database)) == before
    planned(database, user)


def planned(database: Database, user: str) -> None:
    done = database.cpctl("plan", "--detailed-exitcode", user=user)
    assert done.code == 0, done.out + done.err


def fails(database: Database, text: str, *options: str, user: str = "postgres") -> str:
    """It stops, nothing is changed, whether or not psql goes on; what psql said."""
    before = stored(database)
    done = psql(database, text, *options, user=user)
    assert stored(database) == before
    assert "ERROR:" in done.stderr, done
    return done.stderr
