"""Ctrl-C or SIGTERM at any moment: the database is before or after, and cpctl says which."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time

import psycopg
import pytest

from tests.integration.running import (
    Running,
    Started,
    setting_text,
    slow_logins,
    until,
    until_it_waits,
)
from tests.integration.steps import document, in_sync, job
from tests.integration.test_lock import KEY
from tests.runner import Result
from tests.servers import Database

SCOPE = {"jobs": ["t_*"], "settings": ["app.*"]}
OLD = document(
    scope=SCOPE,
    settings={"app.a": "old", "app.gone": "old"},
    jobs={"t_first": job(), "t_second": job()},
)
NEW = document(
    scope=SCOPE,
    settings={"app.a": "new", "app.b": "new"},
    jobs={"t_first": job("9 9 * * *"), "t_third": job()},
)
IDLE = "select count(*) from pg_stat_activity where application_name like 'cpctl apply%%'"
HOLDERS = "select count(*) from pg_locks where locktype = 'advisory'"
COMMITTING = "select count(*) from pg_stat_activity where query = 'COMMIT' and state = 'active'"
MOMENTS = 60
LOCK_WAITS = 100


def state(database: Database) -> tuple[object, object]:
    """The jobs and the settings, as far as an apply changes them."""
    jobs = {name: row["schedule"] for (name, _), row in database.jobs().items()}
    settings = database.file_settings()
    return jobs, {name: settings.get(name) for name in ("app.a", "app.b", "app.gone")}


def put(database: Database, text: str) -> tuple[object, object]:
    database.write(text)
    done = database.cpctl("apply", "--auto-approve")
    assert done.code == 0, done
    return state(database)


def judged(database: Database, done: Result, before: object, after: object) -> str:
    """`before` or `after`; exit code and words must say the same as the database."""
    now = state(database)
    if done.code == 0:
        assert now == after, done
        assert "Apply complete" in done.out
        return "after"
    assert done.code == 1, done
    assert now == before, (done, now)
    assert "interrupted" in done.err
    if "Nothing was written" in done.err:
        return "before"
    assert "interrupted; the apply was undone." in done.err
    assert "The database is as it was before" in done.err
    return "undone"


def test_a_signal_at_any_moment_leaves_before_or_after(
    database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    before = put(database, OLD)
    after = put(database, NEW)
    put(database, OLD)
    seeded = random.Random(7)  # noqa: S311 - the same moments in each run
    outcomes: dict[str, int] = {}
    for _ in range(MOMENTS):
        database.write(NEW)
        with Running(database, "apply", "--auto-approve") as running:
            # Earlier, Python itself has not yet handed its signals over.
            until(lambda: database.rows(IDLE)[0][0] or running.ended, "its connection")
            time.sleep(seeded.uniform(0, 0.12))
            running.signal(seeded.choice((signal.SIGINT, signal.SIGTERM)))
            found = judged(database, running.finish(), before, after)
        outcomes[found] = outcomes.get(found, 0) + 1
        if found == "after":
            put(database, OLD)
    with capsys.disabled():
        print(f"\n  {MOMENTS} signals on {database.version}: {outcomes}")
    assert outcomes.keys() >= {"before", "after"}


def test_a_signal_while_it_starts_is_an_interrupt_too(database: Database) -> None:
    database.write(NEW)
    for delay in range(60, 360, 10):
        with Started(database, "apply", "--auto-approve") as running:
            time.sleep(delay / 1000)
            running.signal(signal.SIGTERM)
            done = running.finish()
        # Python's own start takes SIGTERM as the system does.
        assert done.code in (0, 1, -signal.SIGTERM), done
        assert done.code != 1 or "interrupted" in done.err


def by_script(database: Database, script: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", script],
        cwd=database.folder,
        env={"PATH": os.environ["PATH"], "CPCTL_DATABASE_URL": database.url()},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


CLASS = """
import os, signal, sys
import cpctl.cli.apply as command
class Named:
    def __set_name__(self, owner, name):
        os.kill(os.getpid(), signal.SIGINT)
def execute(*arguments):
    class Made:
        field = Named()
