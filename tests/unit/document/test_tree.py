"""YAML as written: nothing is resolved, every scalar knows its place, and YAML's traps are shut."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cpctl.core.text import Source, Text
from cpctl.document.node import Mapping, Node
from cpctl.document.tree import read

PRINTABLE = st.characters(
    codec="utf-8",
    exclude_categories=("Cc", "Cs", "Zl", "Zp"),
    exclude_characters="\ufffe\uffff",
)
"""What YAML calls so, but for the line ends."""


def scalars(node: Node) -> Iterator[Text]:
    if isinstance(node, Mapping):
        for key, value in node.items():
            yield key
            yield from scalars(value)
    elif isinstance(node, list):
        for item in node:
            yield from scalars(item)
    elif node is not None:
        yield node


def root_of(text: str) -> Mapping:
    reading = read(Source("f", text))
    assert reading.troubles == ()
    assert reading.root is not None
    return reading.root


def faults_of(text: str) -> list[str]:
    return [str(trouble.fault()) for trouble in read(Source("f", text)).troubles]


@pytest.mark.parametrize(
    "written", ["1.10", "010", "on", "No", "12:30:45", "1e3", "0x1F", "2024-01-01", ".inf", "true"]
)
def test_no_scalar_is_resolved(written: str) -> None:
    assert root_of(f"a: {written}\n").at("a") == written


def test_null_is_null_only_when_it_is_written_and_plain() -> None:
    root = root_of("a: null\nb: ~\nc: 'null'\nd: \"\"\ne: NULL\n")
    assert list(root.values()) == [None, None, "null", "", None]


@pytest.mark.parametrize(
    "text",
    [
        "a: b\nc: [d, e]\n",
        "a: b\r\nc:\r\n  d: e\r\n",
        "a: \U0001f600 b\n'\U0001f600': \"x\U0001f600\"\nc: d\n",
        "a\tb: c\td\ne: 'f'\n",
        "a: |\n  x\n  y\nb: {c: 'd', e: \"f\"}\n",
    ],
)
def test_each_scalar_stands_where_it_says(text: str) -> None:
    for scalar in scalars(root_of(text)):
        written = text[scalar.start : scalar.end]
        assert written.lstrip("'\"| \n").startswith(str(scalar)[:1])
        assert scalar.style or written == scalar


def test_a_byte_order_mark_moves_no_place() -> None:
    key = root_of("\ufeffa: b\n").key("a")
    assert str(key.place) == "f:1:1"
    assert key.source.text[key.start : key.end] == "a"


@given(
    st.dictionaries(
        st.from_regex(r"[a-z]{1,8}", fullmatch=True),
        st.text(PRINTABLE),
        min_size=1,
    )
)
def test_quoted_text_comes_back_with_its_place(values: dict[str, str]) -> None:
    def quoted(value: str) -> str:
        return value.replace("'", "''")

    text = "".join(f"{key}: '{quoted(value)}'\n" for key, value in values.items())
    for key, value in root_of(text).items():
        assert isinstance(value, Text)
        assert value == values[key]
        assert text[value.start : value.end] == f"'{quoted(values[key])}'"
        assert value.place.column == len(key) + 3


SHUT = {
    "a: b\na: c\n": "f:2:1: `a` stands here twice; first in line 1. Remedy: remove one of them",
    "a: &x b\n": "f:1:4: anchors (&) are not read. Remedy: remove it and use defaults:",
    "a: *x\n": "f:1:4: aliases (*) are not read. Remedy: write the value itself",
    "a: !!str b\n": "f:1:4: tags (!!) are not read. Remedy: remove it",
    "a: [!b_*]\n": 'f:1:5: a value that starts with ! must be quoted: a: ["!…"] (in YAML a bare !',
    "a: {}\n<<: {b: c}\n": "f:2:1: merge keys (<<) are not read. Remedy: use defaults:",
    "a:\n": '`a` has no value. Remedy: write one; "" is empty text, {} no entries',
    "a: [b, ]\nc: [~]\n": "f:2:5: an item of this list is empty. Remedy: remove it",
    "a: [b, '', null]\n": "f:1:12: an item of this list is empty",
    "? [a]\n: b\n": "f:1:3: a key must be text. Remedy: put it in quotes",
    "?\n: b\n": "a key is missing before the colon. Remedy: write one",
    "a: b\n---\nc: d\n": "f:2:1: a second document begins here (---); a file holds one. The rest w",
    "": "f:1:1: the file is empty. Remedy: cpctl init writes one",
    "# only\n": "f:1:1: the file has only comments. Remedy: cpctl init writes one to start from; ",
    "--- # only\n": "f:1:1: the file has only comments.",
    "{a: b, c: d, e}\n": "f:1:11: in { } a comma ends this value. Remedy: put it in quotes",
    "{a: 'b', c}\n": "f:1:10: `c` has no value.",
    "{a: b, c : }\n": "f:1:8: `c` has no value.",
    "{a, b: c}\n": "f:1:2: `a` has no value.",
    "---\n": "f:1:1: the file is empty. Remedy: cpctl init writes one",
    "- a\n": "f:1:1: expected keys and values at the top, got a list. Remedy: begin with `version",
    "\n\na b\n": "f:3:1: expected keys and values at the top, got a single value. Remedy: begin wi",
    'a: "\\0"\n': "f:1:4: the text holds the control character U+0000. Remedy: remove it",
    'a: "\\e"\n': "f:1:4: the text holds the control character U+001B. Remedy: remove it",
    "a: b\rc: d\r": "f:1:5: the character U+000D ends a line for YAML, but not for an editor. Reme",
    "a: 'x\u2028y'\n": "U+2028 ends a line for YAML, but not for an editor. Remedy: remove it, or",
    "a: " + "[" * 40: "f:1:19: this is nested more than 16 levels deep. The rest was not read.",
}


@pytest.mark.parametrize(("text", "expected"), SHUT.items())
def test_yaml_that_means_more_than_it_says_is_refused(text: str, expected: str) -> None:
    assert expected in faults_of(text)[0]


def test_all_that_can_be_gone_round_is_reported_at_once() -> None:
    found = faults_of("a: &x b\na: c\nd: *x\ne:\nf: !t g\n")
    assert [fault.split(": ")[0] for fault in found] == [
        "f:1:4",
        "f:2:1",
        "f:3:4",
        "f:4:1",
        "f:5:4",
    ]


def test_what_a_fault_in_the_yaml_ends_is_said_after_what_came_before() -> None:
    found = faults_of("a: &x b\nc: @daily\nd: &y\n")
    assert len(found) == 2
    assert found[1].startswith("f:2:4")
    assert "The rest was not read." in found[1]


def test_sixteen_levels_are_read() -> None:
    assert faults_of("a: " + "[" * 15 + "b" + "]" * 15) == []
