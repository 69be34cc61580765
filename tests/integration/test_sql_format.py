"""`plan --format sql | psql` ends where apply does, and the script holds no secret."""

from __future__ import annotations

import os
import subprocess

from tests.integration.steps import (
    GUIDE_SETTINGS,
    SECRET,
    SECRET_CORE,
    converge,
    document,
    follow_guide,
    in_sync,
    job,
    state,
    undone,
    untouched,
)
from tests.servers import Database

GNARLY = [
    "SELECT 'it''s', \"quoted\", :x, :'x', :\"x\", $1;",
    "SELECT E'back\\\\slash\\n', '\\d', '\\gset', '\\';",
    "DO $$ BEGIN\n  PERFORM $x$ $$ $x$;\nEND $$;\n",
    "-- a comment\n\\! touch /tmp/x\n/* unclosed ? */ SELECT '${X}', $${Y}$$;",
    "BEGIN; SELECT 1; COMMIT;\n\\q\n",
    "SELECT 'Größe 東京 🚀',\t'\r';",
    "",
]
VALUES = [
    "it's :x :'x' \\gset",
    "back\\slash \\' end\\",
    "$$ $x$ $1 ; -- /*",
    "  Größe\t東京 🚀 ",
    "",
]


def script(database: Database) -> str:
    done = database.cpctl("plan", "--format", "sql")
    assert done.code == 0, done
    assert SECRET_CORE not in done.out
    return done.out


def psql(database: Database, text: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The release's own psql, started as a user would, with the script on stdin."""
    return subprocess.run(
        database.cluster.psql("-f", "-"),
        input=text,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def ends_in_sync(database: Database, **environment: str) -> None:
    done = psql(database, script(database), **environment)
    assert done.returncode == 0, done
    in_sync(database)


def test_the_script_brings_an_empty_server_to_the_file(database: Database) -> None:
    follow_guide(database)
    with untouched(database):
        text = script(database)
    lines = text.splitlines()
    assert lines.count("BEGIN;") == lines.count("COMMIT;") == 1
    assert "ON_ERROR_STOP" in text
    ends_in_sync(database, SUPABASE_SERVICE_ROLE_KEY=SECRET)
    assert len(database.jobs()) == 6
    settings = database.file_settings()
    assert {name: settings.get(name) for name in GUIDE_SETTINGS} == GUIDE_SETTINGS


def test_the_script_without_its_secret_changes_nothing(database: Database) -> None:
    follow_guide(database)
    text = script(database)
    with undone(database):
        done = psql(database, text)
    assert done.returncode != 0
    assert "SUPABASE_SERVICE_ROLE_KEY" in done.stdout + done.stderr


def test_the_script_in_sync_changes_nothing(database: Database) -> None:
    follow_guide(database)
    assert database.cpctl("apply", "--auto-approve").code == 0
    with undone(database):
        done = psql(database, script(database), SUPABASE_SERVICE_ROLE_KEY=SECRET)
    assert done.returncode == 0, done


def gnarly(shift: int, count: int) -> str:
    """A file whose texts psql would love to take for something else."""
    commands = GNARLY[shift:] + GNARLY[:shift]
    values = VALUES[shift:] + VALUES[:shift]
    return document(
        scope={"jobs": ["job*"], "settings": ["app.*"]},
        jobs={
            f'job\'s "{number}" :x \\': job(command=command)
            for number, command in enumerate(commands[:count])
        },
        settings={
            f"app.s{number}": value.replace("${", "$${")
            for number, value in enumerate(values[:count])
        },
    )


def test_the_script_creates_updates_and_deletes_any_text(database: Database) -> None:
    database.write(gnarly(0, 5))
    ends_in_sync(database)
    assert [row["command"] for _, row in sorted(database.jobs().items(), key=str)] == GNARLY[:5]
    settings = database.file_settings()
    assert [settings[f"app.s{number}"] for number in range(5)] == VALUES
    before = database.jobs()

    database.write(gnarly(2, 4))
    ends_in_sync(database)
    commands = (GNARLY[2:] + GNARLY[:2])[:4]
    assert [row["command"] for _, row in sorted(database.jobs().items(), key=str)] == commands
    assert all(database.jobs()[key]["jobid"] == before[key]["jobid"] for key in database.jobs())
    assert "app.s4" not in database.file_settings()


def test_the_script_ends_where_apply_ends(database: Database) -> None:
    converge(database, gnarly(0, 5), expected={"schedule": 5, "alter system set": 5})
    database.write(gnarly(3, 3))
    text = script(database)
    assert database.cpctl("apply", "--auto-approve").code == 0
    applied = state(database)
    converge(
        database, gnarly(0, 5), expected={"schedule": 2, "alter_job": 3, "alter system set": 5}
    )
    done = psql(database, text.replace("cron.unschedule(", "cron.unschedule(2 + "))
    assert done.returncode != 0  # the control: another jobid is not there, and psql stops

    database.write(gnarly(3, 3))
    ends_in_sync(database)
    assert state(database)[1:] == applied[1:]
    assert state(database)[0] == applied[0]


def test_a_script_that_fails_leaves_no_job(database: Database) -> None:
    database.write(document(jobs={"one": job(), "two": job()}))
    text = script(database)
    broken = text.replace("COMMIT", "SELECT 1/0;\nCOMMIT")
    with undone(database):
        done = psql(database, broken)
    assert done.returncode != 0


def test_the_script_serves_pauses_owners_and_other_databases(database: Database) -> None:
    database.run("create database other")
    database.new_role("worker")
    jobs = {
        "paused": job(active=False),
        "there": job(database="other"),
        "theirs": job(username="worker"),
    }
    database.write(document(jobs=jobs))
    ends_in_sync(database)
    found = {
        name: (owner, row["database"], row["active"])
        for (name, owner), row in database.jobs().items()
    }
    assert found == {
        "paused": ("postgres", "postgres", False),
        "there": ("postgres", "other", True),
        "theirs": ("worker", "postgres", True),
    }
    jobs["paused"]["active"] = True
    jobs["there"]["database"] = "postgres"
    jobs["theirs"]["schedule"] = "9 9 * * *"
    database.write(document(jobs=jobs))
    ends_in_sync(database)


def test_the_script_serves_the_database_store_and_the_way_back(database: Database) -> None:
    sources = {"urls": {"a": "https://a.example/x"}, "secrets": {"key": {"from": "env:KEY"}}}
    database.environment["KEY"] = SECRET
    for store in ("system", "database", "system"):
        database.write(document(store=store, scope={"settings": ["app.*"]}, **sources))
        ends_in_sync(database, KEY=SECRET)
        assert database.live("app.key") == SECRET
        assert ("app.key" in database.file_settings()) == (store == "system")
