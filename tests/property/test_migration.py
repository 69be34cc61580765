"""For generated pairs of files: a migration ends as the oracle says, and again does nothing."""

from __future__ import annotations

import os
from dataclasses import replace

import psycopg
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.integration.migrating import next_jobid, stored
from tests.property import oracle, reals, world
from tests.property.drawn import Hands, Mode, Pair, pairs
from tests.property.files import JOBS, File
from tests.property.oracle import State
from tests.property.steps import Stage
from tests.servers import Database

NUMBER = int(os.environ.get("CPCTL_PROPERTY_MIGRATIONS") or 25)
SEED = int(os.environ.get("CPCTL_PROPERTY_SEED") or 20)
MODES: tuple[Mode, ...] = ("fresh", "edited", "subtle")


def portable(file: File) -> File:
    """As much of a file as a migration can hold: one owner, no secret, nothing of the server."""
    return replace(
        file,
        store="database",
        secrets={},
        jobs={key: job for key, job in file.jobs.items() if JOBS[key].owner == "postgres"},
        settings={name: v for name, v in file.settings.items() if name not in reals.NAMES},
    )


def portable_pair(pair: Pair) -> Pair:
    """What ALTER SYSTEM left over, no migration takes away."""
    surroundings = replace(pair.world, left_over=False)
    return replace(pair, a=portable(pair.a), b=portable(pair.b), world=surroundings)


PAIRS = st.sampled_from(MODES).flatmap(pairs).map(portable_pair)


def after(file: File, state: State) -> State:
    """As after an apply, but for blank space around a command: it is written as the file has it."""
    expected, _ = oracle.after(file, state)
    jobs = dict(expected.jobs)
    for key, job in file.jobs.items():
        address = (JOBS[key].name, JOBS[key].owner)
        jobs[address] = jobs[address]._replace(command=job.command)
    return replace(expected, jobs=jobs)


def rendered(database: Database, file: File) -> str:
    database.write(file.yaml())
    done = database.cpctl("render", "--allow", "EMPTY_FILE", environment=file.environment)
    assert done.code == 0, f"{done.err}\n{file.yaml()}"
    return done.out


def run(database: Database, text: str) -> None:
    """As one simple query, which is how most drivers send a text without parameters."""
    with psycopg.connect(database.url(), autocommit=True) as session:
        done = session.pgconn.exec_(text.encode())
        assert done.error_message == b"", f"{done.error_message.decode()}\n{text}"


def reach(stage: Stage, file: File) -> None:
    """The state that the file means; then the same text again, and a plan: nothing is left."""
    database, expected = stage.database, after(file, stage.state)
    text = rendered(database, file)
    run(database, text)
    stage.check(file, expected)
    before = stored(database), next_jobid(database)
    run(database, text)
    assert (stored(database), next_jobid(database)) == before
    stage.in_sync(file)


def hold(database: Database, pair: Pair) -> None:
    world.reset(database)
    world.build(database, pair.world)
    stage = Stage(database, world.look(database))
    reach(stage, pair.a)
    stage.touch(Hands(pair.hands[0].flipped), pair.a, pair.b)
    reach(stage, pair.b)


def test_every_file_is_reached_and_kept(ready: Database) -> None:
    @seed(SEED + int(ready.version))
    @settings(
        max_examples=NUMBER,
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    @given(PAIRS)
    def holds(pair: Pair) -> None:
        hold(ready, pair)

    holds()
