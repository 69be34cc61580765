"""Globs over whole names: what a file may remove."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cpctl.core.scope import Scope, as_glob
from cpctl.core.text import Wrong

COVERED = [
    ("a*", "abc", True),
    ("a*", "ba", False),
    ("a?c", "abc", True),
    ("a?c", "ac", False),
    ("a[bc]", "ab", True),
    ("a[!bc]", "ab", False),
    ("a[0-9]*", "a1x", True),
    ("app.*", "appx", False),
    ("a*c", "a\nc", True),
    ("a", "a\n", False),
    ("A*", "ab", False),
]


@pytest.mark.parametrize(("glob", "name", "covered"), COVERED)
def test_globs_match_whole_names(glob: str, name: str, *, covered: bool) -> None:
    assert Scope((glob,)).covers(name) is covered


def test_a_leading_exclamation_mark_excludes_wherever_it_stands() -> None:
    scope = Scope(("!a.x*", "a.*", "b.*"))
    assert [scope.pattern(name) for name in ("a.y", "a.xy", "b.x", "c")] == [
        "a.*",
        None,
        "b.*",
        None,
    ]


def test_ascii_letters_fold_and_no_others() -> None:
    scope = Scope(("App.*", "!app.X", "é*", "k*"), fold=True)
    assert [scope.covers(name) for name in ("aPP.y", "APP.x", "É", "\u212a")] == [
        True,
        False,
        False,
        False,
    ]


@pytest.mark.parametrize("glob", ["*", "?", "**", "[ab]", "*[!a]?", "!*", "", "!"])
def test_a_glob_has_a_literal_character(glob: str) -> None:
    with pytest.raises(Wrong, match="no literal character"):
        as_glob(glob)


@pytest.mark.parametrize("glob", ["a*", "*_x", "!a*", "[", "a[", "[]a"])
def test_globs_with_one_are_taken(glob: str) -> None:
    assert as_glob(glob) == glob


@given(st.lists(st.text(max_size=20), max_size=4), st.text(max_size=20), st.booleans())
def test_any_text_is_a_glob(globs: list[str], name: str, fold: bool) -> None:  # noqa: FBT001
    assert Scope(tuple(globs), fold).covers(name) in (True, False)
