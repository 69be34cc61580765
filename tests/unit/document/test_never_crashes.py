"""No input whatsoever ends in anything but a Document or faults with a place."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from cpctl.core.text import Source
from cpctl.document import Document, load
from cpctl.errors import Fault, InputError
from tests.unit.document.toys import HEAD, LIT, PARTS

WHOLE = f"""{HEAD}expect: {{host: 'h*', system_identifier: 12}}
scope:
  lamps: [h*, '!hx']
  settings: [a*]
store: system
defaults: {{room: '${{R}}', lit: true}}
urls:
  u: ${{U}}/x
secrets:
  k: {{from: "env:K"}}
settings:
  work_mem: null
  a.b: 1.10
{LIT}    sizes: [a, 'b']
  hb:
    shape: >-
      x
    note: |
      SELECT 1;
      -- ${{x}}
    lit: false
"""
PLACE = re.compile(r"[ab]:[1-9]\d*:[1-9]\d*")
SIGNS = [
    *"${}[]:,#&*!|>'\"%@`\t\n\r \\-?~\x00\x85\u2028\ufeff\U0001f600é<=0",
    *("null", "- ", ": ", "${A:-"),
]


def survives(*texts: str) -> None:
    sources = [Source(name, text) for name, text in zip("ab", texts, strict=False)]
    made = outcome(sources)
    if isinstance(made, Document):
        again = outcome([Source("a", made.printed())])
        assert isinstance(again, Document)
        assert again.entries == made.entries
    else:
        assert made
        assert all(PLACE.fullmatch(fault.where) and fault.what for fault in made)


def outcome(sources: Sequence[Source]) -> Document | tuple[Fault, ...]:
    try:
        return load(sources, {"R": "r", "U": "https://h"}, parts=PARTS)
    except InputError as error:
        return error.faults


def mutated(seed: int) -> str:
    chance = random.Random(seed)  # noqa: S311  no secret
    text = WHOLE
    for _ in range(chance.randint(1, 4)):
        start = chance.randrange(len(text))
        end = start + chance.choice((0, 0, 1, 2, 10))
        text = text[:start] + "".join(chance.choices(SIGNS, k=chance.randint(0, 3))) + text[end:]
    return text


def test_the_whole_is_good() -> None:
    survives(WHOLE, "lamps:\n  hall: null\n")
    load([Source("a", WHOLE)], {"R": "r", "U": "https://h"}, parts=PARTS)


@settings(max_examples=300, deadline=None)
@given(st.text(st.characters()))
def test_any_text(text: str) -> None:
    survives(text)
    survives(HEAD + text)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from([*SIGNS, "a", "b", "1"])).map("".join))
def test_any_text_of_yaml_signs(text: str) -> None:
    survives(HEAD + "lamps:\n  a: " + text)
    survives(HEAD + text)


@settings(max_examples=800, deadline=None)
@given(st.integers(0, 2**32))
def test_any_mutation_of_a_whole_file(seed: int) -> None:
    survives(mutated(seed))


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 2**32))
def test_any_mutation_as_an_overlay(seed: int) -> None:
    survives(WHOLE, mutated(seed).removeprefix(HEAD))