command.execute = execute
sys.argv = ["cpctl", "apply", "--auto-approve"]
from cpctl.__main__ import main
main()
"""


def test_a_signal_while_a_class_is_made_is_an_interrupt_too(database: Database) -> None:
    """Imports make classes, and Python wraps what is raised there in an error of its own."""
    database.write(NEW)
    done = by_script(database, CLASS)
    assert done.returncode == 1
    assert done.stderr.startswith("Error: interrupted. Nothing was written")


LATE = """
import os, signal, sys
import cpctl.cli.apply as command
honest = command.execute
def execute(*arguments):
    code = honest(*arguments)
    os.kill(os.getpid(), signal.SIGINT)
    return code
command.execute = execute
sys.argv = ["cpctl", "apply", "--auto-approve"]
from cpctl.__main__ import main
main()
"""


def test_a_signal_after_all_is_done_changes_nothing_of_what_is_said(database: Database) -> None:
    database.write(NEW)
    done = by_script(database, LATE)
    assert done.returncode == 0, done
    assert "Apply complete" in done.stdout
    in_sync(database)


def test_who_stops_reading_does_not_change_what_was_done(database: Database) -> None:
    put(database, OLD)
    database.write(NEW)
    with slow_logins(database), Started(database, "apply", "--auto-approve") as running:
        until(lambda: "'new'" in setting_text(database), "the new settings")
        assert running.process.stdout is not None
        running.process.stdout.close()
        assert running.process.wait(timeout=20) == 0
    in_sync(database)


def test_a_signal_in_the_first_moments_of_the_lock_wait_leaves_no_waiter(
    database: Database,
) -> None:
    database.write(NEW)
    seeded = random.Random(11)  # noqa: S311 - the same moments in each run
    with psycopg.connect(database.url()) as somebody:
        somebody.execute("select pg_advisory_xact_lock(%s)", (KEY,))
        for _ in range(LOCK_WAITS):
            with Running(database, "apply", "--auto-approve", "--quiet") as running:
                until_it_waits(database)
                time.sleep(seeded.uniform(0, 0.004))
                running.signal(signal.SIGINT)
                sent = time.monotonic()
                done = running.finish(timeout=10)
            assert time.monotonic() - sent < 3
            assert done.code == 1, done
            assert "interrupted. Nothing was written" in done.err
            until(lambda: database.rows(HOLDERS) == [(1,)], "a free queue", timeout=2)


def test_a_signal_late_in_the_lock_wait_leaves_no_waiter_either(database: Database) -> None:
    """After its first second cpctl waits again, and the server would for a minute."""
    database.write(NEW)
    with psycopg.connect(database.url()) as somebody:
        somebody.execute("select pg_advisory_xact_lock(%s)", (KEY,))
        with Running(database, "apply", "--auto-approve") as running:
            until_it_waits(database)
            time.sleep(1.5)
            until_it_waits(database)
            running.signal(signal.SIGTERM)
            done = running.finish(timeout=10)
        assert done.code == 1, done
        assert "interrupted. Nothing was written" in done.err
        until(lambda: database.rows(HOLDERS) == [(1,)], "a free queue", timeout=5)


def test_a_signal_during_the_reload_wait_undoes_all_and_a_second_one_does_not_break_it(
    database: Database,
) -> None:
    before = put(database, OLD)
    database.write(NEW)
    with slow_logins(database), Running(database, "apply", "--auto-approve") as running:
        until(lambda: setting_text(database).count("'new'") == 2, "the new settings")
        running.signal(signal.SIGTERM)
        until(lambda: "'new'" not in setting_text(database), "the old settings")
        running.signal(signal.SIGTERM)
        running.signal(signal.SIGINT)
        done = running.finish()
    assert judged(database, done, before, None) == "undone"
    assert done.err.count("was set, old value put back and reloaded") == 2


def test_a_signal_after_the_commit_was_sent_changes_nothing(database: Database) -> None:
    put(database, OLD)
    database.write(NEW)
    database.run(
        "create function public.slow() returns trigger language plpgsql as "
        "$$ begin perform pg_sleep(1); return null; end $$"
    )
    database.run(
        "create constraint trigger slow after insert on cron.job deferrable initially deferred "
        "for each row execute function public.slow()"
    )
    try:
        with Running(database, "apply", "--auto-approve") as running:
            until(lambda: database.rows(COMMITTING)[0][0], "the COMMIT")
            running.signal(signal.SIGINT)
            running.signal(signal.SIGTERM)
            done = running.finish()
    finally:
        database.run("drop function public.slow() cascade")
    assert done.code == 0, done
    assert "Apply complete" in done.out
    assert "app.gone" not in database.file_settings()
    in_sync(database)
