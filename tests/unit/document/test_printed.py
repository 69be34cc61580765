"""--print: the merged files in YAML that reads back, each value with its origin."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cpctl.core.text import Source
from cpctl.document import load
from cpctl.document.node import Mapping, Node
from cpctl.document.printed import printed_lines
from cpctl.document.tree import read
from tests.unit.document.toys import PARTS, document

TEXTS = st.text(st.characters(codec="utf-8"), max_size=30)
NODES = st.recursive(
    st.one_of(TEXTS, st.none()),
    lambda inner: st.one_of(
        st.lists(inner.filter(lambda item: item is not None), max_size=3),
        st.dictionaries(TEXTS, inner, max_size=3),
    ),
    max_leaves=12,
)


def bare(node: Node) -> object:
    if isinstance(node, Mapping):
        return {str(key): bare(value) for key, value in node.items()}
    return [bare(item) for item in node] if isinstance(node, list) else node


def test_each_value_has_its_origin_and_stays_as_written() -> None:
    made = document(
        "scope: {lamps: [h*, '!hx']}\nurls:\n  u: ${URL}/x\n"
        "lamps:\n  hall:\n    shape: round\n    lit: true\n    note: |\n      one\n      two\n",
        "lamps:\n  hall: {shape: '010'}\nsettings: {}\n",
        env={"URL": "https://s3cr3t"},
    )
    assert made.printed() == (
        "version: 1  # a.yaml:1:10\n"
        'name: "house"  # a.yaml:2:7\n'
        "scope:  # a.yaml:3:1\n"
        '  lamps: ["h*", "!hx"]  # a.yaml:3:9\n'
        "urls:  # a.yaml:4:1\n"
        '  u: "${URL}/x"  # a.yaml:5:6\n'
        "lamps:  # a.yaml:6:1\n"
        "  hall:  # a.yaml:7:3\n"
        "    lit: true  # a.yaml:9:10\n"
        '    note: "one\\ntwo\\n"  # a.yaml:10:11\n'
        '    shape: "010"  # b.yaml:2:17\n'
        "settings: {}  # b.yaml:3:1\n"
    )


def test_what_is_printed_is_the_same_document() -> None:
    text = "lamps:\n  'a b': {shape: s, note: 'SELECT 1 -- # x', lit: true, sizes: ['1', x]}\n"
    made = document(text)
    again = load([Source("again", made.printed())], {}, parts=PARTS)
    assert again.entries == made.entries


@given(st.dictionaries(TEXTS, NODES, min_size=1, max_size=4))
def test_any_tree_reads_back(values: dict[str, object]) -> None:
    def written(node: object) -> str:
        if isinstance(node, dict):
            return "{" + ", ".join(f"{quoted(k)}: {written(v)}" for k, v in node.items()) + "}"
        if isinstance(node, list):
            return "[" + ", ".join(map(written, node)) + "]"
        return "null" if node is None else quoted(str(node))

    def quoted(text: str) -> str:
        return '"' + "".join(f"\\U{ord(sign):08X}" for sign in text) + '"'

    first = read(Source("f", written(values))).root
    assert first is not None
    second = read(Source("g", "\n".join(printed_lines(first)))).root
    assert second is not None
    assert bare(second) == bare(first) == values
