"""Several files are one: later ones win, null removes, and each error names the file it is in."""

from __future__ import annotations

import pytest

from tests.unit.document.toys import LIT, document, entry, faults


def test_mappings_merge_and_scalars_and_lists_replace() -> None:
    made = document(
        "lamps:\n  a: {shape: s, note: n, sizes: [x, y]}\n  b: {shape: s, note: n}\n",
        "lamps:\n  a: {shape: t, sizes: [z]}\n  c: {shape: u, note: n}\n",
        "lamps:\n  a: {note: m}\n",
    )
    lamps = made.entries["lamps"]
    assert [(name, lamp.shape, lamp.note) for name, lamp in lamps.items()] == [
        ("a", "t", "m"),
        ("b", "s", "n"),
        ("c", "u", "n"),
    ]
    assert entry(made, "lamps", "a").sizes == ("z",)
    assert made.files == ("a.yaml", "b.yaml", "c.yaml")


def test_null_removes_in_a_later_file() -> None:
    made = document(
        "scope: {lamps: [h*]}\n" + LIT + "    room: r\nsettings:\n  a.b: c\n",
        "scope: null\nlamps:\n  hall: {room: null}\nsettings:\n  a.b: null\n",
    )
    assert made.scope == {}
    assert made.entries["settings"] == {}
    assert entry(made, "lamps", "hall").room is None


@pytest.mark.parametrize(
    ("texts", "expected"),
    {
        (LIT, "lamps:\n  hall: {shape: null}\n"): "b.yaml:2:10: `shape: null` takes away what "
        'lamps.hall needs. Remedy: remove the null, or add shape: "*round*"',
        (
            "lamps:\n  hall: {shape: s, note_file: f}\n",
            "lamps:\n  hall: {note_file: null}\n",
        ): "b.yaml:2:10: `note_file: null` takes away what lamps.hall needs. Remedy: remove the "
        "null, or add note: any words, or note_file: PATH",
        (
            LIT,
            "lamps: {hall: null}\n",
            "lamps:\n  hall: {note: n}\n",
        ): "c.yaml:2:3: lamps.hall needs `shape`.",
        (LIT, "lamps:\n  b: {<<: {shape: s}}\n"): "b.yaml:2:7: merge keys (<<) are not read.",
    }.items(),
)
def test_what_a_null_takes_away_is_missed_at_that_null(
    texts: tuple[str, ...], expected: str
) -> None:
    (found,) = faults(*texts)
    assert found.startswith(expected)


def test_what_a_null_took_away_a_later_file_can_give_again() -> None:
    made = document(LIT, "lamps:\n  hall: {shape: null}\n", "lamps:\n  hall: {shape: t}\n")
    assert entry(made, "lamps", "hall").shape == "t"


@pytest.mark.parametrize(
    ("texts", "expected"),
    {
        (LIT, "version: 1\n"): "b.yaml:1:1: only the first file has `version`. Remedy: remove this",
        (LIT, "name: x\n"): "b.yaml:1:1: only the first file has `name`. Remedy: remove this line",
        (LIT, "version: null\n"): "b.yaml:1:1: only the first file has `version`.",
        (LIT, "lamps:\n  hal: null\n"): "b.yaml:2:3: `hal: null` removes nothing: no file before",
        (LIT, "lamps:\n  x: {shape: s, note: null}\n"): "b.yaml:2:17: `note: null` removes nothing",
        (LIT, "lamps:\n  hall: {shpe: s}\n"): "b.yaml:2:10: unknown key `shpe` in lamps.hall.",
        (LIT, "lamps:\n  hall:\n    shape: [s]\n"): "b.yaml:3:5: `shape` must be text, not a list",
        (LIT, "lamps:\n  hall:\n"): "b.yaml:2:3: `hall` has no value.",
        (LIT, ""): "b.yaml:1:1: the file is empty.",
        (LIT, "a: @x\n"): "b.yaml:1:4: a value that starts with @ must be quoted",
        (
            LIT,
            "lamps: x\n",
        ): "b.yaml:1:1: `lamps` must be a mapping of names. Remedy: write lamps: {}",
        (LIT + "    room: null\n",): "a.yaml:7:5: `room` is null. Remedy: give it a value, or",
        ("lamps:\n  a: null\n",): "a.yaml:4:3: `a` is null. Remedy: give it a value, or remove",
        ("lamps: null\n",): "a.yaml:3:1: `lamps` is null. Remedy: give it a value, or remove",
        ("store: null\n",): "a.yaml:3:1: `store` is null.",
    }.items(),
)
def test_each_error_is_in_the_file_that_made_it(texts: tuple[str, ...], expected: str) -> None:
    (found,) = faults(*texts)
    assert found.startswith(expected)


def test_null_in_the_first_file_is_for_models_that_take_it() -> None:
    assert entry(document("settings:\n  work_mem: null\n"), "settings", "work_mem").value is None


def test_a_variable_that_a_later_file_overrules_need_not_be_set() -> None:
    made = document("settings:\n  a.b: ${NONE}\n", "settings:\n  a.b: c\n")
    assert entry(made, "settings", "a.b").value == "c"


def test_faults_of_all_files_come_together_in_order() -> None:
    found = faults("x: 1\nlamps: {a: &y {shape: s, note: n}}\n", "z: 1\n")
    assert [fault.split(": ")[0] for fault in found] == ["a.yaml:3:1", "a.yaml:4:12", "b.yaml:1:1"]


def test_places_point_into_the_file_an_entry_comes_from() -> None:
    made = document(LIT, "lamps:\n  hall: {shape: t}\n  b: {shape: s, note: n}\n")
    assert str(made.place_of("lamps", "hall")) == "a.yaml:4:3"
    assert str(made.place_of("lamps", "hall", "shape")) == "b.yaml:2:17"
    assert str(made.place_of("lamps", "b")) == "b.yaml:3:3"
    assert made.origin("lamps", "b").place == made.place_of("lamps", "b")
