"""Many applies at once, of two files on one server: none lost, none doubled, none half seen."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Event

import psycopg
import pytest

from tests.faults.lane import IN_SYNC, Lane
from tests.faults.tally import Tally, tally
from tests.faults.work import ALL
from tests.runner import Done, Nursery, Runner

ROUNDS, APPLIES = (20, 64) if ALL else (2, 16)
FILES = ("left", "right")
JOBS = 3
SHARED = "5h4red-c4nary"
LOCK_TIMEOUT = "100s"

_CHANGING = re.compile(r"cron\.(schedule|alter_job|unschedule)\s*\(|ALTER SYSTEM (SET|RESET)")


def text(name: str, generation: int) -> str:
    """A file whose every resource is another in each round; the scopes have nothing in common."""
    jobs = {
        f"{name}_{number}": {"schedule": "0 3 29 2 *", "command": f"SELECT {generation}"}
        for number in range(JOBS)
    }
    known = {
        "version": 1,
        "name": name,
        "scope": {"jobs": [f"{name}_*"], "settings": [f"{name}.*"]},
        "settings": {
            f"{name}.generation": str(generation),
            f"{name}.shared": "${SHARED}",
        },
        "jobs": jobs,
    }
    return "".join(f"{key}: {json.dumps(value)}\n" for key, value in known.items())


@pytest.fixture
def crowd(nursery: Nursery, tmp_path: Path) -> Iterator[list[Runner]]:
    """As many processes as there are applies, each with a folder of its own."""
    with ExitStack() as stack:
        runners = []
        for number in range(APPLIES):
            folder = tmp_path / str(number)
            folder.mkdir()
            runner = Runner(nursery, folder)
            stack.callback(runner.close)
            runners.append(runner)
        yield runners


@contextmanager
def watched(lane: Lane) -> Iterator[set[tuple[str, frozenset[str]]]]:
    """The commands of each file's jobs, as any other session sees them, again and again."""
    seen: set[tuple[str, frozenset[str]]] = set()
    over = Event()
    query = (
        "select split_part(jobname::text, '_', 1), array_agg(command), count(*) from cron.job"
        " where jobname ~ '^(left|right)_' group by 1"
    )

    def look() -> None:
        with psycopg.connect(lane.cluster.url(), autocommit=True) as session:
            while not over.wait(0.002):
                for name, commands, count in session.execute(query).fetchall():
                    seen.add((name, frozenset([*commands, f"{count} jobs"])))

    with ThreadPoolExecutor(1) as pool:
        watching = pool.submit(look)
        try:
            yield seen
        finally:
            over.set()
            watching.result()


def all_at_once(lane: Lane, crowd: Sequence[Runner], generation: int) -> list[Done]:
    command = ("apply", "--auto-approve", "--lock-timeout", LOCK_TIMEOUT)
    environment = {"CPCTL_DATABASE_URL": lane.cluster.url(), "SHARED": SHARED}
    for number, runner in enumerate(crowd):
        path = runner.folder / "scheduler.yaml"
        path.write_text(text(FILES[number % 2], generation), encoding="utf-8")
    for runner in crowd:
        runner.start(command, environment=environment)
    return [runner.done(110) for runner in crowd]


def round_of(lane: Lane, crowd: Sequence[Runner], generation: int, counts: Tally) -> None:
    """Everything changes, once: the first apply of each file does it, the others see that."""
    since = lane.log_position()
    with watched(lane) as seen:
        results = all_at_once(lane, crowd, generation)
    for done in results:
        counts.count(f"round {generation}", f"exit {done.code}")
        assert done.code in (0, 4), done
    pairs = {frozenset([f"SELECT {n}", f"{JOBS} jobs"]) for n in (generation - 1, generation)}
    mixed = {found for _, found in seen if found not in pairs}
    assert not mixed, f"half an apply was visible: {mixed}"
    changing = Counter(m[0] for e in lane.logged(since) if (m := _CHANGING.search(e)))
    assert sum(changing.values()) == changes(generation), changing
    holds(lane, generation)


def changes(generation: int) -> int:
    """Statements that a round needs: after the first one `shared` stays as it is."""
    return len(FILES) * (JOBS + 1 + (generation == 1))


def holds(lane: Lane, generation: int) -> None:
    wanted = {
        f"{name}_{number}": f"SELECT {generation}" for name in FILES for number in range(JOBS)
    }
    found = lane.rows(
        "select jobname::text, command from cron.job where jobname ~ '^(left|right)_'"
    )
    assert sorted(found) == sorted(wanted.items())
    settings = lane.rows(
        "select name, setting from pg_file_settings where name ~ '^(left|right)' order by 1"
    )
    assert settings == [
        pair
        for name in FILES
        for pair in ((f"{name}.generation", str(generation)), (f"{name}.shared", SHARED))
    ]


def test_many_applies_of_two_files_at_once(
    version: str, open_lane: Callable[[str, str], Lane], crowd: list[Runner]
) -> None:
    lane = open_lane(version, "crowd")
    lane.restore()
    counts = tally(f"PostgreSQL {version}: {APPLIES} applies of two files at once")
    for generation in range(1, ROUNDS + 1):
        round_of(lane, crowd, generation, counts)
    for name in FILES:
        lane.write(text(name, ROUNDS))
        lane.start(IN_SYNC, environment={"SHARED": SHARED})
        assert lane.runner.done().code == 0
    counts.verdict()
