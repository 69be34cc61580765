"""Positive controls: a lost, a foreign or a needless statement turns the pairs red."""

from __future__ import annotations

from collections.abc import Callable
from unittest import mock

import pytest

from tests.property import oracle, world
from tests.property.drawn import Pair
from tests.property.files import File, Job
from tests.property.oracle import State
from tests.property.steps import APPLY, Stage, begin, cpctl
from tests.servers import Database

A = File(
    jobs={
        "prop_plain": Job("0 3 29 2 *", "SELECT 1;"),
        "prop_owned": Job("0 3 29 2 *", "SELECT 2;"),
    },
    settings={"app.alpha": "It's $1", "work_mem": "1GB"},
)
B = File(
    jobs={
        "prop_plain": Job("0 4 29 2 *", "SELECT 1;"),
        "prop_owned": Job("0 3 29 2 *", "SELECT 2;"),
    },
    settings={"app.alpha": "it's $1", "work_mem": "1GB"},
)
JOBID = "(select jobid from cron.job where jobname = 'prop_plain')"


def at_a(database: Database) -> Stage:
    stage = begin(database, Pair("fresh", A, B))
    stage.apply(A)
    return stage


def by_hand(*statements: str) -> Callable[[Database], None]:
    def tamper(database: Database) -> None:
        for statement in statements:
            database.run(statement)

    return tamper


TAMPERINGS: dict[str, Callable[[Database], None]] = {
    "a job's update is lost": by_hand(f"select cron.alter_job({JOBID}, schedule := '0 3 29 2 *')"),
    "a job is gone": by_hand(f"select cron.unschedule({JOBID})"),
    "a job is made anew": by_hand(
        f"select cron.unschedule({JOBID})",
        "select cron.schedule('prop_plain', '0 4 29 2 *', 'SELECT 1;')",
    ),
    "a job is paused": by_hand(f"select cron.alter_job({JOBID}, active := false)"),
    "a foreign job is touched": by_hand(
        "update cron.job set command = 'select 2' where jobname = 'prop_foreign'"
    ),
    "a twin appears": lambda database: world.schedule(database, world.FOREIGN, "prop_plain"),
    "a setting's update is lost": lambda database: world.alter(
        database, "system", "app.alpha", "It's $1"
    ),
    "a setting outside the scope is touched": lambda database: world.alter(
        database, "system", "other.thing", "x"
    ),
    "a setting stands in the other store, too": lambda database: world.alter(
        database, "database postgres", "app.alpha", "it's $1"
    ),
}


@pytest.mark.parametrize("tampering", TAMPERINGS)
def test_what_is_not_as_the_file_says_is_noticed(ready: Database, tampering: str) -> None:
    stage = at_a(ready)
    expected, _ = oracle.after(B, stage.state)
    assert cpctl(ready, B, *APPLY).code == 0
    TAMPERINGS[tampering](ready)
    with pytest.raises(AssertionError):
        stage.check(B, expected)


def test_drift_makes_the_next_plan_not_empty(ready: Database) -> None:
    stage = at_a(ready)
    TAMPERINGS["a job is gone"](ready)
    with pytest.raises(AssertionError, match="exit 2"):
        stage.in_sync(A)


@pytest.mark.parametrize("change", [-1, 1])
def test_a_statement_too_few_or_too_many_is_noticed(ready: Database, change: int) -> None:
    stage = at_a(ready)
    honest = oracle.after

    def off_by_one(file: File, state: State, known: oracle.Known) -> oracle.Answer:
        state, count = honest(file, state, known)
        return oracle.Answer(state, count + change)

    with mock.patch.object(oracle, "after", off_by_one), pytest.raises(AssertionError):
        stage.apply(B)


def test_a_statement_that_cpctl_forgets_to_send_is_noticed(ready: Database) -> None:
    stage = at_a(ready)
    with (
        mock.patch("cpctl.apply.write", return_value=None),
        mock.patch("cpctl.apply.verify", return_value={}),
        pytest.raises(AssertionError),
    ):
        stage.apply(B)
