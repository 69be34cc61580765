"""Command lines and environments: real processes, as a user starts them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from tests.leaks.place import APPLY, ENV_FILE, Place
from tests.leaks.tally import Tally
from tests.leaks.watch import Processes
from tests.leaks.ways import PLAIN
from tests.runner import ROOT

pytestmark = pytest.mark.parametrize("way", PLAIN[-1:], ids=str, indirect=True)

CPCTL = (sys.executable, "-m", "cpctl")
COMMANDS = (
    ("validate",),
    ("plan", *ENV_FILE, "--out", "saved"),
    ("show", "saved"),
    (*APPLY, "saved", *ENV_FILE),
    (*APPLY, *ENV_FILE),
    ("plan", *ENV_FILE, "--format", "sql"),
    ("diff", *ENV_FILE),
    ("history",),
    ("history", "show", "1"),
    ("status", *ENV_FILE),
    ("runs", "--failed"),
    ("explain", "0 2 * * 1"),
    ("schema",),
)


def watched(
    place: Place,
    argv: Sequence[str],
    *,
    folder: Path | None = None,
    given: str = "",
    more: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run it as a process of its own, and look at it and at all that it starts."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(place.folder / "home"),
        "KEY": place["new"],
        "PGPASSWORD": place["pgpassword"],
        "CPCTL_DATABASE_URL": place.url(),
        **(more or {}),
    }
    where, seen = folder or place.folder, Processes()
    process = subprocess.Popen(
        argv,
        cwd=where,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process, seen.seen(process.pid):
        out, err = process.communicate(given, timeout=60)
    words = [word for word in argv if word not in CPCTL]
    for channel, found in (
        ("command lines", b"\n".join(seen.arguments)),
        ("environments of children", b"\n".join(seen.environments)),
        ("stdout, real processes", out.encode()),
        ("stderr, real processes", err.encode()),
    ):
        place.tally.look(channel, found, place.canaries.values(), " ".join(words))
    assert seen.looks, "it was too fast"
    return subprocess.CompletedProcess(argv, process.returncode, out, err)


def test_no_process_has_a_secret_on_its_command_line(place: Place, tmp_path: Path) -> None:
    script = ""
    for arguments in COMMANDS:
        done = watched(place, (*CPCTL, *arguments))
        assert done.returncode in (0, 2), done
        script = done.stdout if "sql" in arguments else script
    empty = tmp_path / "empty"
    empty.mkdir()
    assert watched(place, (*CPCTL, "init"), folder=empty).returncode == 0
    # Long enough to be seen: it fails at the first source that psql cannot read.
    watched(place, place.cluster.psql("-f", "-"), given=f"select pg_sleep(0.5);\n{script}")
    place.tally.verdict()


def test_a_secret_of_a_process_is_found(place: Place) -> None:
    place.tally = Tally("planted")
    text = "import os; from tests.leaks.mutants import child; child(os.environ['KEY'])"
    paths = os.pathsep.join(map(str, (ROOT, ROOT / "tools")))
    done = watched(place, (sys.executable, "-c", text), more={"PYTHONPATH": paths})
    assert done.returncode == 0, done
    assert {"command lines", "environments of children"} <= set(place.tally.hits)
