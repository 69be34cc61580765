"""A rollback restores what was before an apply, and says beforehand what it cannot restore."""

from __future__ import annotations

import os
from collections import Counter

from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.property.drawn import Mode, Pair, pairs
from tests.property.undoing import QUOTAS, record, run_pair
from tests.servers import Database

NUMBER = int(os.environ.get("CPCTL_PROPERTY_ROLLBACKS") or 100)
SEED = int(os.environ.get("CPCTL_PROPERTY_SEED") or 20)
SHARES: dict[Mode, float] = {"fresh": 0.4, "edited": 0.45, "moved": 0.25, "subtle": 0.2}
"""More than one in all: some pairs turn out to be the same, and have nothing to undo."""


def run_pairs(database: Database, mode: Mode, number: int, counts: Counter[str]) -> None:
    @seed(SEED + int(database.version))
    @settings(
        max_examples=number,
        deadline=None,
        database=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(pairs(mode))
    def hold(pair: Pair) -> None:
        run_pair(database, pair, counts)

    hold()


def test_every_apply_can_be_undone_and_the_undoing_too(ready: Database) -> None:
    counts: Counter[str] = Counter()
    record(f"rollbacks on PostgreSQL {ready.version}, seed {SEED + int(ready.version)}", counts)
    for mode, share in SHARES.items():
        run_pairs(ready, mode, round(NUMBER * share), counts)
    assert counts["applies"] >= NUMBER
    short = [name for name, least in QUOTAS.items() if counts[name] < least * NUMBER / 100]
    assert NUMBER < 100 or short == []
