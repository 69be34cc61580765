"""What others need comes first, whatever its name is."""

from __future__ import annotations

from cpctl.core.order import order
from cpctl.core.resource import Address
from cpctl.core.statement import Statement


def statement(name: str, rank: int = 0) -> Statement:
    return Statement(name, (), Address("extension", name), rank=rank)


def test_rank_counts_within_a_turn_and_among_equals_the_given_order() -> None:
    makes = (statement("above", 2), statement("b", 1), statement("a", 1), statement("below"))
    removes = (statement("gone-below", 0), statement("gone-above", -1))
    jobs = (statement("job"), statement("another"))
    found = order([(0, jobs), (3, removes), (-3, makes)])
    assert [one.sql for one in found] == (
        ["below", "b", "a", "above", "job", "another", "gone-above", "gone-below"]
    )
