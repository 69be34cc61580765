"""What these tests do again and again: apply a file, and hold the program to its word.

Nothing here imports cpctl.
"""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from tests.runner import Result
from tests.servers import CHANGING, Database

SECRET = 'eyJhbGciOi\'J9."s3cr3t\\core" $1'
SECRET_CORE = "s3cr3t"

GUIDE = """\
version: 1
name: content-pipeline
scope:
  jobs: [content_pipeline_*]
  settings: [app.*]
urls:
  content_automation: ${SUPABASE_URL}/functions/v1/content-automation
  sweeper: ${SUPABASE_URL}/functions/v1/sweeper
  monitor: ${SUPABASE_URL}/functions/v1/monitor
  metrics: ${SUPABASE_URL}/functions/v1/metrics
  health: ${SUPABASE_URL}/functions/v1/health
  cleanup: ${SUPABASE_URL}/functions/v1/cleanup
secrets:
  service_role_key: {from: "env:SUPABASE_SERVICE_ROLE_KEY"}
jobs:
  content_pipeline_main:
    description: Main content automation
    schedule: "*/5 * * * *"
    command: SELECT trigger_content_automation();
  content_pipeline_sweeper:
    description: Clean up stale jobs
    schedule: "*/15 * * * *"
    command: SELECT trigger_sweeper();
  content_pipeline_monitor:
    description: System monitoring
    schedule: "0 * * * *"
    command: SELECT trigger_monitoring();
  content_pipeline_metrics:
    description: Metrics collection
    schedule: "*/30 * * * *"
    command: SELECT trigger_metrics_collection();
  content_pipeline_health:
    description: Health checks
    schedule: "*/10 * * * *"
    command: SELECT trigger_health_checks();
  content_pipeline_cleanup:
    description: Data cleanup
    schedule: "0 2 * * *"
    command: SELECT trigger_cleanup();
"""

GUIDE_SCHEDULES = {
    "content_pipeline_main": ("*/5 * * * *", "SELECT trigger_content_automation();"),
    "content_pipeline_sweeper": ("*/15 * * * *", "SELECT trigger_sweeper();"),
    "content_pipeline_monitor": ("0 * * * *", "SELECT trigger_monitoring();"),
    "content_pipeline_metrics": ("*/30 * * * *", "SELECT trigger_metrics_collection();"),
    "content_pipeline_health": ("*/10 * * * *", "SELECT trigger_health_checks();"),
    "content_pipeline_cleanup": ("0 2 * * *", "SELECT trigger_cleanup();"),
}

GUIDE_SETTINGS = {
    "app.content_automation_url": "https://abc.supabase.co/functions/v1/content-automation",
    "app.sweeper_url": "https://abc.supabase.co/functions/v1/sweeper",
    "app.monitor_url": "https://abc.supabase.co/functions/v1/monitor",
    "app.metrics_url": "https://abc.supabase.co/functions/v1/metrics",
    "app.health_url": "https://abc.supabase.co/functions/v1/health",
    "app.cleanup_url": "https://abc.supabase.co/functions/v1/cleanup",
    "app.service_role_key": SECRET,
}

GRANT = re.compile(r"GRANT [^;\n]+;")


def follow_guide(database: Database) -> None:
    """The guide's file, and the environment it takes its values from."""
    database.environment["SUPABASE_URL"] = "https://abc.supabase.co"
    database.environment["SUPABASE_SERVICE_ROLE_KEY"] = SECRET
    database.write(GUIDE)


def document(**sections: object) -> str:
    """A file with these sections. JSON's quoting is YAML's, so any text survives it."""
    known = {"version": 1, "name": "test", **sections}
    return "".join(
        f"{key}: {json.dumps(value, ensure_ascii=False)}\n" for key, value in known.items()
    )


def job(
    schedule: str = "0 3 * * *", command: str = "SELECT 1;", **more: object
) -> dict[str, object]:
    return {"schedule": schedule, "command": command, **more}


def verbs(entries: list[str]) -> Counter[str]:
    """How often each way of changing something stands in these log entries."""
    found = [match for entry in entries if (match := CHANGING.search(entry))]
    return Counter(
        match[1].lower() if match[1] else re.sub(r"DATABASE \S+", "DATABASE", match[0]).lower()
        for match in found
    )


def plan(database: Database, *options: str, user: str = "postgres") -> dict[str, Any]:
    """The plan as data."""
    done = database.cpctl("plan", "--format", "json", *options, user=user)
    assert done.code == 0, done
    return dict(json.loads(done.out))


