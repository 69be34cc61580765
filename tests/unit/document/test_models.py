"""Wrong keys and wrong types: our words, the right place, all at once."""

from __future__ import annotations

import pytest

from cpctl.document import load
from cpctl.errors import InputError
from tests.unit.document.toys import LIT, PARTS, document, faults, sources

WRONG = {
    "lamp: {}\n": "a.yaml:3:1: unknown key `lamp`. Remedy: did you mean `lamps`?",
    "xyzzy: 1\n": "a.yaml:3:1: unknown key `xyzzy`. Remedy: it can have version, name, was, expect",
    "lamps:\n  a: {shpe: s, note: n}\n": "a.yaml:4:7: unknown key `shpe` in lamps.a. Remedy: did "
    "you mean `shape`?",
    "lamps:\n  a: {Shape: s, note: n}\n": "did you mean `shape`?",
    "lamps:\n  a: {note: n}\n": 'a.yaml:4:3: lamps.a needs `shape`. Remedy: add shape: "*round*"',
    "lamps:\n  a: {shape: s}\n": "a.yaml:4:3: lamps.a needs `note`. Remedy: add note: any words, "
    "or note_file: PATH",
    "lamps:\n  a: x\n": "a.yaml:4:6: `a` must be a mapping, not text. Remedy: write its `key: valu",
    "lamps:\n  a: [x]\n": "a.yaml:4:3: `a` must be a mapping, not a list.",
    "lamps: [x]\n": "a.yaml:3:1: `lamps` must be a mapping of names. Remedy: write lamps: {} for n",
    LIT + "    room: [x]\n": "a.yaml:7:5: `room` must be text, not a list. Remedy: write one value",
    LIT + "    room: {x: y}\n": "a.yaml:7:5: `room` must be text, not a mapping.",
    LIT + "    sizes: x\n": "a.yaml:7:12: `sizes` must be a list, not text. Remedy: write it in br",
    LIT + "    sizes: [x, [y]]\n": "a.yaml:7:5: an item of `sizes` must be text, not a list.",
    LIT + "    colour: blue\n": "a.yaml:7:13: `colour` must be 'red' or 'green'. Remedy: write one",
    LIT + "    lit: yes\n": 'a.yaml:7:10: expected true or false, got "yes". Remedy: write true or',
    LIT + "    lit: 'true'\n": "a.yaml:7:10: expected true or false",
    "expect: {hots: x}\n": "a.yaml:3:10: unknown key `hots` in expect. Remedy: did you mean `host`",
    "expect: {host: ''}\n": "a.yaml:3:16: `host` is empty. Remedy: give it a value, or remove",
    "expect: x\n": "a.yaml:3:9: `expect` must be a mapping, not text.",
    "expect: {system_identifier: x1}\n": "a.yaml:3:29: a system identifier is a number.",
    "store: valut\n": "a.yaml:3:8: `store` must be 'system', 'database', 'vault' or 'table'. "
    "Remedy: did you mean `vault`?",
    "store: redis\n": "'vault' or 'table'. Remedy: write one of them, without quotes",
    "scope: {lamp: [x]}\n": "a.yaml:3:9: unknown key `lamp` in scope. Remedy: did you mean `lamps`",
    "scope: {lamps: x*}\n": "a.yaml:3:16: `lamps` must be a list, not text.",
    "scope: {lamps: ['a*', '*']}\n": 'a.yaml:3:23: the pattern "*" has no literal character',
    "scope: {lamps: ['!a*']}\n": "a.yaml:3:9: every pattern excludes, so nothing is left. Remedy:",
    "scope: {lamps: []}\n": "a.yaml:3:9: there is no pattern. Remedy: write one, or leave the key",
    "was: house\n": "a.yaml:3:6: `was` is the name that the file has. Remedy: remove this line",
    "was: a b\n": "a.yaml:3:6: the file's name is made of letters, digits and . _ -.",
    "limits: {deletes: many}\n": "a.yaml:3:19: a limit is a share or a number. Remedy: write",
    "limits: {updates: [5]}\n": "a limit is a share or a number",
    "limits: {deletes: 101%}\n": "a.yaml:3:19: there is no share over 100 %. Remedy: write 100%",
    "limits: {creates: 5}\n": "a.yaml:3:10: unknown key `creates` in limits. Remedy: it can have",
    "require_allow: [DELETE_JOB]\n": 'a.yaml:3:17: "DELETE_JOB" is no hazard. Remedy: one of CAN_',
    "require_allow: DELETES_JOB\n": "a.yaml:3:16: `require_allow` must be a list, not text.",
    "defaults: {shape: s}\n": "a.yaml:3:12: unknown key `shape` in defaults. Remedy: it can have r",
    "defaults: {lit: maybe}\n" + LIT: 'a.yaml:3:17: expected true or false, got "maybe".',
    "lamps:\n  bad one: {shape: s, note: n}\n": "a.yaml:4:3: bad one is a bad name. Remedy: choose",
}


@pytest.mark.parametrize(("text", "expected"), WRONG.items())
def test_what_is_wrong_is_said_once_in_our_words(text: str, expected: str) -> None:
    (found,) = faults(text)
    assert expected in found


