"""Applies and their rollbacks, held against pictures of the database that were taken in between."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from tests.property import oracle, world
from tests.property.categories import COUNTS
from tests.property.drawn import Pair
from tests.property.files import JOBS, OTHER_DATABASE, File
from tests.property.oracle import Settings, State
from tests.property.reals import CONF, NAMES
from tests.property.steps import Run, Stage, begin, cpctl
from tests.servers import Database

ROLLBACK = (
    "rollback",
    "--debug",
    "--auto-approve",
    "--quiet",
    "--allow",
    "EMPTY_FILE,MANY_DELETES",
)
NUMBER = re.compile(r"This was apply (\d+)\.")
NEW_JOBID = re.compile(r"job\.(.*) comes back under a new jobid; .* under jobid (\d+)\.")
NO_VALUE = re.compile(r"setting\.(\S+) cannot come back")
ONE_STORE = re.compile(r"setting\.(\S+) stood in both stores; only what the store (\w+) had")

QUOTAS: Mapping[str, int] = {
    "a create": 40,
    "an update": 30,
    "a delete": 25,
    "a moved store": 8,
    "a secret": 10,
    "a real setting": 15,
    "another database": 15,
    "a paused job": 15,
    "a jobid that is named as lost": 10,
    "a secret that is named as lost": 3,
}
"""How many of a hundred applies at least."""


class Undone(NamedTuple):
    """What a rollback said beforehand that it cannot restore: settings by the store."""

    jobids: frozenset[int]
    auto: frozenset[str]
    database: frozenset[str]


class Step(NamedTuple):
    """An apply that changed something. `number`: its place in the ledger."""

    file: File
    number: int
    before: State
    after: State


def run_pair(database: Database, pair: Pair, counts: Counter[str]) -> None:
    """∅ → A → B, back by one, forward again by undoing that, and back to ∅ past all of it."""
    stage = begin(database, pair)
    first = applied(stage, pair.a)
    left = stage.state
    stage.touch(pair.hands[0], pair.a, pair.b)
    untouched = left == stage.state
    second = applied(stage, pair.b)
    if second is not None:
        counts.update(_kinds(second))
        lost = rolled_back(stage, pair.b, second.before)
        counts.update(_losses(lost))
        rolled_back(stage, pair.b, second.after)
    if first is not None and untouched:
        counts["back past all later applies"] += second is not None
        rolled_back(stage, pair.b, first.before, first.number)


def applied(stage: Stage, file: File) -> Step | None:
    """The file is applied, as the oracle would have it; None where there was nothing to do."""
    before = stage.state
    done = stage.applied(file)
    found = NUMBER.search(done.said)
    assert bool(found) == bool(done.statements), done.said
    return Step(file, int(found[1]), before, stage.state) if found else None


def rolled_back(stage: Stage, file: File, wanted: State, number: int | None = None) -> Undone:
    """Everything is as in `wanted` again, but for what the plan of the rollback named as lost."""
    there = stage.state
    done = cpctl(stage.database, file, *ROLLBACK, *([str(number)] if number else []))
    assert done.code == 0, f"exit {done.code}\n{done.said}\n{file.yaml()}"
    _counted(done)
    stage.state = world.look(stage.database)
    lost = _named(done)
    found = oracle.differences(_comparable(stage.state), _comparable(_without(wanted, there, lost)))
    found += _jobids(stage.state, wanted, there, lost)
    assert not found, "\n".join([*found, done.said, file.yaml()])
    return lost


def _counted(done: Run) -> None:
    announced = re.search(r"\((\d+) statements?\)", done.said)
    assert len(done.statements) == int(announced[1] if announced else 0), done.said


def _named(done: Run) -> Undone:
    """From the plan, which is shown before anything is done."""
    plan, _, _ = done.said.partition("\nPlan: ")
    jobids = frozenset(int(jobid) for _, jobid in NEW_JOBID.findall(plan))
    secrets, halves = frozenset(NO_VALUE.findall(plan)), ONE_STORE.findall(plan)
    auto, database = (
        frozenset(name for name, kept in halves if kept == other)
        for other in ("database", "system")
    )
    return Undone(jobids, secrets | auto, secrets | database)


def _without(wanted: State, there: State, lost: Undone) -> State:
    """What is lost is left as it is."""
    home = (oracle.HOME, "")
    auto = _kept(wanted.auto, there.auto, lost.auto)
    overrides = {**wanted.overrides, home: _kept(wanted.database, there.database, lost.database)}
    return replace(wanted, auto=auto, overrides=overrides)


def _kept(wanted: Settings, there: Settings, lost: frozenset[str]) -> dict[str, str]:
    known = {name: value for name, value in wanted.items() if name not in lost}
    return known | {name: there[name] for name in lost & there.keys()}


def _comparable(state: State) -> State:
    """Without jobids; what equals the line in postgresql.conf need not be said a second time."""
    jobs = {address: row._replace(jobid=None) for address, row in state.jobs.items()}
    overrides = {who: found for who, found in state.overrides.items() if found}
    return State(jobs, {**CONF, **state.auto}, overrides)


def _jobids(now: State, wanted: State, there: State, lost: Undone) -> Iterator[str]:
    """A job that was there all along keeps its jobid; of the others the old one was named."""
    for address, row in wanted.jobs.items():
        staying = there.jobs.get(address)
        found = now.jobs.get(address)
        if staying and found and found.jobid != staying.jobid:
            yield f"{address} was made anew"
        if not staying and row.jobid not in lost.jobids:
            yield f"{address}: nobody said that jobid {row.jobid} is lost"


def _kinds(step: Step) -> Iterator[str]:
    yield "applies"
    before, after = _flat(step.before), _flat(step.after)
    yield from ("a create",) * bool(after.keys() - before.keys())
    yield from ("a delete",) * bool(before.keys() - after.keys())
    shared = {key for key in before.keys() & after.keys() if before[key] != after[key]}
    yield from ("an update",) * bool(shared)
    changed = shared | (before.keys() ^ after.keys())
    names = {name for kind, name in changed if kind != "job"}
    stores = [{name for kind, name in changed if kind == store} for store in ("auto", "database")]
    yield from ("a moved store",) * bool(stores[0] & stores[1])
    yield from ("a real setting",) * bool(names & set(NAMES))
    yield from ("a secret",) * any(f"app.{name}".lower() in names for name in step.file.secrets)
    rows = [side.get(key) for side in (before, after) for key in changed if key[0] == "job"]
    jobs = [row for row in rows if isinstance(row, oracle.Row)]
    yield from ("another database",) * any(row.database == OTHER_DATABASE for row in jobs)
    yield from ("a paused job",) * any(not row.active for row in jobs)
    owners = {JOBS[key].owner for key in step.file.jobs}
    yield from ("several owners",) * (len(owners) > 1)


def _losses(lost: Undone) -> Iterator[str]:
    yield from ("a jobid that is named as lost",) * bool(lost.jobids)
    yield from ("a secret that is named as lost",) * bool(lost.auto & lost.database)


def _flat(state: State) -> dict[tuple[str, object], object]:
    found: dict[tuple[str, object], object] = {
        ("job", address): row for address, row in state.jobs.items()
    }
    found.update((("auto", name), value) for name, value in state.auto.items())
    found.update((("database", name), value) for name, value in state.database.items())
    return found


def record(title: str, counts: Counter[str]) -> None:
    """Have these counts printed at the end of the run."""
    COUNTS[title] = counts
