"""`plan --format sql | psql` ends where apply does, and the script holds no secret."""

from __future__ import annotations

import os
import subprocess

from tests.integration.steps import (
    GUIDE_SETTINGS,
    SECRET,
    SECRET_CORE,
    document,
    follow_guide,
    given,
    in_sync,
    job,
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
    database.environment["KEY"] = SECRET
    given(database, {"nightly": job()}, {"app.key": SECRET})
    database.write(document(jobs={"nightly": job()}, secrets={"key": {"from": "env:KEY"}}))
    with undone(database):
        done = psql(database, script(database), KEY=SECRET)
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
    jobs = {"job_a": job(), "job_b": job(active=False), "job_c": job()}
    settings = {"app.a": "1", "app.b": "2", "app.c": "3"}
    ends = []
    for way in ("apply", "script"):
        database.run("select cron.unschedule(jobid) from cron.job")
        given(database, jobs, settings)
        changed = {"job_a": job("9 9 * * *"), "job_b": job(command="SELECT 2;"), "job_d": job()}
        text = document(
            scope={"jobs": ["job*"], "settings": ["app.*"]},
            jobs=changed,
            settings={"app.a": "one", "app.b": "2", "app.d": "4"},
        )
        database.write(text)
        if way == "apply":
            assert database.cpctl("apply", "--auto-approve").code == 0
        else:
            assert psql(database, script(database)).returncode == 0
        rows = [{**row, "jobid": None} for _, row in sorted(database.jobs().items(), key=str)]
        ends.append((rows, database.file_settings()))
    assert ends[0] == ends[1]
    rows, found = ends[1]
    assert [row["schedule"] for row in rows] == ["9 9 * * *", "0 3 * * *", "0 3 * * *"]
    assert [row["active"] for row in rows] == [True, False, True]
    assert found.keys() & {"app.a", "app.b", "app.c", "app.d"} == {"app.a", "app.b", "app.d"}


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


def test_the_script_serves_the_database_store_and_the_way_back(database: Database) -> None:
    sources = {"urls": {"a": "https://a.example/x"}, "secrets": {"key": {"from": "env:KEY"}}}
    database.environment["KEY"] = SECRET
    for store in ("database", "system"):
        database.write(document(store=store, scope={"settings": ["app.*"]}, **sources))
        ends_in_sync(database, KEY=SECRET)
        assert database.live("app.key") == SECRET
        assert ("app.key" in database.file_settings()) == (store == "system")
