"""The guide's scheduler, from an empty server and back."""

from __future__ import annotations

import re

from tests.integration.steps import (
    GUIDE,
    GUIDE_SCHEDULES,
    GUIDE_SETTINGS,
    converge,
    document,
    follow_guide,
    plan,
    untouched,
    verbs,
)
from tests.servers import Database

HEADER = r"content-pipeline -> postgres@\S+/postgres \(PostgreSQL {0}\.\d+, pg_cron {1}\)"


def header(database: Database) -> str:
    return HEADER.format(database.version, {"15": "1.4", "17": "1.6"}[database.version])


def test_apply_brings_an_empty_server_to_the_file_and_the_next_plan_is_empty(
    database: Database,
) -> None:
    follow_guide(database)
    summary = plan(database)["summary"]
    since = database.log_position()
    done = database.cpctl("apply", "--auto-approve")
    assert done.code == 0, done
    assert "Apply complete: 13 created, 0 updated, 0 deleted" in done.out

    entries = database.changing_statements(since)
    assert verbs(entries) == {"schedule": 6, "alter system set": 7}
    assert len(entries) == summary["statements"]
    assert (summary["create"], summary["update"], summary["delete"]) == (13, 0, 0)

    assert {
        name: (job["schedule"], job["command"]) for (name, _), job in database.jobs().items()
    } == GUIDE_SCHEDULES
    assert {
        (owner, job["database"], job["active"]) for (_, owner), job in database.jobs().items()
    } == {("postgres", "postgres", True)}
    settings = database.file_settings()
    assert {name: settings.get(name) for name in GUIDE_SETTINGS} == GUIDE_SETTINGS
    assert {name: database.live(name) for name in GUIDE_SETTINGS} == GUIDE_SETTINGS

    second = database.cpctl("plan", "--detailed-exitcode")
    assert second.code == 0, second
    first_line, *rest = [line for line in second.out.splitlines() if line]
    assert re.fullmatch(header(database), first_line)
    assert rest == ["No changes. The database matches scheduler.yaml."]
    assert second.err == ""


def test_a_plan_shows_all_that_would_be_created_and_writes_nothing(database: Database) -> None:
    follow_guide(database)
    with untouched(database):
        shown = database.cpctl("plan")
        detailed = database.cpctl("plan", "--detailed-exitcode")
    assert (shown.code, detailed.code) == (0, 2)
    lines = shown.out.splitlines()
    assert re.fullmatch(header(database), lines[0])
    assert lines[-1] == "Plan: 13 to create, 0 to update, 0 to delete (13 statements)."
    for name in GUIDE_SCHEDULES:
        assert f"# job.{name} will be created" in shown.out
    for name in GUIDE_SETTINGS:
        assert f"# setting.{name} will be created" in shown.out
    assert '  + schedule = "*/5 * * * *"' in shown.out
    changes = [line for line in lines if re.match(r" *[-+~]", line)]
    assert len(changes) == 6 * 2 + 7, changes


def test_an_apply_in_sync_asks_nobody_and_writes_nothing(database: Database) -> None:
    follow_guide(database)
    assert database.cpctl("apply", "--auto-approve").code == 0
    with untouched(database):
        again = database.cpctl("apply")
    assert again.code == 0, again
    assert "No changes." in again.out


def test_the_reverse_plan_restores_the_empty_server(database: Database) -> None:
    follow_guide(database)
    assert database.cpctl("apply", "--auto-approve").code == 0
    scope = {"jobs": ["content_pipeline_*"], "settings": ["app.*"]}
    converge(
        database,
        document(name="content-pipeline", scope=scope, jobs={}),
        "--allow",
        "EMPTY_FILE,MANY_DELETES",
        expected={"unschedule": 6, "alter system reset": 7},
    )
    assert database.jobs() == {}
    assert not GUIDE_SETTINGS.keys() & database.file_settings().keys()


def test_no_job_runs_before_its_settings_are_live_and_none_outlives_them(
    database: Database,
) -> None:
    follow_guide(database)
    since = database.log_position()
    assert database.cpctl("apply", "--auto-approve").code == 0
    order = steps_of(database, since)
    assert order.index("COMMIT") > order.index("RELOAD") > last(order, "ALTER SYSTEM SET")
    assert last(order, "CRON") < order.index("COMMIT")

    smaller = GUIDE.replace("  sweeper: ${SUPABASE_URL}/functions/v1/sweeper\n", "")
    smaller = re.sub(r"  content_pipeline_sweeper:\n(    .*\n)+", "", smaller)
    database.write(smaller)
    since = database.log_position()
    assert database.cpctl("apply", "--auto-approve").code == 0
    order = steps_of(database, since)
    assert order.index("CRON") < order.index("COMMIT") < order.index("ALTER SYSTEM RESET")
    assert ("content_pipeline_sweeper", "postgres") not in database.jobs()


PATTERNS = {
    "CRON": r"cron\.(schedule|unschedule|alter_job)",
    "ALTER SYSTEM SET": r"alter system set",
    "ALTER SYSTEM RESET": r"alter system reset",
    "RELOAD": r"pg_reload_conf\(",
    "COMMIT": r"(statement|execute [^:]*): commit",
}


def steps_of(database: Database, since: int) -> list[str]:
    """The apply's transaction, settings and reloads, in the order of the server's log."""
    found = []
    for entry in database.statements(since):
        changes = bool(re.search(PATTERNS["CRON"], entry, re.IGNORECASE))
        if changes and entry not in database.changing_statements(since):
            continue
        found += [name for name, text in PATTERNS.items() if re.search(text, entry, re.IGNORECASE)]
    start = next(i for i, name in enumerate(found) if name in {"CRON", "ALTER SYSTEM SET"})
    return found[start:]


def last(order: list[str], name: str) -> int:
    return len(order) - 1 - order[::-1].index(name)
