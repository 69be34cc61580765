"""What the generated pairs have found, and its neighbours: small, fixed, and named."""

from __future__ import annotations

import pytest

from tests.property import reals
from tests.property.drawn import Pair
from tests.property.files import File, Store, Value
from tests.property.steps import PLAN, begin, cpctl, there_and_back
from tests.property.world import World
from tests.servers import Database

SESSION = [
    ("search_path", ("pg_catalog",)),
    ("search_path", ("$user", "public")),
    ("statement_timeout", "60s"),
    ("statement_timeout", "0"),
    ("lock_timeout", "10s"),
    ("idle_in_transaction_session_timeout", "60s"),
]
"""What cpctl sets for its own session must not pass for what the server has."""


@pytest.mark.parametrize(("name", "value"), SESSION)
def test_cpctls_own_session_settings_are_not_the_servers(
    ready: Database, name: str, value: Value
) -> None:
    pair = Pair("fresh", File(), File(settings={name: value}))
    there_and_back(ready, pair)


def test_no_spelling_of_the_same_value_is_a_change(ready: Database) -> None:
    """The first of them written and the others declared, then the last written."""
    wrong = []
    stage = begin(ready, Pair("fresh", File(), File()))
    for name, meanings in reals.MEANINGS.items():
        for spellings in meanings:
            for written, *declared in (spellings, spellings[::-1]):
                stage.apply(File(settings={name: written}))
                wrong += [
                    f"{name}: {written} -> {other}"
                    for other in declared
                    if cpctl(ready, File(settings={name: other}), *PLAN).code
                ]
    assert wrong == []


@pytest.mark.parametrize("scope_settings", [True, False])
@pytest.mark.parametrize("store", ["system", "database"])
def test_null_asks_for_a_reset_in_either_store(
    ready: Database, *, store: Store, scope_settings: bool
) -> None:
    a = File(settings={"app.alpha": "x"}, store=store, scope_settings=scope_settings)
    b = File(settings={"app.alpha": None}, store=store, scope_settings=scope_settings)
    assert there_and_back(ready, Pair("fresh", a, b)).second == 1


@pytest.mark.parametrize("name", ["app.role_shadow", "app.database_shadow", "work_mem"])
def test_a_shadow_neither_hides_a_difference_nor_makes_one(ready: Database, name: str) -> None:
    shadows = World(role_shadow=True, database_shadow=True, real_shadow=True)
    a, b = (File(settings={name: value}, scope_settings=False) for value in ("1536kB", "1GB"))
    report = there_and_back(ready, Pair("edited", a, b, shadows))
    assert report == report._replace(first=1, second=1, back=1)
