"""What the API tells and does, without HTTP: looks that many share, and hands that act on a job."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final, NamedTuple, TypeVar

from cpctl.core.switched import Switch
from cpctl.core.watched import View, Watched
from cpctl.errors import CpctlError
from cpctl.operate.orders import Order
from cpctl.operate.pause import switch
from cpctl.operate.trigger import Wanted as Run
from cpctl.operate.trigger import trigger
from cpctl.operate.view import view
from cpctl.operate.watching import Watch
from cpctl.postgres.connect import Server
from cpctl.postgres.session import Session
from cpctl.scene import Task
from cpctl.server import answers
from cpctl.server.answers import Answered
from cpctl.server.called import job_called
from cpctl.server.logs import note
from cpctl.server.looks import Looks, Reader, Wanted
from cpctl.server.metrics import Metrics
from cpctl.server.problems import Busy

VIA: Final = "the API"
"""What the ledger says of how a pause came about."""

HANDS: Final = 4
"""So many pauses, resumes and runs at once; each has a connection of its own."""

READERS: Final = 2
"""One for the API, one for the metrics."""

Done = TypeVar("Done")


class Limits(NamedTuple):
    """`seconds`: that one call may take. `as_owner`: also runs jobs of other roles."""

    seconds: float
    as_owner: bool


class Service:
    """One file in front of one database, for as long as the process lives."""

    def __init__(self, task: Task, server: Server, limits: Limits, metrics: Metrics) -> None:
        self.task = task
        self.limits = limits
        self._server = server._replace(statement_timeout=limits.seconds)
        self._threads = ThreadPoolExecutor(HANDS + READERS, "cpctl")
        self._hands = asyncio.Semaphore(HANDS)
        self._undrifted = ""
        self._metrics, self._watch = metrics, Watch(task)
        self._reader = Reader(self._server, "cpctl serve")
        self._watcher = Reader(self._server, "cpctl serve: metrics")
        self.looks = Looks(self._look, self._threads)
        self.expositions = Looks(self._expose, self._threads)

    def _look(self, wanted: Wanted) -> Answered:
        seen: View = self._reader.read(partial(view, self.task.document))
        return answers.answered(seen, wanted)

    def _expose(self, _: Wanted) -> bytes:
        """What Prometheus is told: of the process alone where the database cannot be read."""
        started, sighting = time.perf_counter(), None
        try:
            sighting = self._watcher.read(self._watch.look)
        except CpctlError as error:
            note("no metrics of the jobs", logging.WARNING, what=str(error.fault))
        else:
            self._tell_why(sighting.undrifted)
        return self._metrics.exposition(sighting, time.perf_counter() - started)

    def _tell_why(self, undrifted: str) -> None:
        """Once, not at each scrape."""
        if undrifted and undrifted != self._undrifted:
            note("drift is not known", logging.WARNING, what=undrifted)
        self._undrifted = undrifted

    async def read(self, action: str) -> bytes:
        """Raises CpctlError."""
        return (await self.looks.newest(action)).bodies[action]

    async def toggle(self, word: str, reason: str, *, active: bool) -> bytes:
        """Pause or resume. Raises CpctlError."""
        job = await self._job(word)
        wait = partial(note, "waiting for a lock", logging.WARNING)
        order = Order(
            active,
            (job.address,),
            reason,
            self.limits.seconds,
            lambda what: wait(why=what),
            VIA,
        )

        def work() -> Switch:
            with Session(self._server, f"cpctl serve: {order.verb}") as session:
                return switch(self.task, session, order)

        done = await self._by_hand(work)
        if done.unrecorded:
            address, why = str(job.address), done.unrecorded
            note(f"{order.verb} is not in the ledger", logging.WARNING, job=address, why=why)
        return answers.toggled(job, active=active)

    async def trigger(self, word: str) -> bytes:
        """Run a job's command to its end. Raises CpctlError."""
        job = await self._job(word)
        run = Run(job.address, False, self.limits.as_owner, self.limits.seconds)  # noqa: FBT003
        await self._by_hand(lambda: trigger(self.task, self._server, run))
        return answers.triggered(job)

    async def _job(self, word: str) -> Watched:
        return job_called(word, (await self.looks.newest()).view)

    async def _by_hand(self, work: Callable[[], Done]) -> Done:
        """Raises Busy where others have had all connections for as long as a call may take."""
        try:
            async with asyncio.timeout(self.limits.seconds):
                await self._hands.acquire()
        except TimeoutError:
            what = f"{HANDS} pauses, resumes or runs are under way. Nothing was done"
            raise Busy(what, remedy="try again when they are over") from None
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._hands.release()

    def close(self) -> None:
        """What is under way has ended by now, or had its time."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._reader.close()
        self._watcher.close()
