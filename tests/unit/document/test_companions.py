"""`X_file: PATH` stands for X, read beside the file that names it."""

from __future__ import annotations

from pathlib import Path

import pytest

from cpctl.core.text import Source, Wrong
from cpctl.document import load, read_source
from cpctl.errors import InputError
from tests.unit.document.toys import HEAD, PARTS, document, entry, faults

ONE = "lamps:\n  a: {shape: s, note_file: notes/a.txt}\n"


def shelf(path: str) -> Source:
    if path == "notes/a.txt":
        return Source(path, "words; -- ${X}\nmore\n")
    raise Wrong("there is no such file", "check the path")


def test_the_files_text_is_taken_exactly() -> None:
    made = document(ONE, read_file=shelf)
    assert entry(made, "lamps", "a").note == "words; -- ${X}\nmore\n"
    assert entry(made, "lamps", "a").note_file is None


def test_it_is_an_input_like_any_other() -> None:
    other = document(ONE, read_file=lambda path: Source(path, "other"))
    assert other.inputs.digest != document(ONE, read_file=shelf).inputs.digest


@pytest.mark.parametrize(
    ("text", "expected"),
    {
        "lamps:\n  a: {shape: s, note: n, note_file: f}\n": "a.yaml:4:26: lamps.a has both `note` "
        "and `note_file`. Remedy: remove one; in an overlay with note: null",
        "lamps:\n  a: {shape: s, note_file: f}\n": "a.yaml:4:28: note_file: there is no such file: "
        '"f". Remedy: check the path',
        "lamps:\n  a: {shape: s, note_file: [f]}\n": "a.yaml:4:17: `note_file` must be text, not a",
        "lamps:\n  a: {shape: s, note_fil: f}\n": "a.yaml:4:17: unknown key `note_fil` in lamps.a. "
        "Remedy: did you mean `note_file`?",
    }.items(),
)
def test_a_file_that_cannot_be_taken_is_one_error(text: str, expected: str) -> None:
    (found,) = faults(text, read_file=shelf)
    assert found.startswith(expected)


def test_an_overlay_can_change_from_one_to_the_other() -> None:
    made = document(ONE, "lamps:\n  a: {note_file: null, note: n}\n", read_file=shelf)
    assert entry(made, "lamps", "a").note == "n"


def test_paths_are_relative_to_the_file_that_says_them(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "n.txt").write_bytes(b"\xef\xbb\xbfdeep")
    (tmp_path / "base.yaml").write_text(HEAD + "lamps:\n  a: {shape: s, note: n}\n")
    (tmp_path / "deep" / "over.yaml").write_text("lamps:\n  a: {note: null, note_file: n.txt}\n")
    names = [str(tmp_path / "base.yaml"), str(tmp_path / "deep" / "over.yaml")]
    made = load([read_source(name) for name in names], {}, parts=PARTS)
    assert entry(made, "lamps", "a").note == "deep"


@pytest.mark.parametrize(
    ("name", "expected"),
    {
        "absent": "there is no such file",
        ".": "this is a directory",
        "binary": "this is a NUL byte, as only binary files have (line 1, column 2)",
        "latin": "byte 0xE9 is not UTF-8 (line 2, column 1)",
    }.items(),
)
def test_bytes_that_are_no_text_are_refused(tmp_path: Path, name: str, expected: str) -> None:
    (tmp_path / "binary").write_bytes(b"a\x00")
    (tmp_path / "latin").write_bytes(b"a\n\xe9")
    source = Source(
        str(tmp_path / "s.yaml"), f"{HEAD}lamps:\n  a: {{shape: s, note_file: {name}}}\n"
    )
    with pytest.raises(InputError) as caught:
        load([source], {}, parts=PARTS)
    assert f"s.yaml:4:28: note_file: {expected}" in str(caught.value.faults[0])


def test_what_a_variable_held_is_not_shown_as_a_part_of_the_path() -> None:
    def refuse(path: str) -> Source:
        raise Wrong("this user may not read it", f"chmod u+r {path}")

    text = "lamps:\n  a: {shape: s, note_file: '${D}/f'}\n"
    (found,) = faults(text, read_file=refuse, env={"D": "/s3cr3t"})
    assert found == (
        'a.yaml:4:28: note_file: this user may not read it: "${D}/f". Remedy: chmod u+r ${D}/f'
    )


def test_without_the_environment_a_path_with_a_variable_is_not_looked_for() -> None:
    text = "lamps:\n  a: {shape: s, note_file: '${D}/a'}\n"
    assert faults(text, resolve=False, read_file=shelf) == []
