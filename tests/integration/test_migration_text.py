"""A migration is one statement of any text, and leaves nothing in the session that ran it."""

from __future__ import annotations

import psycopg
import pytest

from tests.integration.migrating import NOWHERE, converges, fails, migrate, psql, rendered, stored
from tests.integration.steps import SECRET, document, given, job
from tests.servers import Database

GNARLY = [
    "SELECT 'it''s', \"quoted\", :x, :'x', :\"x\", $1;",
    "SELECT E'back\\\\slash\\n', '\\d', '\\gset', '\\';",
    "DO $$ BEGIN\n  PERFORM $x$ $$ $x$;\nEND $$;\n",
    "DO $cpctl$ BEGIN NULL; END $cpctl$; SELECT $cpctl1$ '$cpctl2 $sql$ $sql1$",
    "SELECT '$sql",
    "SELECT '$cpctl",
    "SELECT '$",
    "-- a comment\n\\! touch x\n/* unclosed ? */ SELECT '${X}', $${Y}$$;",
    "BEGIN; SELECT 1; COMMIT;\n\\q\n",
    "SELECT 'Größe 東京 🚀 \u202e',\t'\r\n';",
    "SELECT '{rows} {0} %s %I %';\n;\n;",
    "'); DROP TABLE cron.job; --",
]


def gnarly() -> str:
    return document(
        scope={"jobs": ["job*"]},
        jobs={
            f'job\'s "{number}" :x \\ $cpctl$ -- /* \n é': job(command=command)
            for number, command in enumerate(GNARLY)
        },
    )


@pytest.mark.parametrize("standard", ["on", "off"])
def test_any_text_arrives_as_it_is(database: Database, standard: str) -> None:
    database.run(f"alter role postgres set standard_conforming_strings = {standard}")
    database.run("alter role postgres set escape_string_warning = off")
    database.write(gnarly())
    migrate(database, rendered(database))
    jobs = sorted(database.jobs().items(), key=lambda item: item[1]["jobid"])
    assert [row["command"] for _, row in jobs] == GNARLY
    converges(database)


def test_it_is_one_statement_for_either_protocol(database: Database) -> None:
    database.write(gnarly())
    text = rendered(database)
    with psycopg.connect(database.url(), autocommit=True) as session:
        # One simple query is one implicit transaction, in which nothing may begin another.
        done = session.pgconn.exec_(f"{text}\nSELECT 1;".encode())
        assert done.error_message == b""
        assert done.get_value(0, 0) == b"1"
        before = stored(database)
        done = session.pgconn.exec_params(text.encode(), None)
        assert done.error_message == b""
    assert stored(database) == before
    assert len(database.jobs()) == len(GNARLY)


def test_it_goes_back_with_the_transaction_around_it(database: Database) -> None:
    database.write(document(jobs={"mine_a": job()}))
    text = rendered(database)
    assert psql(database, f"BEGIN;\n{text}\nROLLBACK;").returncode == 0
    assert database.jobs() == {}


def test_nothing_of_the_session_changes(database: Database) -> None:
    given(database, {"mine_x": job()})
    database.write(
        document(
            store="database",
            scope={"jobs": ["mine*"], "settings": ["app.*"]},
            jobs={"mine_a": job()},
            urls={"a": "https://a.example/x"},
        )
    )
    look = "select name, setting, source from pg_settings order by 1"
    temporary = "select count(*) from pg_class where relpersistence = 't'"
    with psycopg.connect(database.url(), autocommit=True) as session:
        session.execute("do 'begin end'")  # PL/pgSQL itself brings settings, once it is loaded
        before = session.execute(look).fetchall(), session.execute(temporary).fetchall()
        session.pgconn.exec_(rendered(database).encode())
        after = session.execute(look).fetchall(), session.execute(temporary).fetchall()
    assert after == before
    assert {name for name, _ in database.jobs()} == {"mine_a"}


def test_a_hostile_search_path_changes_nothing(database: Database) -> None:
    database.run("create schema trap")
    database.run("create table trap.job as select * from cron.job with no data")
    database.run("alter role postgres set search_path = trap, public")
    database.write(document(jobs={"mine_a": job()}, scope={"jobs": ["mine*"]}))
    try:
        converges(database)
    finally:
        database.run("drop schema trap cascade")


def test_the_same_files_make_the_same_bytes(database: Database) -> None:
    database.write(gnarly())
    texts = {rendered(database)}
    for seed in ("1", "2"):
        done = database.cpctl(
            "render",
            "--out",
            "a.sql",
            environment={"PYTHONHASHSEED": seed, "CPCTL_DATABASE_URL": NOWHERE},
        )
        assert (done.code, done.out) == (0, "Wrote a.sql.\n"), done
        texts.add((database.folder / "a.sql").read_bytes().decode())
    assert len(texts) == 1


def test_a_folder_that_is_not_there_is_said(database: Database) -> None:
    database.write(document(jobs={"mine_a": job()}))
    done = database.cpctl("render", "--out", "no/where.sql")
    assert (done.code, done.out) == (1, "")
    assert "no/where.sql: the migration could not be written" in done.err


