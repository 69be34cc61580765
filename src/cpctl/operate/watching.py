"""A scheduler watched for a long time: each run that ends is told once, whatever comes between."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import NamedTuple

from cpctl.core.kind import Query
from cpctl.core.resource import Address
from cpctl.core.watched import LOOKED_AT, OneRun, Runs, View
from cpctl.errors import CpctlError
from cpctl.operate.follow import WINDOW, Follower
from cpctl.operate.recall import Recalled, every_job, overdue, recalled, with_successes
from cpctl.operate.runs import Wish, all_runs
from cpctl.operate.view import view
from cpctl.postgres.session import Session
from cpctl.reconcile import survey
from cpctl.render.parts.classes import classes
from cpctl.render.parts.sentences import PAUSED
from cpctl.scene import Task


class _Drift(NamedTuple):
    counts: Mapping[str, int] | None
    paused: frozenset[Address] = frozenset()
    unknown: str = ""


class Sighting(NamedTuple):
    """One look. `over`: the runs that ended since the last one, the oldest first.

    `overdue`: for each job of the view and the upkeep, seconds since the first start that its
    schedule had after its last success, or after it was first seen as it is now.
    `drift`: changes of each class of core/drift, and `paused` and `unmanaged`; None where no plan
    can be made, and then `undrifted` says why. `paused`: which jobs are, and not by the file.
    """

    view: View
    over: tuple[OneRun, ...]
    overdue: Mapping[Address, float]
    drift: Mapping[str, int] | None
    paused: frozenset[Address]
    undrifted: str


class Watch:
    """Looks again and again, on one session or another; one look at a time.

    A run is new if it was not there, or not over, at the last look. Of a job that was not there
    either, only what ended since: it may bring a history along, as one does that is renamed.
    """

    def __init__(self, task: Task) -> None:
        self._task = task
        self._wish = _AT_FIRST
        self._begin()

    def _begin(self) -> None:
        self._follower = Follower(self._runs)
        self._before: View | None = None
        self._known: Recalled | None = None

    def look(self, session: Session) -> Sighting:
        """Look once. Where it raises, the next look tells what this one would have told.

        Raises CpctlError, Refused; ConnectionLost.
        """
        self._session = session
        with _no_snapshot_left(session):
            seen = view(self._task.document, session)
            drift = self._drift()
            if self._before is not None and _where(self._before) != _where(seen):
                self._begin()
            anew = self._begin_history(seen)
            known = recalled(seen, self._known)
            seen, late = with_successes(seen, known), overdue(seen, known)
            over = self._over(anew=anew)  # the last thing that can fail: it tells each run once
        self._known, self._before = known, seen
        return Sighting(seen, over, late, *drift)

    def _begin_history(self, seen: View) -> bool:
        """Whether pg_cron was dropped and made again: it counts jobs and runs from 1 again."""
        if self._before is None or self._before.looked.history == seen.looked.history:
            return False
        self._follower, self._known = Follower(self._runs), None
        return True

    def _over(self, *, anew: bool) -> tuple[OneRun, ...]:
        before = self._before
        if before is None:
            self._wish = _AT_FIRST
            self._follower.first()
            return ()
        self._wish = _LATER
        found, since = self._follower.next(), datetime.fromisoformat(before.clock.as_of)
        jobs = () if anew else every_job(before)
        known = {job.address: _called(job.function, before) for job in jobs}
        return tuple(
            run
            for run in found.runs
            if run.over
            and (known.get(run.address) == _called(run.function, found) or _since(run, since))
        )

    def _runs(self, after: tuple[int, int]) -> Runs:
        return all_runs(self._task.document, self._session, self._wish._replace(after=after))

    def _drift(self) -> _Drift:
        try:
            with _no_snapshot_left(self._session):
                plan, _ = survey(self._task, self._session)
        except CpctlError as error:
            if self._session.lost:
                raise
            return _Drift(None, unknown="; ".join(map(str, error.faults)))
        paused = frozenset(n.address for n in plan.notes if n.code == PAUSED and n.address)
        counts = {str(name): number for name, number in classes(plan).items()}
        counts |= {"paused": len(paused), "unmanaged": len(plan.unmanaged)}
        return _Drift(counts, paused)


_AT_FIRST = Wish(upkeep=True, most=2 * WINDOW)
_LATER = _AT_FIRST._replace(most=LOOKED_AT)
"""After a long time without a look there may be many."""


def _where(seen: View) -> tuple[str, str]:
    return seen.target.system_identifier, seen.target.database


def _called(function: str, found: View | Runs) -> str:
    """What decides which runs are a job's: those of the runtime, or all that pg_cron has."""
    return function if found.looked.runtime else ""


def _since(run: OneRun, moment: datetime) -> bool:
    ended = run.ended or run.started
    return bool(ended) and datetime.fromisoformat(ended) >= moment


@contextmanager
def _no_snapshot_left(session: Session) -> Iterator[None]:
    """What breaks off between its probe and its last question leaves a transaction open."""
    try:
        yield
    except CpctlError:
        if not session.lost:
            session.ask([Query("end", "ROLLBACK")], doing="ending a look")
        raise
