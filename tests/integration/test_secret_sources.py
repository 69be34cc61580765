"""From each source a secret arrives byte for byte, late, once, and beside the others."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from unittest import mock

import pytest

from tests.integration.steps import document, in_sync, job, plan, undone
from tests.runner import Result
from tests.servers import Database

KEYRING = {"PYTHON_KEYRING_BACKEND": "file_keyring.Keyring"}
VALUES = {
    "zeros": "007",
    "exponent": "1e5",
    "flag": "true",
    "nothing": "null",
    "blanks": "  \t in and around \t ",
    "quotes": """it's "quoted" \\ $HOME ${HOME} `id` %s :x :'x' $1""",
    "lines": "-----BEGIN-----\nMII=\r\n\n-----END-----\r",
    "newlines": "\n\n",
    "signs": "Größe 東京 🚀 \x01\x7f\u2028\ufeff",
    "large": "0123456789abcdef" * 6400,
}


def private(database: Database, name: str, data: bytes) -> Path:
    """A file as `umask 077` leaves it."""
    path = database.folder / name
    path.write_bytes(data)
    path.chmod(0o600)
    return path


def keyring(database: Database, known: Mapping[str, Mapping[str, str]]) -> None:
    shutil.copy(Path(__file__).with_name("file_keyring.py"), database.folder)
    private(database, "keyring.json", json.dumps(known).encode())


def from_env(database: Database) -> dict[str, str]:
    # A process's environment takes no more of one variable.
    known = {f"V_{name}": value for name, value in VALUES.items()}
    database.environment.update(known)
    return {name: f"env:V_{name}" for name in VALUES}


def from_file(database: Database) -> dict[str, str]:
    for name, value in VALUES.items():
        private(database, f"it's {name}", f"{value}\n".encode())
    return {name: f"file:it's {name}" for name in VALUES}


def from_command(database: Database) -> dict[str, str]:
    for name, value in VALUES.items():
        private(database, f"it's {name}", f"{value}\n".encode())
    return {name: f'command:cat "it\'s {name}"' for name in VALUES}


def from_dotenv(database: Database) -> dict[str, str]:
    quoted = {
        name: value.replace("\\", "\\\\").replace('"', '\\"').replace("${", "$\\{")
        for name, value in VALUES.items()
    }
    lines = "".join(f'export V_{name}="{value}" # one\n' for name, value in quoted.items())
    private(database, "some#file", lines.encode())
    return {name: f"dotenv:some#file#V_{name}" for name in VALUES}


def from_keyring(database: Database) -> dict[str, str]:
    keyring(database, {"https://a.example/x": VALUES})
    database.environment.update(KEYRING)
    return {name: f"keyring:https://a.example/x/{name}" for name in VALUES}


SOURCES = [from_env, from_file, from_command, from_dotenv, from_keyring]


@pytest.mark.parametrize("lay_out", SOURCES, ids=lambda source: source.__name__)
def test_a_value_arrives_byte_for_byte(database: Database, lay_out: object) -> None:
    assert callable(lay_out)
    references = {name: {"from": reference} for name, reference in lay_out(database).items()}
    references = {n: {"from": r["from"].replace("${", "$${")} for n, r in references.items()}
    database.write(document(store="table", secrets=references))
    done = database.cpctl("apply", "--auto-approve")
    assert done.code == 0, done
    assert dict(database.rows("select name, value from cpctl.secrets")) == VALUES
    in_sync(database)


def test_one_newline_is_taken_from_a_file_and_from_a_command(database: Database) -> None:
    for name, data in {"none": b"v", "one": b"v\n", "two": b"v\n\n", "dos": b"v\r\n"}.items():
        private(database, name, data)
    references = {
        f"{scheme}_{name}": {"from": f"{scheme}:{'cat ' * (scheme == 'command')}{name}"}
        for scheme in ("file", "command")
        for name in ("none", "one", "two", "dos")
    }
    database.write(document(store="table", secrets=references))
    assert database.cpctl("apply", "--auto-approve").code == 0
    expected = {"none": "v", "one": "v", "two": "v\n", "dos": "v\r"}
    assert dict(database.rows("select name, value from cpctl.secrets")) == {
        f"{scheme}_{name}": value
        for scheme in ("file", "command")
        for name, value in expected.items()
    }


def test_what_changes_at_its_source_is_an_update(database: Database) -> None:
    references = {"f": {"from": "file:f"}, "c": {"from": "command:cat c"}}
    database.write(document(secrets=references))
    for name in references:
        private(database, name, b"old")
    assert database.cpctl("apply", "--auto-approve").code == 0
    in_sync(database)
    private(database, "c", b"new")
    changes = {change["address"]: change["action"] for change in plan(database)["changes"]}
    assert changes == {"setting.app.c": "update"}


def test_five_slow_commands_take_as_long_as_one(database: Database) -> None:
    references = {f"k{n}": {"from": f"command:sh -c 'sleep 1; echo {n}'"} for n in range(5)}
    database.write(document(secrets=references))
    started = time.monotonic()
    found = plan(database)
    assert time.monotonic() - started < 2.5
    assert len(found["changes"]) == 5
    assert found["complete"] is True


def test_a_run_asks_a_source_once(database: Database) -> None:
    reference = {"from": "command:sh -c 'echo x >> asked; echo value'"}
    database.write(document(store="table", secrets={"one": reference, "two": reference}))
    assert database.cpctl("apply", "--auto-approve").code == 0
    assert (database.folder / "asked").read_text("utf-8") == "x\n"
    assert database.rows("select distinct value from cpctl.secrets") == [("value",)]


