"""An apply that fails leaves the database as it was, and says which resource failed."""

from __future__ import annotations

import json
from collections.abc import Iterator

import psycopg
import pytest

from tests.integration.running import (
    Running,
    setting_text,
    slow_logins,
    until,
    until_it_waits,
)
from tests.integration.steps import converge, document, given, job, undone
from tests.servers import Database

AFTER = document(
    settings={"app.a": "new", "app.b": "new"},
    jobs={"first": job("9 9 * * *"), "second": job("9 9 * * *"), "third": job()},
)
BOTH = ("cpctl apply", "cpctl apply settings")


@pytest.fixture
def applied(database: Database) -> None:
    given(database, {"first": job(), "second": job()}, {"app.a": "old"})


def fails(database: Database, culprit: str) -> str:
    """Exit 1, undone, and nothing of it live."""
    with undone(database):
        done = database.cpctl("apply", "--auto-approve")
    assert done.code == 1, done
    assert culprit in done.err
    assert "Apply complete" not in done.out
    assert database.live("app.a") == "old"
    return done.err


@pytest.mark.usefixtures("applied")
def test_a_schedule_that_the_server_rejects_undoes_all(database: Database) -> None:
    auto = database.cluster.data_directory / "postgresql.auto.conf"
    content = auto.read_bytes()
    database.write(AFTER.replace('"third": {"schedule": "0 3', '"third": {"schedule": "99 3'))
    fails(database, "99 3 * * *")
    assert auto.read_bytes() == content


@pytest.fixture
def trigger(database: Database) -> Iterator[None]:
    """A place on the server for sabotage, taken away afterwards."""
    yield
    database.run("drop trigger if exists sabotage on cron.job")
    database.run("drop function if exists public.sabotage()")


def sabotage(database: Database, event: str, body: str) -> None:
    database.run(
        "create function public.sabotage() returns trigger language plpgsql as "
        f"$$ begin {body} end $$"
    )
    database.run(
        f"create trigger sabotage before {event} on cron.job "
        "for each row execute function public.sabotage()"
    )


@pytest.mark.usefixtures("applied", "trigger")
def test_an_error_in_the_transaction_undoes_all(database: Database) -> None:
    body = "if new.jobname = 'third' then raise 'not today'; end if; return new;"
    sabotage(database, "insert", body)
    database.write(AFTER)
    said = fails(database, "job.third")
    assert "not today" in said
    assert "Remedy:" in said


SILENT = {
    "lost insert": ("insert", "return null;"),
    "lost update": ("update", "return null;"),
    "half an update": ("update", "new.command := old.command; return new;"),
    "more than asked for": ("update", "new.active := false; return new;"),
    "another database": ("insert", "new.database := 'template1'; return new;"),
    "another job": (
        "insert",
        "update cron.job set schedule = '8 8 * * *' where jobname = 'second'; return new;",
    ),
}


@pytest.mark.usefixtures("applied", "trigger")
@pytest.mark.parametrize("how", SILENT)
def test_a_call_that_succeeds_and_does_something_else_is_noticed_before_the_commit(
    database: Database, how: str
) -> None:
    event, body = SILENT[how]
    sabotage(database, event, body)
    changed = {"first": job("9 9 * * *", "SELECT 9;"), "second": job(), "third": job()}
    database.write(document(settings={"app.a": "new"}, jobs=changed))
    culprits = {"insert": "job.third", "update": "job.first"}
    fails(database, "job.second" if how == "another job" else culprits[event])


@pytest.fixture
def unwritable(database: Database) -> Iterator[None]:
    """Every ALTER SYSTEM fails, at the moment when it writes its file."""
    obstacle = database.cluster.data_directory / "postgresql.auto.conf.tmp"
    obstacle.mkdir()
    yield
    obstacle.rmdir()


@pytest.mark.usefixtures("applied", "unwritable")
def test_a_setting_that_cannot_be_set_undoes_the_jobs(database: Database) -> None:
    database.write(AFTER)
    said = fails(database, "setting.app.a could not be set; the apply was undone")
    assert "rolled back" in said
    assert "Remedy:" in said


@pytest.mark.usefixtures("applied")
def test_an_error_in_a_file_that_appears_during_the_apply_undoes_all(database: Database) -> None:
    """A server that cannot load its files shows no old values either: they must not be lost."""
    database.write(AFTER)
    conf = database.cluster.data_directory / "postgresql.conf"
    text = conf.read_text(encoding="utf-8")
    with psycopg.connect(database.url()) as somebody, undone(database):
        somebody.execute("select 1 from cron.job for update")
        with Running(database, "apply", "--auto-approve") as running:
            until_it_waits(database)
            conf.write_text(f"{text}what is this\n", encoding="utf-8")
            somebody.rollback()
            done = running.finish()
        conf.write_text(text, encoding="utf-8")
    assert done.code == 1, done
    assert "the server could not load its configuration files" in done.err
    assert "postgresql.conf:" in done.err
    assert "This cannot be checked while a configuration file has an error." in done.err
    assert database.live("app.a") == "old"


@pytest.mark.usefixtures("applied")
@pytest.mark.parametrize(
    "victims", [("cpctl apply settings",), ("cpctl apply",), BOTH], ids="-".join
)
def test_a_connection_that_is_lost_once_settings_are_written_undoes_all(
    database: Database, victims: tuple[str, ...]
) -> None:
    database.write(AFTER)
    end = "select pg_terminate_backend(pid) from pg_stat_activity where application_name = any(%s)"
    with (
        undone(database),
        slow_logins(database),
        Running(database, "apply", "--auto-approve") as running,
    ):
        until(lambda: setting_text(database).count("'new'") == 2, "the new settings")
        database.run(end, list(victims))
        done = running.finish()
    assert done.code == 1, done
    # What the server said on leaving is not always read before its end is.
    assert "the connection to the server was lost: " in done.err
    assert done.err.count("was set, old value put back and reloaded") == 2
    assert "The database is as it was before" in done.err
    assert database.live("app.a") == "old"


@pytest.mark.usefixtures("applied")
def test_a_setting_that_fails_after_others_takes_them_back(database: Database) -> None:
    jobs = {"first": job("9 9 * * *"), "second": job()}
    settings = {"app.a": "new", "app.b": "new", "lc_messages": "no_SUCH.locale"}
    database.write(document(settings=settings, jobs=jobs))
    before = sorted(database.file_settings().items())
    done = database.cpctl("apply", "--auto-approve")
    assert done.code in (1, 3), done
    assert "setting.lc_messages" in done.out + done.err
    assert sorted(database.file_settings().items()) == before
    assert database.live("app.a") == "old"
    assert database.jobs()["first", "postgres"]["schedule"] == "0 3 * * *"


@pytest.mark.usefixtures("applied", "unwritable")
def test_a_failure_is_one_json_document(database: Database) -> None:
    database.write(AFTER)
    with undone(database):
        done = database.cpctl("apply", "--auto-approve", "--format", "json")
    assert done.code == 1
    found = json.loads(done.out)
    assert found["format_version"] == "1.0"
    (error,) = found["errors"]
    assert error["exit_code"] == 1
    assert error["remedy"]


@pytest.mark.usefixtures("applied", "trigger")
def test_the_same_command_succeeds_once_the_cause_is_gone(database: Database) -> None:
    sabotage(database, "insert", "raise 'not today'; return new;")
    database.write(AFTER)
    fails(database, "job.third")
    database.run("drop trigger sabotage on cron.job")
    converge(database, AFTER, expected={"schedule": 1, "alter_job": 2, "alter system set": 2})
