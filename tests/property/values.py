"""Hypothesis strategies for what stands in a file: values, commands, jobs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from hypothesis import strategies as st

from tests.property import reals
from tests.property.files import OTHER_DATABASE, Job, Style, Value

T = TypeVar("T")
OFTEN = ("app.prop_conf", "app.role_shadow", "app.database_shadow", reals.RESTART_ONLY, "work_mem")
SPIKY = st.text("aZ'\"\\$#=%{}é \t\r中🐘", max_size=10)
SCHEDULES = st.sampled_from(
    ("0 3 29 2 *", "0  3 29 2 *", "0 3 29 feb *", "0 3 29 FEB *", "*/7 0-4 29 2 *", "0 3 29 2 * ")
)
STATEMENTS = (
    "SELECT 1;",
    "SELECT  1;",
    "select 1;",
    "SELECT 'it''s', \"x\", $1, $tag$ $$ $tag$;",
    "DO $$ BEGIN\n\n    PERFORM E'\\n\\\\', 'grün'; -- ${X} # kept\nEND $$;",
    "SELECT 'ALTER SYSTEM SET a.b', 'cron.schedule('",
    "-- a comment\r\nSELECT '\\', '\u2028', '🐘';",
)
COMMANDS = st.sampled_from(STATEMENTS) | SPIKY.map(lambda text: f"SELECT '{text}'; -- x")
MARGINS = st.sampled_from(("", "\n", " ", "\n  ", "\t\n"))
ACTIVE = st.sampled_from((None, True, False))
JOB = st.builds(
    Job,
    schedule=SCHEDULES,
    command=st.builds(lambda text, margin: text + margin, COMMANDS, MARGINS),
    database=st.sampled_from((None, None, "postgres", OTHER_DATABASE)),
    active=ACTIVE,
)
URL = st.sampled_from(("https://H.example/", "http://h.example:8080/a/")).flatmap(
    lambda start: st.text("aB/?&=$'\"\\%#é", max_size=8).map(lambda rest: f"{start}{rest}")
)
SECRET = SPIKY.map(lambda text: f"k{text}")
LIST = st.sampled_from(sorted(reals.LISTS))
STYLES: st.SearchStrategy[Style] = st.sampled_from(("double", "single", "block"))


def real_value(name: str) -> st.SearchStrategy[Value]:
    """One of a real setting's values, in one of its spellings."""
    if name == reals.LIST:
        return LIST
    if name == reals.STRING:
        return SPIKY
    return st.sampled_from([text for spellings in reals.MEANINGS[name] for text in spellings])


def some(
    names: Sequence[str], values: Callable[[str], st.SearchStrategy[T]], most: int
) -> st.SearchStrategy[dict[str, T]]:
    """A mapping of a few of these names; one that stands there twice is likelier."""
    chosen = st.lists(st.sampled_from(names), unique=True, max_size=most)
    return chosen.flatmap(lambda keys: st.fixed_dictionaries({key: values(key) for key in keys}))


def setting_value(name: str) -> st.SearchStrategy[Value]:
    values = real_value(name) if name in reals.NAMES else SPIKY
    return st.integers(0, 9).flatmap(lambda number: values if number else st.none())
