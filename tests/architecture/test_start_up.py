"""What must be instant imports nothing heavy; what reads no database imports no driver."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from cpctl.core.change import Create
from cpctl.render.as_json import dumps, plan_json
from tests.unit.render.plans import job, plan

HEAVY = frozenset({"psycopg", "pydantic", "deepdiff", "yaml", "rich"})

LOADED = """
import sys
sys.argv = ["cpctl", *{arguments!r}]
from cpctl.__main__ import main
try:
    main()
except SystemExit:
    pass
print("LOADED", *sorted({{name.partition(".")[0] for name in sys.modules}}))
"""


def _loaded(*arguments: str, folder: Path) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", LOADED.format(arguments=list(arguments))],
        capture_output=True,
        text=True,
        check=True,
        cwd=folder,
    )
    return set(done.stdout.rpartition("LOADED")[2].split())


@pytest.mark.parametrize("arguments", [("--version",), ("--help",), ("plan", "--help")])
def test_help_and_version_load_nothing_heavy(arguments: tuple[str, ...], tmp_path: Path) -> None:
    assert _loaded(*arguments, folder=tmp_path) & HEAVY == set()


def test_version_does_not_even_load_typer(tmp_path: Path) -> None:
    assert "typer" not in _loaded("--version", folder=tmp_path)


def test_completion_loads_nothing_heavy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_CPCTL_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", "cpctl pl")
    monkeypatch.setenv("COMP_CWORD", "1")
    assert _loaded(folder=tmp_path) & HEAVY == set()


def test_validate_needs_no_driver(tmp_path: Path) -> None:
    (tmp_path / "scheduler.yaml").write_text("version: 1\nname: x\njobs: {}\n", encoding="utf-8")
    assert _loaded("validate", folder=tmp_path) & {"psycopg", "rich", "deepdiff"} == set()


def test_a_saved_plan_is_shown_without_a_driver_and_without_yaml(tmp_path: Path) -> None:
    (tmp_path / "plan").write_text(dumps(plan_json(plan(Create(job("x"))))), encoding="utf-8")
    for form in ("text", "markdown", "json", "sql"):
        loaded = _loaded("show", "plan", "--format", form, folder=tmp_path)
        assert "typer" in loaded  # the control
        assert loaded & {"psycopg", "yaml", "deepdiff", "rich"} == set(), form


def test_secrets_that_are_variables_load_nothing_of_other_sources() -> None:
    script = """
import sys
from cpctl.core.references import check_reference
from cpctl.secrets import Secrets
secrets = Secrets({"KEY": "value"}, "require")
before = {*sys.modules}
for reference in ("env:KEY", *sys.argv[1:]):
    check_reference(reference)
    secrets.fetch([reference])
    secrets.sealed(reference)
print("LOADED", *{*sys.modules} - before)
"""
    found = []
    for more in ((), ("command:echo value",)):
        done = subprocess.run(
            [sys.executable, "-c", script, *more], capture_output=True, text=True, check=True
        )
        found.append(set(done.stdout.split()[1:]))
    assert found[0] == {"cpctl.secrets.env"}
    assert found[1] >= {"cpctl.secrets.command", "shlex", "subprocess"}  # the control
    assert found[1].isdisjoint({"keyring", "concurrent.futures", "cpctl.secrets.keyring"})
