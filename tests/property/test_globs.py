"""A scope in SQL takes in the same names as the scope itself: fnmatch and PostgreSQL agree."""

from __future__ import annotations

import os
from fnmatch import fnmatchcase

from hypothesis import HealthCheck, Phase, example, given, seed, settings
from hypothesis import strategies as st

from cpctl.core.glob_regex import fitting, matching
from cpctl.core.scope import Scope
from cpctl.core.sql import literal
from tests.servers import Database

NUMBER = int(os.environ.get("CPCTL_PROPERTY_GLOBS") or 1000)
SEED = int(os.environ.get("CPCTL_PROPERTY_SEED") or 20)

# What means something to fnmatch or to a regular expression, and letters around it.
SIGNS = "abcABCzZ019_ -.!*?[]\\^$|&~(){}+:=#\"'/,;<>@%`\n\té"
BRACKETS = st.builds(
    "[{}{}]".format, st.sampled_from(("", "!", "]", "!]")), st.text("abcAZ-!]^\\[:.é", max_size=5)
)
PIECES = st.one_of(
    st.text(SIGNS, min_size=1, max_size=3), BRACKETS, st.sampled_from(("*", "?", "**"))
)
GLOBS = st.lists(PIECES, min_size=1, max_size=4).map("".join)
SIDES = st.sampled_from(("", "", "!"))
SCOPES = st.builds(
    Scope,
    st.lists(st.builds("{}{}".format, SIDES, GLOBS), min_size=1).map(tuple),
    st.booleans(),
)
NAMES = st.lists(st.text(SIGNS, max_size=4), min_size=20, max_size=40)
HARD = (
    "[", "[!", "[]", "[!]", "[]]", "[!]]", "[a", "[a-", "[a-]", "[-a]", "[--a]", "[a-c-e]", "[c-a]",
    "[!c-a]", "[xc-a]", "[[:alpha:]]", "[[.a.]]", "[\\d]", "\\d", "***x", "(?i)a", "[^a]", "a|b",
    "[a&&b]", "[!-]", "[Z-a]", "[!Z-a]", "$", "^", "a{2}", "é", "[é]", "É", "a\n", "[]-a]",
    "[!]-a]", "\\",
)  # fmt: skip
EVERY = [
    *map(chr, range(1, 128)),
    "é",
    "É",
    "",
    "ab",
    "aa",
    "a\n",
    "\na",
    "[]",
    "[!]",
    "a-",
    "***x",
]


def covered(database: Database, condition: str, names: list[str]) -> list[str]:
    """The names that the server takes in; it reads the literals as they are written."""
    listed = ", ".join(map(literal, names))
    query = f"select n from unnest(array[{listed}]) n where {condition}"
    return [name for (name,) in database.admin.execute(query.encode()).fetchall()]


def same(database: Database, scope: Scope, names: list[str]) -> None:
    condition = matching("n", scope, literal)
    assert covered(database, condition, names) == [n for n in names if scope.covers(n)], condition


def test_every_single_sign_is_taken_as_fnmatch_takes_it(database: Database) -> None:
    for glob in (*HARD, *map(chr, range(1, 128))):
        for fold in (False, True):
            same(database, Scope((glob,), fold), EVERY)
            same(database, Scope(("*", f"!{glob}"), fold), EVERY)
        found = covered(database, fitting("n", glob, literal), EVERY)
        assert found == [name for name in EVERY if fnmatchcase(name, glob)]


def test_generated_scopes_take_in_the_same_names(database: Database) -> None:
    @seed(SEED)
    @settings(
        max_examples=NUMBER,
        deadline=None,
        database=None,
        phases=(Phase.explicit, Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    @example(Scope(("!a",)), ["a", "b"])
    @given(SCOPES, NAMES)
    def hold(scope: Scope, names: list[str]) -> None:
        same(database, scope, [*names, *scope.patterns])

    hold()
