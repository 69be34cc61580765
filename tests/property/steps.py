"""One pair of files through the whole promise: apply A, apply B, look, plan, and back to A."""

from __future__ import annotations

import io
import os
import re
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple
from unittest import mock

import typer.main

from tests.property import oracle, world
from tests.property.drawn import Hands, Pair
from tests.property.files import JOBS, File
from tests.property.oracle import NOTHING_KNOWN, Known, Settings, State
from tests.property.world import FOREIGN
from tests.servers import Database

APPLY = ("apply", "--auto-approve", "--quiet", "--allow", "EMPTY_FILE,MANY_DELETES")
PLAN = ("plan", "--detailed-exitcode", "--quiet")


_get_command = cache(typer.main.get_command)
"""Typer builds its table of commands anew for each run, which takes longer than a plan."""


class Run(NamedTuple):
    """One run of cpctl: its exit code, all it said, and the changing statements in the log."""

    code: int
    said: str
    statements: list[str]


class Report(NamedTuple):
    """What a pair turned out to be, for the counts."""

    first: int
    second: int
    back: int
    before: State
    between: State


def cpctl(database: Database, file: File, *arguments: str) -> Run:
    """The program as its entry point runs it, but in this process: a pair takes five of them."""
    from cpctl.cli import run

    path = database.write(file.yaml())
    since = database.log_position()
    environment = {"PATH": os.environ["PATH"], "HOME": str(database.folder), **file.environment}
    said = io.StringIO()
    with (
        mock.patch.dict(os.environ, environment, clear=True),
        mock.patch("typer.main.get_command", _get_command),
        redirect_stdout(said),
        redirect_stderr(said),
    ):
        code = run([*arguments, "--file", str(path), "--database-url", database.url()])
    return Run(code, said.getvalue(), database.changing_statements(since))


@dataclass
class Stage:
    """The database as the test believes it to be."""

    database: Database
    state: State
    known: Known = NOTHING_KNOWN

    def apply(self, file: File) -> int:
        """Apply, and compare what happened with what the oracle says; the number of statements."""
        return len(self.applied(file).statements)

    def applied(self, file: File) -> Run:
        """The same; what it said, too."""
        expected, count = oracle.after(file, self.state, self.known)
        done = cpctl(self.database, file, *APPLY)
        assert done.code == 0, f"exit {done.code}\n{done.said}\n{file.yaml()}"
        self.check(file, expected)
        shown = "\n".join(done.statements)
        assert len(done.statements) == count, f"{count} expected:\n{shown}\n{done.said}"
        announced = re.search(r"\((\d+) statements?\)", done.said)
        assert int(announced[1] if announced else 0) == count, done.said
        if count:
            self.known = oracle.known_of(file)
        return done

    def check(self, file: File, expected: State) -> None:
        """The database is as expected, and has what the file declares."""
        seen = world.look(self.database)
        expected = oracle.with_jobids(expected, seen)
        found = [*oracle.differences(seen, expected), *oracle.unmet(file, seen)]
        assert not found, "\n".join(found)
        names = sorted({*file.custom, *self.state.auto} - file.real.keys())
        names = [name for name in names if name.startswith("app.")]
        effective = {name: expected.effective(name) for name in names}
        fresh = world.live(self.database, names)
        assert fresh == effective, f"new sessions see {fresh}, not {effective}"
        self.state = seen

    def in_sync(self, file: File) -> None:
        """The first promise: a plan after an apply is empty."""
        done = cpctl(self.database, file, *PLAN)
        assert done.code == 0, f"exit {done.code}\n{done.said}\n{file.yaml()}"
        assert not done.statements, "\n".join(done.statements)

    def touch(self, hands: Hands, *shared: File) -> None:
        """Pause and resume by hand; a foreigner's job takes the name of one that stays."""
        addresses = {key: (known.name, known.owner) for key, known in JOBS.items()}
        staying = [key for key in JOBS if all(key in file.jobs for file in shared)]
        if hands.twin and staying:
            name = JOBS[staying[0]].name
            if (name, FOREIGN) not in self.state.jobs:
                world.schedule(self.database, FOREIGN, name)
        for key in hands.flipped:
            row = self.state.jobs.get(addresses[key])
            if row is not None and row.jobid is not None:
                world.flip(self.database, row.jobid)
        self.state = world.look(self.database)


def begin(database: Database, pair: Pair) -> Stage:
    world.reset(database)
    world.build(database, pair.world)
    return Stage(database, world.look(database))


def there_and_back(database: Database, pair: Pair) -> Report:
    """∅ → A → B → A, with hands in between; every promise is held against the oracle's."""
    stage = begin(database, pair)
    first = stage.apply(pair.a)
    restorable = stage.state
    stage.touch(pair.hands[0], pair.a, pair.b)
    before = stage.state
    second = stage.apply(pair.b)
    stage.in_sync(pair.b)
    between = stage.state
    _check_mode(pair, second)
    stage.touch(pair.hands[1], pair.a, pair.b)
    back = stage.apply(pair.a)
    stage.in_sync(pair.a)
    _check_restored(pair.a, restorable, stage.state)
    return Report(first, second, back, before, between)


def _check_mode(pair: Pair, statements: int) -> None:
    """What each kind of pair promises by itself, without the oracle."""
    if pair.mode == "respelled":
        assert statements == 0, f"{statements} statements although nothing differs"
    if pair.mode == "subtle":
        assert statements == 1, f"{statements} statements for one value"


def _check_restored(file: File, then: State, now: State) -> None:
    """All that the file manages is as after its first apply; a job made again has a new jobid."""
    for key, job in file.jobs.items():
        address = (JOBS[key].name, JOBS[key].owner)
        old, new = then.jobs[address], now.jobs[address]
        if job.active is None and file.default_active is None:
            old = old._replace(active=new.active)
        old = _with_margin(old._replace(jobid=new.jobid), new)
        assert new == old, f"{address}: {new}, not {old} again"
    for name in file.custom:
        old_text, text = _stored(file, then).get(name), _stored(file, now).get(name)
        assert text == old_text, f"{name}: {text!r}, not {old_text!r} again"
    assert _of_roles(now) == _of_roles(then), "settings of roles were touched"


def _stored(file: File, state: State) -> Settings:
    return state.auto if file.store == "system" else state.database


def _of_roles(state: State) -> dict[tuple[str, str], Settings]:
    return {who: found for who, found in state.overrides.items() if who[1]}


def _with_margin(row: oracle.Row, like: oracle.Row) -> oracle.Row:
    """Outer blank space is not compared, so a later file's may stay."""
    same = row.command.strip() == like.command.strip()
    return row._replace(command=like.command) if same else row
