"""An apply asks a person; only "yes" is an answer, and only for what was shown."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Callable

import psycopg
import pytest

from tests.integration.steps import document, follow_guide, job, silent, untouched
from tests.servers import Database

QUESTION = 'Only "yes" is accepted:'
TEXT = document(jobs={"nightly": job()})


class Terminal:
    """A person in front of `cpctl apply`."""

    def __init__(self, database: Database, *arguments: str) -> None:
        self.own, theirs = pty.openpty()
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(database.folder),
            "TERM": "xterm",
            "CPCTL_DATABASE_URL": database.url(),
            **database.environment,
        }
        self.process = subprocess.Popen(
            ["setsid", "--ctty", sys.executable, "-m", "cpctl", "apply", *arguments],
            cwd=database.folder,
            env=environment,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
        )
        os.close(theirs)
        self.seen = ""

    def read_until(self, text: str) -> None:
        deadline = time.monotonic() + 20
        while text not in self.seen:
            assert time.monotonic() < deadline, self.seen
            assert self._read(), self.seen

    def answer(self, text: str) -> int:
        os.write(self.own, text.encode())
        while self._read():
            pass
        os.close(self.own)
        return self.process.wait(timeout=20)

    def _read(self) -> bool:
        ready, _, _ = select.select([self.own], [], [], 20)
        assert ready, self.seen
        try:
            data = os.read(self.own, 65536)
        except OSError:  # Linux's way to say that the other side has closed
            return False
        self.seen += data.decode(errors="replace")
        return bool(data)


def ask(
    database: Database, answer: str, between: Callable[[], None] = lambda: None
) -> tuple[int, str]:
    terminal = Terminal(database)
    terminal.read_until(QUESTION)
    between()
    code = terminal.answer(answer)
    return code, terminal.seen


def test_yes_applies_what_was_shown(database: Database) -> None:
    follow_guide(database)
    code, seen = ask(database, "yes\n")
    assert code == 0, seen
    assert "will be created" in seen
    assert "Apply these 13 changes to postgres@" in seen
    assert "Apply complete: 13 created, 0 updated, 0 deleted" in seen
    assert len(database.jobs()) == 6


@pytest.mark.parametrize("answer", ["y\n", "no\n", "\n", "YES\n", "yes please\n", "\x04", "\x03"])
def test_any_other_answer_writes_nothing(database: Database, answer: str) -> None:
    database.write(TEXT)
    with untouched(database):
        code, seen = ask(database, answer)
    assert code == 1, seen
    assert "Traceback" not in seen


def test_a_change_between_showing_and_yes_makes_it_stale(database: Database) -> None:
    database.write(TEXT)
    with silent(database):
        code, seen = ask(
            database,
            "yes\n",
            lambda: database.run("select cron.schedule('nightly', '8 8 * * *', 'SELECT 8')"),
        )
    assert code == 5, seen
    assert database.jobs()["nightly", "postgres"]["schedule"] == "8 8 * * *"


def test_an_unmanaged_change_between_showing_and_yes_does_not_matter(database: Database) -> None:
    database.write(TEXT)
    code, seen = ask(
        database,
        "yes\n",
        lambda: database.run("select cron.schedule('x', '8 8 * * *', 'SELECT 8')"),
    )
    assert code == 0, seen
    assert ("nightly", "postgres") in database.jobs()


@pytest.mark.parametrize("stdin", [None, "yes\n"], ids=["nothing", "piped-yes"])
def test_without_a_terminal_an_apply_needs_auto_approve(
    database: Database, stdin: str | None
) -> None:
    database.write(TEXT)
    with untouched(database):
        done = database.cpctl("apply", stdin=stdin)
    assert done.code == 1
    assert "--auto-approve" in done.err


def test_a_refused_apply_does_not_ask(database: Database) -> None:
    database.new_role("anna", "USAGE ON SCHEMA cron")
    database.run("select cron.schedule_in_database('nightly', '0 3 * * *', '', 'postgres', 'anna')")
    database.write(TEXT)
    with untouched(database):
        terminal = Terminal(database)
        code = terminal.answer("")
    assert code == 3
    assert "belongs to anna" in terminal.seen
    assert QUESTION not in terminal.seen


def test_an_interrupted_wait_for_the_lock_writes_nothing(database: Database) -> None:
    database.write(TEXT)
    with psycopg.connect(database.url()) as somebody, untouched(database):
        key = int.from_bytes(b"cpctl", "big")
        somebody.execute("select pg_advisory_xact_lock(%s)", (key,))
        terminal = Terminal(database, "--auto-approve")
        terminal.read_until("Waiting for the lock")
        time.sleep(0.3)  # until it does wait
        code = terminal.answer("\x03")
    assert code == 1, terminal.seen
    assert "Traceback" not in terminal.seen