def given(
    database: Database,
    jobs: Mapping[str, Mapping[str, object]] | None = None,
    settings: Mapping[str, str] | None = None,
    owner: str = "postgres",
) -> None:
    """What somebody has done in psql: as cpctl would have it, at no cost of cpctl's."""
    call = "select cron.schedule_in_database(%s::text, %s, %s, %s, %s, %s)"
    for name, known in (jobs or {}).items():
        where = known.get("database", "postgres"), known.get("username", owner)
        active = known.get("active", True)
        database.run(call, name, known["schedule"], known["command"], *where, active)
    for name, value in (settings or {}).items():
        database.run("select set_config(%s, %s, false)", name, value)
        literal = value.replace("'", "''")
        database.run(f"alter system set {name} = '{literal}'")
        database.run(f"reset {name}")
    if settings:
        reload_and_wait(database)


def reload_and_wait(database: Database) -> None:
    """Until the server has read its files again."""
    (before,) = database.rows("select pg_conf_load_time()")
    database.run("select pg_reload_conf()")
    deadline = time.monotonic() + 10
    while database.rows("select pg_conf_load_time()") == [before]:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def without_reloads(database: Database, seconds: float = 1.5) -> None:
    """Until no reload has come for so long: one that a fixture sent may still be on its way."""
    reload_and_wait(database)
    deadline = time.monotonic() + 30
    recent = "select now() - pg_conf_load_time() < %s * interval '1 second'"
    while database.rows(recent, seconds) == [(True,)]:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def apply(
    database: Database,
    text: str,
    *options: str,
    expected: Mapping[str, int],
    user: str = "postgres",
) -> list[str]:
    """Apply runs these changing statements and no others, as the server's log has them."""
    database.write(text)
    since = database.log_position()
    done = database.cpctl("apply", "--auto-approve", *options, user=user)
    assert done.code == 0, done
    entries = database.changing_statements(since)
    assert verbs(entries) == Counter(expected), entries
    return entries


def converge(
    database: Database,
    text: str,
    *options: str,
    expected: Mapping[str, int],
    user: str = "postgres",
) -> list[str]:
    """The first promise: the same, and a second plan is empty."""
    entries = apply(database, text, *options, expected=expected, user=user)
    in_sync(database, user=user)
    return entries


def in_sync(database: Database, user: str = "postgres") -> Result:
    done = database.cpctl("plan", "--detailed-exitcode", user=user)
    assert done.code == 0, done
    assert "No changes. The database matches scheduler.yaml." in done.out
    return done


def state(database: Database) -> tuple[object, ...]:
    """Everything that an apply could have changed."""
    return (
        database.rows("select * from cron.job order by jobid"),
        sorted(database.file_settings().items()),
        database.rows("select * from pg_db_role_setting order by 1, 2"),
        database.rows("select * from pg_extension order by oid"),
        kept_in(database, "vault.secrets"),
        kept_in(database, "cpctl.secrets"),
    )


def kept_in(database: Database, table: str) -> list[tuple[Any, ...]] | None:
    """Every row as it stands there; None where there is no such table."""
    if database.rows("select to_regclass(%s)", table) == [(None,)]:
        return None
    return database.rows(f"select * from {table} order by name, updated_at")


@contextmanager
def undone(database: Database) -> Iterator[None]:
    """Whatever happens inside, the database is as before."""
    before = state(database)
    yield
    assert state(database) == before


@contextmanager
def silent(database: Database) -> Iterator[None]:
    """Nothing that could change the database is even tried by cpctl inside."""
    since = database.log_position()
    yield
    assert database.changing_statements(since) == []


@contextmanager
def untouched(database: Database) -> Iterator[None]:
    """Both: nothing tried, nothing changed."""
    with undone(database), silent(database):
        yield


def refused(database: Database, *command: str, user: str = "postgres") -> Result:
    """Exit 3, and nothing written."""
    with untouched(database):
        done = database.cpctl(*command, user=user)
    assert done.code == 3, done
    return done


def refused_apply(database: Database, user: str = "postgres") -> str:
    """A plan that shows its refusals, and an apply that writes nothing; all they say."""
    shown = refused(database, "plan", "--detailed-exitcode", user=user)
    done = refused(database, "apply", "--auto-approve", user=user)
    return shown.out + done.out + done.err


def paste_grants(database: Database, text: str) -> list[str]:
    """Do what a remedy asks for, word by word, as a superuser."""
    grants = sorted(set(GRANT.findall(text)))
    for grant in grants:
        database.run(grant)
    return grants
