"""What must hold after any fault, and whether the program told the truth about it."""

from __future__ import annotations

import re
from typing import NamedTuple

from tests.faults.lane import APPLY, IN_SYNC, Lane
from tests.faults.scenario import CANARIES, EARLY, LATE, NAMES, NEW, OLD, World
from tests.runner import Done

OUTCOMES = ("old", "new", "settled new", "unknown, old", "unknown, new", "remainder")

_OLD_JOBIDS = {name: number for number, name in enumerate(OLD.jobs, 1)}
_LEFT = re.compile(
    r"^ *setting\.(\S+) +(was set, could not be put back|still set|perhaps still set)", re.MULTILINE
)
_PERHAPS = "perhaps still set"
_UNFINISHED = re.compile(r"apply (\d+) of faults\b.* was never finished")


class Seen(NamedTuple):
    """The database after a fault. `live`: what a new session sees."""

    world: World
    live: dict[str, str]
    jobids: dict[str, int]

    @property
    def jobs_are(self) -> str:
        if self.world.jobs == OLD.jobs:
            return "old"
        return "new" if self.world.jobs == NEW.jobs else "mixed"

    def astray(self, target: World) -> set[str]:
        """The settings that do not have this value, in the file or in a new session."""
        return {
            name
            for name in NAMES
            if (self.world.settings.get(name), self.live.get(name))
            != (target.settings.get(name), target.settings.get(name))
        }


def look(lane: Lane) -> Seen:
    return Seen(lane.look(), lane.live(), lane.jobids())


def whole(seen: Seen) -> None:
    """The jobs are wholly the old or wholly the new ones; so is each setting by itself.

    And no job is there without its settings: new ones are live before the commit, and what is
    removed goes after it.
    """
    assert seen.jobs_are != "mixed", seen.world.jobs
    for name, number in _OLD_JOBIDS.items():
        assert seen.jobids.get(name, number) == number, f"{name} has another jobid: {seen.jobids}"
    for name in NAMES:
        known = {OLD.settings.get(name), NEW.settings.get(name)}
        assert seen.world.settings.get(name) in known, f"{name} in the file: {seen.world}"
        assert seen.live.get(name) in known, f"{name} is live: {seen.live}"
    early = seen.jobs_are == "new" and seen.astray(NEW) & set(EARLY)
    assert not early, f"the jobs are new, and their settings are not: {early}"
    late = seen.jobs_are == "old" and seen.astray(OLD) & set(LATE)
    assert not late, f"the jobs are old, and their settings are gone: {late}"


def truthful(seen: Seen, done: Done, *, reachable: bool) -> str:
    """The outcome. `reachable`: the program could ask the server after the fault."""
    silent(done)
    assert done.code in _VERDICTS, f"exit {done.code} after {done.seconds:.1f} s"
    return _VERDICTS[done.code](seen, done, reachable)


def silent(done: Done) -> None:
    """No secret, no traceback, and no shrug."""
    for word in (*CANARIES, "Traceback", "in cpctl itself"):
        assert word not in done.said, f"it said {word}"


def _complete(seen: Seen, done: Done, _reachable: bool) -> str:  # noqa: FBT001
    assert seen.jobs_are == "new", "exit 0, and the jobs are the old ones"
    assert not (astray := seen.astray(NEW)), f"exit 0, and these are not new: {astray}"
    assert "Apply complete: " in done.out
    return "settled new" if "Asked the server" in done.out else "new"


def _undone(seen: Seen, done: Done, _reachable: bool) -> str:  # noqa: FBT001
    assert seen.jobs_are == "old", "exit 1, and the jobs are the new ones"
    assert not (astray := seen.astray(OLD)), f"exit 1, and these are not old: {astray}"
    assert "Error: " in done.err
    assert "Remedy: " in done.err
    assert "Apply complete" not in done.said
    return "old"


def _unknown(seen: Seen, done: Done, _reachable: bool) -> str:  # noqa: FBT001
    assert "outcome unknown" in done.err
    assert "all made, or none" in done.err or "all changed, or none" in done.err
    assert f"{len(EARLY)} settings" in done.err
    wrong = seen.astray(NEW) - set(LATE)
    assert not wrong, f"exit 6 says that they are live, and they are not: {wrong}"
    assert seen.astray(OLD) == set(EARLY)
    return f"unknown, {seen.jobs_are}"


def _remainder(seen: Seen, done: Done, reachable: bool) -> str:  # noqa: FBT001
    left = seen.astray(NEW if seen.jobs_are == "new" else OLD)
    found = _LEFT.findall(done.err)
    listed = {name for name, _ in found}
    assert listed, "exit 7 lists nothing"
    if reachable and _PERHAPS not in dict(found).values():
        assert listed == left, f"exit 7 lists {listed}, and {left} are left"
    else:
        assert listed >= left, f"exit 7 lists {listed}, and {left} are left"
    return "remainder"


_VERDICTS = {0: _complete, 1: _undone, 6: _unknown, 7: _remainder}


def converges(lane: Lane) -> None:
    """One more apply, and then there is nothing left to do."""
    assert lane.lock_is_free(), "somebody holds the lock"
    unfinished = lane.unfinished()
    done = lane.cpctl(APPLY, IN_SYNC)
    assert done.code == 0, f"the next apply and plan: {done}"
    seen = look(lane)
    assert seen.jobs_are == "new"
    assert not (astray := seen.astray(NEW)), f"not new after one more apply: {astray}"
    names_the_unfinished(done, unfinished)


def names_the_unfinished(done: Done, unfinished: list[int]) -> None:
    """The next plan says which apply was begun and not finished, and nothing that was."""
    named = [int(number) for number in _UNFINISHED.findall(done.out)]
    assert sorted(set(named)) == unfinished, f"{unfinished} are unfinished, {named} are named"