def test_no_source_is_asked_before_it_is_needed(database: Database) -> None:
    reference = {"from": "command:sh -c 'echo x >> asked; echo value'"}
    asked = database.folder / "asked"
    database.write(document(secrets={"one": reference}))
    assert database.cpctl("validate").code == 0
    assert database.cpctl("validate", "--print").code == 0
    assert database.cpctl("plan", "--secrets", "skip").code == 0
    assert database.cpctl("diff", "--secrets", "skip").code == 2
    database.write(document(expect={"database": "another"}, secrets={"one": reference}))
    assert database.cpctl("plan").code == 3
    assert not asked.exists()
    database.write(document(secrets={"one": reference}))
    assert database.cpctl("plan").code == 0
    assert asked.exists()  # the control


def test_a_source_without_a_value_is_not_compared_by_a_plan(database: Database) -> None:
    keyring(database, {})
    private(database, "env", b"OTHER=x\nEMPTY=\n")
    private(database, "empty", b"\n")
    references = (
        "env:NONE",
        "file:none",
        "file:empty",
        "command:true",
        "dotenv:none#A",
        "dotenv:env#A",
        "dotenv:env#EMPTY",
        "keyring:s/u",
    )
    secrets = {f"k{n}": {"from": reference} for n, reference in enumerate(references)}
    database.write(document(secrets=secrets))
    with mock.patch.dict(database.environment, KEYRING):
        found = plan(database)
    assert found["complete"] is False
    assert len(found["changes"]) == len(references)
    for name, secret in secrets.items():
        database.write(document(secrets={name: secret}))
        known = KEYRING if secret["from"].startswith("keyring") else {}
        done = database.cpctl("apply", "--auto-approve", environment=known)
        assert done.code == 1, done
        assert f"{secret['from']} has no value" in done.err


def in_a_container(database: Database, options: str, mode: int) -> Result:
    """A plan that finds the file `key` on a mount of its own, as a container finds a secret."""
    mount = database.folder / "mount"
    mount.mkdir()
    script = (
        f"mount -t tmpfs tmpfs {mount} && printf value > {mount}/key && ln -s key {mount}/link && "
        f"chmod {mode:o} {mount}/key && mount -o remount,{options} {mount} && "
        f"exec {sys.executable} -m cpctl plan --detailed-exitcode"
    )
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", script],
        cwd=database.folder,
        env={"PATH": os.environ["PATH"], "CPCTL_DATABASE_URL": database.url()},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return Result(done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize(
    ("options", "mode", "code"),
    [("ro", 0o644, 2), ("ro", 0o444, 2), ("ro", 0o646, 1), ("rw", 0o644, 1), ("rw", 0o600, 2)],
)
def test_a_file_on_a_read_only_mount_may_be_readable_but_not_writable_for_all(
    database: Database, options: str, mode: int, code: int
) -> None:
    database.write(document(secrets={"key": {"from": "file:mount/link"}}))
    done = in_a_container(database, options, mode)
    assert done.code == code, done


@pytest.mark.parametrize(("mode", "code"), [(0o644, 0), (0o640, 0), (0o646, 1)])
def test_a_file_of_somebody_else_is_theirs_to_protect(
    database: Database, mode: int, code: int
) -> None:
    path = private(database, "key", b"value")
    os.chown(path, 65534, 65534)
    path.chmod(mode)
    database.write(document(secrets={"key": {"from": "file:key"}, "d": {"from": "dotenv:e#A"}}))
    private(database, "e", b"A=value")
    assert database.cpctl("plan").code == code


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o646])
def test_a_dotenv_file_that_others_may_read_is_refused_too(database: Database, mode: int) -> None:
    private(database, "e", b"A=value").chmod(mode)
    database.write(document(secrets={"key": {"from": "dotenv:e#A"}}))
    done = database.cpctl("plan")
    assert done.code == 1, done
    assert f"(mode 0{mode:o})" in done.err


def test_a_keyring_without_its_library_names_the_extra(database: Database) -> None:
    database.write("raise ModuleNotFoundError(name='keyring')\n", "keyring.py")
    database.write(document(secrets={"key": {"from": "keyring:s/u"}}))
    done = database.by_shell.cpctl("plan")
    assert done.code == 1, done
    assert "needs the library keyring, which is not installed" in done.err
    assert "pip install '.[keyring]'" in done.err


def test_a_machine_without_a_keyring_says_so(database: Database) -> None:
    database.write(document(secrets={"key": {"from": "keyring:s/u"}}))
    known = {"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}
    done = database.cpctl("plan", environment=known)
    assert done.code == 1, done
    assert "this machine has no keyring" in done.err


@pytest.mark.parametrize(
    "reference",
    [
        "command:sh -c 'echo value' '`touch made`' $(touch made) \\gset :'x'",
        "command:echo a\n\\! touch made\n",
        "dotenv:a'b\\`touch made`#A",
        "keyring:';touch made;'/u",
    ],
)
def test_a_script_stops_at_a_source_that_psql_cannot_read(
    database: Database, reference: str
) -> None:
    keyring(database, {"';touch made;'": {"u": "value"}})
    database.environment.update(KEYRING)
    private(database, "a'b\\`touch made`", b"A=value")
    database.write(document(secrets={"key": {"from": reference}}, jobs={"nightly": job()}))
    made = database.cpctl("plan", "--format", "sql")
    assert made.code == 0, made
    with undone(database):
        done = subprocess.run(
            database.cluster.psql("-f", "-"),
            input=made.out,
            cwd=database.folder,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode != 0
    assert "cannot be read by psql; use cpctl apply" in done.stderr
    assert not (database.folder / "made").exists()
