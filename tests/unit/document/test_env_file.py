"""--env-file: what a line may be, and that no value is ever shown."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cpctl.document import env_file_beside, filled, parse_env_file
from cpctl.errors import InputError

LINES = {
    "A=b": "b",
    "A=b\r\n": "b",
    "export A=b": "b",
    "  A = b  ": "b",
    "A=": "",
    "A=# x": "",
    "A= # x": "",
    "A=b # x": "b",
    "A=b#x": "b#x",
    "A=b c": "b c",
    "A=b=c": "b=c",
    "A='b # c' # d": "b # c",
    "A='${B} $C \\n'": "${B} $C \\n",
    'A="b\\n\\"c\\" \\\\ \\$D # e"': 'b\n"c" \\ $D # e',
    'A="b\nc"': "b\nc",
    "A='b\nc'": "b\nc",
    "A=b$c": "b$c",
    "A=it's": "it's",
    "\n# x\n\n  # y\nA=b\n": "b",
}


@pytest.mark.parametrize(("text", "expected"), LINES.items())
def test_lines_that_set_a_variable(text: str, expected: str) -> None:
    assert parse_env_file(text, ".env") == {"A": expected}


@pytest.mark.parametrize(
    ("text", "expected"),
    {
        "A=b\ns3cr3t\n": ".env:2:1: this line sets no variable. Remedy: write NAME=VALUE",
        "A-B=s3cr3t": ".env:1:1: this line sets no variable.",
        "A='s3cr3t": ".env:1:1: this line sets no variable.",
        'A="s3cr3t" x': ".env:1:1: this line sets no variable.",
        "A=s3cr3t\nA=s3cr3t": ".env:2:1: A is set twice. Remedy: remove one of the lines",
        "A=${s3cr3t}": ".env:1:1: A refers to another variable, which is not looked up here. Remed",
    }.items(),
)
def test_lines_that_set_none(text: str, expected: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_env_file(text, ".env")
    (found,) = map(str, caught.value.faults)
    assert found.startswith(expected)
    assert "s3cr3t" not in found


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(InputError):
        assert all(isinstance(value, str) for value in parse_env_file(text, ".env").values())


def test_the_environment_wins_unless_it_is_empty() -> None:
    made = filled({"A": "1", "B": "", "C": ""}, {"A": "2", "B": "2", "D": "2"})
    assert made == {"A": "1", "B": "2", "C": "", "D": "2"}


def test_a_file_beside_is_named_only_if_it_sets_the_variable(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("A=b\nC=\n")
    beside = env_file_beside(str(tmp_path / "scheduler.yaml"))
    assert beside("A") == str(tmp_path / ".env")
    assert beside("B") is None
    assert beside("C") is None
    (tmp_path / "deep").mkdir()
    assert env_file_beside(str(tmp_path / "deep" / "scheduler.yaml"))("A") is None