@pytest.mark.parametrize(
    ("text", "expected"),
    {
        "name: x\n": "a.yaml:1:1: the file needs `version`. Remedy: add version: 1",
        "version: 1\n": "a.yaml:1:1: the file needs `name`. Remedy: add name: content-pipeline",
        "version: 2\nname: x\n": "a.yaml:1:10: this cpctl reads version 1 of the file. Remedy: ver",
        "version: 1\nname: a b\n": "a.yaml:2:7: the file's name is made of letters, digits and . _",
        "vesion: 1\nname: x\n": "a.yaml:1:1: unknown key `vesion`. Remedy: did you mean `version`?",
    }.items(),
)
def test_the_first_file_has_version_and_name(text: str, expected: str) -> None:
    with pytest.raises(InputError) as caught:
        load(sources(text), {}, parts=PARTS)
    (found,) = map(str, caught.value.faults)
    assert found.startswith(expected)


ONE_FAULT = {
    "lamps:\n  a:\n    <<: {note: n, x: null}\n": "a.yaml:5:5: merge keys (<<) are not read.",
    "lamps:\n  <<: *b\n": "a.yaml:4:3: merge keys (<<) are not read.",
    "lamps:\n  ? [a, *b]\n  : {shape: null}\n": "a.yaml:4:5: a key must be text.",
    "lamps:\n  a: {shape: {{ X }}, note: n}\n": "a.yaml:4:15: a key must be text.",
    "settings:\n  ?\n  : [null]\n": "a key is missing before the colon",
    "lamps:\n  a: {shape: f(1, 2, 2), note: n}\n": "a.yaml:4:14: in { } a comma ends this value.",
    "lamps:\n  a: {shape: s, note}\n": "a.yaml:4:14: in { } a comma ends this value.",
    "settings: {a.b: c, d}\n": "a.yaml:3:17: in { } a comma ends this value.",
    "lamps: *x\n": "a.yaml:3:8: aliases (*) are not read.",
    "lamps:\n  a: *x\n": "a.yaml:4:6: aliases (*) are not read.",
    "expect: {host: *x}\n": "a.yaml:3:16: aliases (*) are not read.",
    LIT + "    sizes: [a, *x]\n": "a.yaml:7:16: aliases (*) are not read.",
    LIT + "    lit: *x\n": "a.yaml:7:10: aliases (*) are not read.",
}


@pytest.mark.parametrize(("text", "expected"), ONE_FAULT.items())
def test_what_follows_from_a_fault_in_the_yaml_is_not_reported_beside_it(
    text: str, expected: str
) -> None:
    (found,) = faults(text)
    assert expected in found


def test_beside_a_fault_in_the_yaml_other_faults_are_reported() -> None:
    found = faults("lamps:\n  a:\n    <<: {note: n}\n    colour: blue\n    shpe: s\n")
    assert [fault.split(": ")[0] for fault in found] == ["a.yaml:5:5", "a.yaml:6:13", "a.yaml:7:5"]


@pytest.mark.parametrize(
    ("written", "expected"),
    {
        "[[x]]": "a.yaml:4:3: an item of `a.b` must be text, not a list.",
        "[x, {y: z}]": "a.yaml:4:3: an item of `a.b` must be text, not a mapping.",
    }.items(),
)
def test_of_a_union_the_member_that_got_furthest_speaks(written: str, expected: str) -> None:
    (found,) = faults(f"settings:\n  a.b: {written}\n")
    assert found.startswith(expected)


def test_everything_wrong_is_found_in_one_go_and_in_order() -> None:
    found = faults(
        "store: x\nscope: {lamps: ['*']}\nlamps:\n  bad: {shape: s, note: n}\n"
        "  a: {shpe: s}\n  b: {shape: '${X}', note: n}\n  c: [d]\nurls: {u: x}\nsecrets: {s: t}\n"
    )
    lines = [int(fault.split(":")[1]) for fault in found]
    assert lines == [3, 4, 6, 7, 7, 8, 9, 10, 11]


def test_what_is_right_of_a_wrong_head_still_counts() -> None:
    found = faults("store: x\nscope: {lamps: [b*]}\n" + LIT)
    assert [fault.split(": ")[0] for fault in found] == ["a.yaml:3:8", "a.yaml:6:3"]


def test_a_document_of_nothing_is_legal_here() -> None:
    for text in ("", "lamps: {}\n"):
        assert document(text).entries == {"lamps": {}, "settings": {}}


def test_entries_take_from_defaults_what_they_lack() -> None:
    made = document(
        "defaults: {room: r, lit: true}\n" + LIT + "  b: {shape: s, note: n, room: q}\n"
    )
    rooms = {name: (lamp.room, lamp.lit) for name, lamp in made.entries["lamps"].items()}
    assert rooms == {"hall": ("r", True), "b": ("q", True)}
    assert str(made.place_of("lamps", "hall", "room")) == "a.yaml:3:18"


def test_a_wrong_default_is_one_error_however_many_take_it() -> None:
    (found,) = faults("defaults: {room: [r]}\n" + LIT + "  b: {shape: s, note: n}\n")
    assert found.startswith("a.yaml:3:12: `room` must be text, not a list")


def test_names_may_be_anything() -> None:
    made = document(
        "lamps:\n  'a: b/ü\U0001f600 #': {shape: s, note: n}\n  010: {shape: s, note: n}\n"
    )
    assert list(made.entries["lamps"]) == ["a: b/ü\U0001f600 #", "010"]
