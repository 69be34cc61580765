"""A program that prints a secret: what it is given, when it ends, and what is said of it."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from tests.integration.running import Running, until
from tests.integration.steps import SECRET, SECRET_CORE, document, undone
from tests.integration.test_secret_sources import keyring, private
from tests.servers import Database

NAP = f"sleep 61.{os.getpid()}"
"""What no other process of this machine does."""
RESTLESS = f"command:sh -c '{NAP} & {NAP} >&2'"
VALUE = f"canary {os.getpid()}"


def command_lines() -> list[str]:
    """Of every process, as far as it is still there."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found.append(path.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
        except OSError:
            continue
    return found


def napping() -> int:
    return sum(line.strip() == NAP for line in command_lines())


def one(database: Database, reference: str, **more: object) -> None:
    database.write(document(secrets={"key": {"from": reference}}, **more))


def test_a_command_that_takes_too_long_is_ended_with_all_that_it_started(
    database: Database,
) -> None:
    one(database, RESTLESS)
    started = time.monotonic()
    with undone(database):
        done = database.cpctl("apply", "--auto-approve", environment={"CPCTL_SECRETS_TIMEOUT": "1"})
    assert time.monotonic() - started < 4
    assert done.code == 1, done
    assert "took more than 1 s and was ended. Remedy: run it yourself and see: sh -c" in done.err
    until(lambda: napping() == 0, "the end of the command", timeout=2)


def test_a_command_that_closes_its_output_and_goes_on_is_ended_too(database: Database) -> None:
    one(database, f"command:sh -c 'echo value; exec >&- 2>&-; {NAP}; true'")
    done = database.cpctl("plan", environment={"CPCTL_SECRETS_TIMEOUT": "1"})
    assert done.code == 1, done
    assert "took more than 1 s" in done.err
    until(lambda: napping() == 0, "the end of the command", timeout=2)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda it: it.name)
@pytest.mark.parametrize("command", ["plan", "apply"])
def test_an_interrupt_leaves_no_child(
    database: Database, number: signal.Signals, command: str
) -> None:
    references = {f"k{n}": {"from": f"{RESTLESS} {n}"} for n in range(3)}
    database.write(document(secrets=references))
    options = ("--auto-approve",) if command == "apply" else ()
    with undone(database), Running(database, command, *options) as running:
        until(lambda: napping() == 6, "the commands")  # the control
        running.signal(number)
        sent = time.monotonic()
        done = running.finish(timeout=10)
    assert time.monotonic() - sent < 2
    assert done.code == 1, done
    assert "interrupted. Nothing was written" in done.err
    until(lambda: napping() == 0, "the end of the commands", timeout=2)


def test_a_pipe_that_nobody_writes_to_is_not_waited_for_for_ever(database: Database) -> None:
    os.mkfifo(database.folder / "pipe", 0o600)
    one(database, "file:pipe")
    done = database.cpctl("plan", environment={"CPCTL_SECRETS_TIMEOUT": "0.5"})
    assert done.code == 1, done
    assert "file:pipe had no answer within 0.5 s" in done.err


@pytest.mark.parametrize("limit", ["0", "-1", "soon", "1e9", "99999"])
def test_a_time_limit_that_is_none_is_an_error(database: Database, limit: str) -> None:
    one(database, "command:echo value")
    done = database.cpctl("plan", environment={"CPCTL_SECRETS_TIMEOUT": limit})
    assert done.code == 1, done
    assert "CPCTL_SECRETS_TIMEOUT is no number of seconds" in done.err


def test_a_command_inherits_the_environment_without_what_opens_other_doors(
    database: Database,
) -> None:
    database.write("LINE=of-the-file\n", ".env")
    database.write(
        document(
            store="table",
            secrets={"seen": {"from": "command:env"}, "key": {"from": "env:KEY"}},
        )
    )
    known = {"KEY": SECRET, "PGPASSWORD": "pw", "DATABASE_URL": "postgresql://x", "OWN": "o w n"}
    done = database.cpctl("apply", "--auto-approve", "--env-file", ".env", environment=known)
    assert done.code == 0, done
    (value,) = database.rows("select value from cpctl.secrets where name = 'seen'")[0]
    names = {line.partition("=")[0] for line in value.splitlines()}
    assert {"OWN", "PATH", "HOME"} <= names
    assert names.isdisjoint({"KEY", "LINE", "PGPASSWORD", "DATABASE_URL", "CPCTL_DATABASE_URL"})
    assert SECRET_CORE not in value


def test_a_command_reads_nothing_and_no_shell_reads_it(database: Database) -> None:
    references = {
        "read": {"from": "command:sh -c 'cat; echo end'"},
        "bare": {"from": "command:echo $HOME *; `id` | cat > made"},
    }
    database.write(document(store="table", secrets=references))
    done = database.cpctl("apply", "--auto-approve", stdin="nobody's business")
    assert done.code == 0, done
    assert dict(database.rows("select name, value from cpctl.secrets")) == {
        "read": "end",
        "bare": "$HOME *; `id` | cat > made",
    }
    assert not (database.folder / "made").exists()


def test_no_process_that_cpctl_starts_has_a_value_among_its_arguments(database: Database) -> None:
    private(database, "key", VALUE.encode())
    one(database, "command:sh -c 'cat key; sleep 0.3'", store="database")
    seen: list[str] = []
    with Running(database, "apply", "--auto-approve") as running:
        while not running.ended:
            seen += command_lines()
        done = running.finish()
    assert done.code == 0, done
    assert database.live("app.key") == VALUE
    assert any("cat key; sleep 0.3" in line for line in seen)  # the control
    assert not [line for line in seen if VALUE in line]


LOUD = {
    "command:sh -c 'cat key; cat key >&2; exit 1'": "failed with exit code 1",
    "command:sh -c 'cat key key >&2; kill -9 $$'": "was ended by SIGKILL",
    "command:sh -c 'cat key; sleep 60'": "took more than 1 s",
    "command:sh -c 'cat key; printf \"\\\\377\"'": "is not UTF-8",
    "command:sh -c 'cat key; printf \"\\\\000\"'": "holds a NUL",
    "command:sh -c 'yes $(cat key)'": "is larger than 1 MB",
    "dotenv:key#A": "this line sets no variable",
    "file:key": "is not UTF-8",
    "keyring:s/u": "could not be read (ValueError)",
}


@pytest.mark.parametrize("reference", LOUD)
@pytest.mark.parametrize("options", [("--debug",), ("--format", "json", "--debug")], ids=str)
def test_a_broken_source_shows_nothing_of_the_value(
    database: Database, reference: str, options: tuple[str, ...]
) -> None:
    keyring(database, {"s": {"u": SECRET}})
    private(database, "key", SECRET.encode() + b"\xff" * reference.startswith("file"))
    one(database, reference)
    known = {"CPCTL_SECRETS_TIMEOUT": "1"}
    if reference.startswith("keyring"):
        known["PYTHON_KEYRING_BACKEND"] = "file_keyring.Broken"
    done = database.cpctl("plan", *options, environment=known)
    assert done.code == 1, done
    assert LOUD[reference] in done.out + done.err
    assert SECRET_CORE not in done.out + done.err
