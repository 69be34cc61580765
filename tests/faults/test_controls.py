"""Positive controls: without one of cpctl's guards, the test that watches it is red."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.faults import test_guards as guards
from tests.faults.lane import Lane
from tests.faults.mutants import MUTANTS
from tests.faults.tally import tally

KILLED_BY: dict[str, Callable[[Lane], None]] = {
    "no lock": guards.test_nothing_is_written_without_the_lock,
    "no plan under the lock": guards.test_what_was_changed_while_it_waited_for_the_lock_is_seen,
    "no verifying": guards.test_what_the_server_swallows_is_noticed_before_the_commit,
    "no settling: taken for committed": guards.test_a_commit_that_never_arrived_is_settled,
    "no settling: taken for aborted": guards.test_a_commit_whose_answer_is_lost_is_settled,
    "no settling: unknown": guards.test_a_commit_whose_answer_is_lost_is_settled,
    "no putting back": guards.test_settings_are_put_back_where_the_transaction_is_lost,
    "RESETs before the commit": (
        guards.test_a_kill_before_the_commit_leaves_what_the_old_jobs_need
    ),
    "no SET LOCAL": guards.test_timeouts_of_the_role_do_not_end_an_apply,
}


@pytest.fixture
def mutated(lane: Lane, name: str) -> Iterator[Lane]:
    lane.mutants = (name,)
    yield lane
    lane.mutants = ()


@pytest.mark.parametrize("name", MUTANTS)
def test_a_guard_that_is_gone_is_missed(mutated: Lane, name: str, version: str) -> None:
    test = KILLED_BY[name]
    with pytest.raises(AssertionError):
        test(mutated)
    tally(f"PostgreSQL {version}: mutant killed: {name}").count(test.__name__, "red")