def test_overlays_variables_and_command_files_count(database: Database) -> None:
    database.write("SELECT 'from a file';\n", "sql/x.sql")
    text = document(
        store="database",
        urls={"a": "${BASE}/x"},
        jobs={"mine_a": {"schedule": "0 3 * * *", "command_file": "sql/x.sql"}},
    )
    database.write(text)
    database.write("jobs: {mine_a: {schedule: 1 1 * * *}}\n", "prod.yaml")
    database.write("BASE=https://it.example\n", ".env.prod")
    options = ("-f", "scheduler.yaml", "-f", "prod.yaml", "--env-file", ".env.prod")
    made = rendered(database, *options)
    assert made.startswith("-- test: what scheduler.yaml + prod.yaml declares, as a migration.\n")
    migrate(database, made)
    row = database.jobs()["mine_a", "postgres"]
    assert (row["schedule"], row["command"]) == ("1 1 * * *", "SELECT 'from a file';\n")
    assert database.live("app.a_url") == "https://it.example/x"


def test_settings_of_the_database_are_set_healed_and_reset(database: Database) -> None:
    values = ["it's $cpctl$ \\ \"x\" 'y'", "  Größe\t東京 🚀 ", "", "$sql$"]
    settings: dict[str, object] = {f"app.s{n}": value for n, value in enumerate(values)}
    given_settings = {"app.S0": "drifted", "app.gone": "1", "app.void": "1", "other.x": "1"}
    for name, value in {**given_settings, "app.keep_1": "1", "work_mem": "77MB"}.items():
        database.run("select set_config(%s, '', false)", name) if "." in name else None
        database.run(f"alter database postgres set {name} = '{value}'")
        database.run(f"reset {name}")
    database.write(
        document(
            store="database",
            scope={"settings": ["APP.*", "!app.keep*"]},
            jobs={"mine_a": job()},
            settings={**settings, "app.void": None, "app.Select": "kept"},
        )
    )
    converges(database)
    found = {f"app.s{n}": database.live(f"app.s{n}") for n in range(len(values))}
    assert found == settings
    assert database.live("app.select") == "kept"
    # Where an earlier test had it in the server's file, sessions see '' until a restart.
    gone = [database.live(name) or None for name in ("app.gone", "app.void")]
    assert gone == [None, None]
    kept = [database.live(name) for name in ("other.x", "app.keep_1", "work_mem")]
    assert kept == ["1", "1", "77MB"]


def test_a_right_to_a_setting_that_is_missing_undoes_the_jobs_too(database: Database) -> None:
    database.new_role("plain", "USAGE ON SCHEMA cron")
    text = document(store="database", urls={"a": "https://a.example/x"}, jobs={"mine_a": job()})
    database.write(text)
    assert "must be owner of database" in fails(database, rendered(database), user="plain")


def refused(database: Database, text: str, *options: str) -> str:
    database.write(text)
    done = database.cpctl(
        "render", *options, "--out", "a.sql", environment={"CPCTL_DATABASE_URL": NOWHERE}
    )
    assert (done.code, done.out) == (3, ""), done
    assert not (database.folder / "a.sql").exists()
    return done.err


def test_what_no_migration_can_hold_is_named_each(database: Database) -> None:
    said = refused(
        database,
        document(
            urls={"a": "https://a.example/x"},
            secrets={"key": {"from": "env:KEY"}},
            settings={"cron.log_min_messages": "warning", "app.batch": "5", "app.gone": None},
            jobs={"mine_a": job()},
        ),
    )
    assert "cannot become a migration as it is. Nothing was written." in said
    for name in ("app.a_url", "app.key", "cron.log_min_messages", "app.batch", "app.gone"):
        assert f"setting.{name} " in said
    for remedy in ("cpctl apply", "store: database", "--secrets skip"):
        assert remedy in said
    assert said.endswith("Remedy: what each line says; or cpctl apply, which can do all of it\n")


def test_jobs_of_several_owners_are_refused(database: Database) -> None:
    jobs = {"mine_a": job(), "mine_b": job(username="reporting")}
    said = refused(database, document(defaults={"username": "supa"}, jobs=jobs))
    assert "job.mine_b    belongs to reporting" in said
    assert "write one file for each owner" in said


def test_secrets_are_left_out_only_if_that_is_asked_for(database: Database) -> None:
    text = document(
        store="database",
        scope={"settings": ["app.*"]},
        secrets={"key": {"from": "env:KEY"}},
        jobs={"mine_a": job()},
    )
    database.environment["KEY"] = SECRET
    assert "setting.app.key    is a secret" in refused(database, text)
    given(database)
    database.run("select set_config('app.key', 'old', false)")
    database.run("alter database postgres set app.key = 'old'")
    done = database.cpctl("render", "--secrets", "skip")
    assert done.code == 0
    assert done.err == (
        "Left out, because they are secrets: setting.app.key. cpctl apply sets them.\n"
    )
    assert "--   setting.app.key\n" in done.out
    assert SECRET not in done.out
    migrate(database, done.out)
    assert database.live("app.key") == "old"
    assert database.cpctl("plan", "--detailed-exitcode", "--secrets", "skip").code == 0
