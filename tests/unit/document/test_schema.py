"""The JSON Schemas: an editor accepts what cpctl accepts, and explains every key."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from cpctl.core.text import Source
from cpctl.document.schema import schema
from tests.unit.document.toys import HEAD, LIT, PARTS, document

VALID = [
    LIT,
    "store: database\n" + LIT,
    "store: ${STORE}\n" + LIT,
    "lamps:\n  a: {shape: 1.10, note: on, lit: true, colour: green, sizes: [1, no, x]}\n",
    LIT + "    lit: ${LIT}\n",
    "lamps:\n  a: {shape: s, note_file: f}\n",
    "urls:\n  u: ${URL}/x\n  v: https://h/x\n",
    "secrets:\n  k: {from: 'env:KEY'}\n",
    "settings:\n  a.b: 1.10\n  a.c: on\n  a.d: 12:30:45\n  work_mem: null\n",
    "expect: {host: h*, system_identifier: 7301234567890123456, timezone: GMT}\n",
    "scope: {lamps: [h*, '!hx'], settings: [app.*]}\ndefaults: {room: 1, lit: false}\n",
]
INVALID = [
    "lamp: {}\n",
    "lamps:\n  a: {shpe: s, note: n}\n",
    "lamps:\n  a: {note: n}\n",
    "lamps:\n  a: {shape: s}\n",
    "lamps:\n  a: {shape: s, note: n, note_file: f}\n",
    "lamps:\n  a: {shape: s, note: n, colour: blue}\n",
    "lamps:\n  a: {shape: s, note: n, lit: maybe}\n",
    LIT + "    room: null\n",
    "lamps: null\n",
    "store: valut\n",
    "urls:\n  u: ftp://h\n",
    "urls:\n  u-v: https://h\n",
    "secrets:\n  k: value\n",
    "secrets:\n  k: {from: value}\n",
    "scope: {lamps: x}\n",
    "defaults: {shape: s}\n",
    "name: a b\n",
]


def accepts(which: Any, text: str) -> bool:
    seen = yaml.load(text, Loader=yaml.SafeLoader)  # as an editor resolves it
    return Draft202012Validator(schema(which, PARTS)).is_valid(seen)


def schemas(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
        for below in node.values():
            yield from schemas(below)
    elif isinstance(node, list):
        for below in node:
            yield from schemas(below)


@pytest.mark.parametrize("text", VALID)
def test_what_cpctl_accepts_is_accepted(text: str) -> None:
    assert accepts("scheduler", HEAD + text)
    assert accepts("overlay", text)
    env = {"STORE": "system", "LIT": "true", "URL": "https://h"}
    document(text, env=env, read_file=lambda path: Source(path, "n"))


@pytest.mark.parametrize("text", INVALID)
def test_what_cpctl_refuses_is_marked(text: str) -> None:
    assert not accepts("scheduler", HEAD + text if not text.startswith("name") else text)


@pytest.mark.parametrize("text", ["", "version: 1\n", "version: 2\nname: x\n", "name: x\n"])
def test_version_and_name_are_required(text: str) -> None:
    assert not accepts("scheduler", text + LIT)


@pytest.mark.parametrize(
    "text",
    [
        "lamps: null\n",
        "lamps: {a: null}\n",
        "lamps: {a: {room: null, lit: null, colour: null}}\n",
        "scope: {lamps: null}\nstore: null\nexpect: {host: null}\nurls: {u: null}\n",
    ],
)
def test_an_overlay_may_remove_and_may_say_a_part(text: str) -> None:
    assert accepts("overlay", text)


@pytest.mark.parametrize("text", ["version: 1\n", "name: x\n", "lamps: {a: {shpe: null}}\n"])
def test_an_overlay_has_no_identity_and_no_unknown_keys(text: str) -> None:
    assert not accepts("overlay", text)


@pytest.mark.parametrize("which", ["scheduler", "overlay"])
def test_every_key_is_explained(which: Any) -> None:
    made = schema(which)
    Draft202012Validator.check_schema(made)
    assert made["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert made["title"]
    assert made["description"]
    keys = [
        (name, node)
        for found in schemas(made)
        if isinstance(found.get("properties"), dict)
        for name, node in found["properties"].items()
    ]
    assert keys
    assert [name for name, node in keys if not node.get("description")] == []
    assert "interpolate" not in str(made)
    assert "__" not in str(made)
