"""Whether two scopes share a name, against brute force and against fnmatch."""

from __future__ import annotations

from fnmatch import fnmatchcase
from itertools import product
from time import perf_counter

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cpctl.core.overlap import overlap
from cpctl.core.scope import Scope
from cpctl.core.text import Wrong

KNOWN = [
    (["a*"], ["*b"], "ab"),
    (["a*"], ["b*"], None),
    (["nightly_*"], ["nightly_report"], "nightly_report"),
    (["app_*", "!app_x*"], ["app_x?"], None),
    (["app_*", "!app_x*"], ["app_x*", "app_y"], "app_y"),
    (["a?"], ["a"], None),
    (["a[0-9]"], ["a[!0-8]"], "a9"),
    (["a[0-9]"], ["a[!0-9]"], None),
    (["a[b-a]x"], ["a*"], None),
    (["a[]]"], ["a]"], "a]"),
    (["a[!]]"], ["a]"], None),
    (["a["], ["a[[]"], "a["),
    (["*a*a*a*"], ["*b*"], "aaab"),
    (["a*", "!*"], ["a*"], None),
    (["x"], ["x"], "x"),
    ([], ["a*"], None),
]


@pytest.mark.parametrize(("a", "b", "name"), KNOWN)
def test_a_shortest_name_that_both_take_in(a: list[str], b: list[str], name: str | None) -> None:
    for one, other in ((a, b), (b, a)):
        found = overlap(Scope(tuple(one)), Scope(tuple(other)))
        if name is None or found is None:
            assert found == name
        else:
            assert len(found) == len(name)
            assert Scope(tuple(a)).covers(found)
            assert Scope(tuple(b)).covers(found)


def test_names_of_settings_meet_in_any_case() -> None:
    assert overlap(Scope(("App.*",), fold=True), Scope(("app.X",), fold=True)) == "app.x"
    assert overlap(Scope(("App.*",)), Scope(("app.X",))) is None
    assert overlap(Scope(("app.[a-c]",), fold=True), Scope(("app.[C-D]",), fold=True)) == "app.c"
    assert overlap(Scope(("k",), fold=True), Scope(("\u212a",), fold=True)) is None


ALPHABET = "abA-]![^é"
GLOBS = st.text(alphabet=f"{ALPHABET}*?", max_size=5)
SCOPES = st.lists(st.one_of(GLOBS, GLOBS.map("!{}".format)), max_size=3)
NAMES = ["".join(signs) for size in range(4) for signs in product(ALPHABET, repeat=size)]


@settings(max_examples=400)
@given(one=SCOPES, other=SCOPES, fold=st.booleans())
@example(one=["a*", "!a*"], other=["a"], fold=False)
@example(one=["a[!b]*"], other=["*[b]"], fold=False)
@example(one=["[a-b]"], other=["[B-Z]"], fold=True)
@example(one=["[A-]"], other=["-"], fold=False)
def test_against_brute_force(one: list[str], other: list[str], *, fold: bool) -> None:
    a, b = Scope(tuple(one), fold), Scope(tuple(other), fold)
    found = overlap(a, b)
    if found is not None:
        assert a.covers(found)
        assert b.covers(found)
    short = [name for name in NAMES if a.covers(name) and b.covers(name)]
    if short:
        assert found is not None
        assert len(found) <= min(map(len, short))


@given(st.text(max_size=8), st.text(max_size=8))
def test_a_name_as_a_scope_is_asked_of_fnmatch(glob: str, name: str) -> None:
    glob = glob.removeprefix("!")
    literal = "".join(f"[{sign}]" if sign in "*?[" else sign for sign in name)
    if not literal.startswith("!") and not glob.startswith("!"):
        found = overlap(Scope((glob,)), Scope((literal,)))
        assert found == (name if fnmatchcase(name, glob) else None)


def test_it_is_bounded() -> None:
    hard = Scope((f"*a{'?' * 40}", f"*b{'?' * 41}"))
    started = perf_counter()
    with pytest.raises(Wrong, match="entangled"):
        overlap(hard, Scope((f"*c{'?' * 39}!",)))
    assert perf_counter() - started < 10


def test_usual_scopes_are_compared_at_once() -> None:
    started = perf_counter()
    many = Scope(tuple(f"team_{number}_*" for number in range(60)))
    assert overlap(many, Scope(("other_*", "!other_x*"))) is None
    assert overlap(many, Scope(("*_59_nightly",))) == "team_59_nightly"
    assert perf_counter() - started < 5
