"""Whatever is wrong, one message says where, what and what to do, and nothing has changed.

The rows stand in bad_input/*_faults.py.
"""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack
from importlib import import_module
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import psycopg
import pytest

from ground import Cluster
from tests.integration.bad_input.case import Bad, Server
from tests.integration.bad_input.judge import (
    assert_no_secret,
    contents,
    judge_json,
    judge_text,
    server_state,
    words_of,
)
from tests.integration.bad_input.spare import Spares
from tests.runner import Result, Runner, as_program
from tests.servers import VERSIONS, Database

FAULTS = sorted(path.stem for path in (Path(__file__).parent / "bad_input").glob("*_faults.py"))
MODULES = [import_module(f"tests.integration.bad_input.{name}") for name in FAULTS]
TABLES = chain.from_iterable(vars(module).values() for module in MODULES)
ROWS = [
    row for table in TABLES if isinstance(table, tuple) for row in table if isinstance(row, Bad)
]
OFFLINE = [row for row in ROWS if not isinstance(row, Server)]
ONLINE = [
    (version, row)
    for row in ROWS
    if isinstance(row, Server)
    for version in row.versions
    if version in VERSIONS
]
NOWHERE = "postgresql://nobody@127.0.0.1:9/nowhere"
# Root may read every file but for these two capabilities.
AS_ANYONE = ("setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all")

Said = dict[str, dict[str, str]]


@pytest.fixture(scope="module")
def spares(clusters: dict[str, Cluster]) -> Iterator[Spares]:
    with ExitStack() as stack:
        yield Spares(clusters, stack)


@pytest.fixture(scope="session")
def said() -> Said:
    """Every message of the session without its place: by server, by row."""
    return defaultdict(dict)


@pytest.mark.parametrize("bad", OFFLINE, ids=lambda row: row.id)
def test_without_a_server(bad: Bad, runner: Runner, tmp_path: Path, said: Said) -> None:
    lay_out(bad, tmp_path)
    before = contents(tmp_path)
    environment = {**base(tmp_path), "CPCTL_DATABASE_URL": NOWHERE, **bad.environment}

    answers = put(bad, runner, tmp_path, environment)

    assert contents(tmp_path) == before
    place = in_full(bad.place)
    said[""][bad.id] = words_of(answers.text, place)
    judge(bad, answers, place)


@pytest.mark.parametrize(
    ("cluster", "bad"),
    ONLINE,
    indirect=["cluster"],
    ids=[f"{version}-{row.id}" for version, row in ONLINE],
)
def test_with_a_server(
    bad: Server, database: Database, runner: Runner, spares: Spares, said: Said
) -> None:
    cluster = spares.get(database.version, bad.cluster) if bad.cluster else database.cluster
    url, place = (on_server(text, bad, cluster) for text in (bad.url, in_full(bad.place)))
    with psycopg.connect(cluster.url(), autocommit=True) as admin:
        here = Database(cluster, admin, database.folder, {"CPCTL_DATABASE_URL": url})
        lay_out(bad, here.folder)
        for statement in bad.given:
            here.run(statement)
        bad.after(here)
        before = contents(here.folder), server_state(cluster, admin)

        environment = {**base(here.folder), "CPCTL_DATABASE_URL": url, **bad.environment}
        try:
            answers = put(bad, runner, here.folder, environment)
            assert (contents(here.folder), server_state(cluster, admin)) == before
        finally:
            for statement in bad.undo:
                here.run(statement)
    said[database.version][bad.id] = words_of(answers.text, place)
    judge(bad, answers, place)
    assert "Nothing was read from" not in answers.text.err, "but it was read from"


@pytest.mark.parametrize("version", ["", *VERSIONS], ids=["no server", *VERSIONS])
def test_every_message_is_its_own(said: Said, version: str) -> None:
    """Of all rows that ran, except where one says that it is another one's twin."""
    twins = {row.id for row in ROWS if row.like}
    assert len({row.id for row in ROWS}) == len(ROWS)
    assert {row.like for row in ROWS if row.like} <= {row.id for row in ROWS}
    messages = {**said[""], **said.get(version, {})}
    by_words = defaultdict(list)
    for name, message in messages.items():
        if name not in twins:
            by_words[message].append(name)
    clashes = [" = ".join(names) for names in by_words.values() if len(names) > 1]
    assert not clashes, "\n".join(clashes)
    print(f"{version or 'no server'}: {len(messages)} bad inputs, {len(by_words)} messages")
    whole = len(OFFLINE) + sum(version == on for on, _ in ONLINE)
    assert len(messages) < whole or len(by_words) >= 75


def test_the_helper_answers_as_the_program_does(runner: Runner, tmp_path: Path) -> None:
    for number, row in enumerate(OFFLINE[::40]):
        folder = tmp_path / str(number)
        folder.mkdir()
        lay_out(row, folder)
        environment = {**base(folder), "CPCTL_DATABASE_URL": NOWHERE, **row.environment}
        ask = (row.command, folder, environment, row.stdin)
        assert runner.run(*ask) == as_program(*ask)


class Answers(NamedTuple):
    """What cpctl said to one bad input, asked in each way that there is."""

    text: Result
    json: Result | None
    debug: Result | None


def put(bad: Bad, runner: Runner, folder: Path, environment: dict[str, str]) -> Answers:
    """As text, as JSON, and with --debug where there is a secret, which even that must not show."""

    def run(command: tuple[str, ...]) -> Result:
        if bad.unprivileged:
            return as_program(command, folder, environment, bad.stdin, before=AS_ANYONE)
        return runner.run(command, folder, environment, bad.stdin)

    return Answers(
        text=run(bad.command),
        json=run(bad.as_json) if bad.as_json else None,
        debug=run((*bad.command, "--debug")) if bad.secret else None,
    )


def judge(bad: Bad, answers: Answers, place: str) -> None:
    judge_text(bad, answers.text, place)
    if answers.json:
        judge_json(bad, answers.json, place)
    if answers.debug:
        assert_no_secret(bad, answers.debug)


def base(folder: Path) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": str(folder)}


def lay_out(bad: Bad, folder: Path) -> None:
    files = {"scheduler.yaml": bad.text, **bad.files}
    for name, text in files.items():
        if text is not None:
            (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    bad.arrange(folder)


def in_full(place: str) -> str:
    return f"scheduler.yaml{place}" if place.startswith(":") else place


def on_server(text: str, bad: Server, cluster: Cluster) -> str:
    known = {
        "socket": str(cluster.socket_directory),
        "port": str(cluster.port),
        "user": bad.user,
    }
    return re.sub(r"\{(socket|port|user)\}", lambda found: known[found[1]], text)
