"""While an apply waits for the reload, nobody else waits for the apply."""

from __future__ import annotations

import psycopg

from tests.integration.running import Running, setting_text, slow_logins, until
from tests.integration.steps import document, given, in_sync, job, undone, verbs
from tests.servers import Database

OTHERS = b"alter database postgres set app.others = 'theirs'"
MIXED = document(
    store="database",
    settings={"app.a": "new", "work_mem": "8MB"},
    jobs={"first": job("9 9 * * *")},
)


def test_another_session_may_alter_the_database_meanwhile(database: Database) -> None:
    given(database, {"first": job()})
    database.write(MIXED)
    since = database.log_position()
    with slow_logins(database, 1), Running(database, "apply", "--auto-approve") as running:
        until(lambda: "8MB" in setting_text(database), "the new setting")
        database.run("set lock_timeout = '200ms'")
        database.run(OTHERS.decode())
        assert not running.ended
        done = running.finish()
    assert done.code == 0, done
    assert verbs(database.changing_statements(since)) == {
        "alter database set": 1,
        "alter_job": 1,
        "alter system set": 1,
    }
    in_sync(database)
    assert database.live("app.others") == "theirs"
    assert database.live("app.a") == "new"


def test_a_failure_after_the_wait_undoes_both(database: Database) -> None:
    given(database, {"first": job()}, {"app.a": "old"})
    database.write(MIXED)
    limits = ("--lock-timeout", "500ms")
    with (
        psycopg.connect(database.url()) as somebody,
        undone(database),
        slow_logins(database, 1),
        Running(database, "apply", "--auto-approve", *limits) as running,
    ):
        until(lambda: "8MB" in setting_text(database), "the new setting")
        somebody.execute(OTHERS)
        done = running.finish()
    assert done.code == 1, done
    assert "setting.app.a could not be written; the apply was undone" in done.err
    assert "another session holds a lock that it needs" in done.err
    assert "old value put back and reloaded" in done.err


def test_a_plan_without_both_writes_once(database: Database) -> None:
    for settings in ({"app.a": "1"}, {"app.a": "1", "work_mem": "8MB"}):
        given(database, {"first": job()})
        store = "database" if len(settings) == 1 else "system"
        jobs = {"first": job("9 9 * * *")}
        database.write(document(name=store, store=store, settings=settings, jobs=jobs))
        since = database.log_position()
        assert database.cpctl("apply", "--auto-approve").code == 0
        assert verbs(database.changing_statements(since))["alter_job"] == 1
