"""For generated pairs of files: an apply reaches its file with as few statements as possible."""

from __future__ import annotations

import os
from collections import Counter

from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.property.categories import QUOTAS, categories, record
from tests.property.drawn import Mode, Pair, pairs
from tests.property.steps import there_and_back
from tests.servers import Database

NUMBER = int(os.environ.get("CPCTL_PROPERTY_PAIRS") or 100)
SEED = int(os.environ.get("CPCTL_PROPERTY_SEED") or 20)
SHARES: dict[Mode, float] = {
    "fresh": 0.15,
    "edited": 0.35,
    "moved": 0.1,
    "subtle": 0.25,
    "respelled": 0.15,
}
ENOUGH = 100
"""Fewer pairs, on one server, say nothing about shares."""


def run_pairs(database: Database, mode: Mode, number: int, counts: Counter[str]) -> None:
    @seed(SEED + int(database.version))
    @settings(
        max_examples=number,
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    @given(pairs(mode))
    def hold(pair: Pair) -> None:
        report = there_and_back(database, pair)
        counts.update(categories(pair, report))

    hold()


def test_every_pair_is_reached_with_the_fewest_statements(ready: Database) -> None:
    counts: Counter[str] = Counter()
    record(f"PostgreSQL {ready.version}, seed {SEED + int(ready.version)}", counts)
    for mode, share in SHARES.items():
        run_pairs(ready, mode, round(NUMBER * share), counts)
    short = [name for name, share in QUOTAS.items() if counts[name] < share * counts["pairs"]]
    assert counts["pairs"] >= NUMBER - len(SHARES)
    assert NUMBER < ENOUGH or short == []
