"""However many ask at once, the database is asked by one, over one connection that is kept."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Generic, TypeVar

from cpctl.postgres.connect import Server
from cpctl.postgres.session import Session
from cpctl.postgres.wire import ConnectionLost, Silent
from cpctl.postgres.words import Passing

Seen = TypeVar("Seen")
Wanted = frozenset[str]


class Looks(Generic[Seen]):
    """One look at a time, for all who asked before it began.

    So what anybody is told was read after they asked, and the database has the load of one client.
    `look`: is told what they want of it.
    """

    def __init__(self, look: Callable[[Wanted], Seen], threads: Executor) -> None:
        self._look = look
        self._threads = threads
        self._one = asyncio.Lock()
        self._wanted: set[str] = set()
        self._next: asyncio.Task[Seen] | None = None

    async def newest(self, wanted: str = "") -> Seen:
        """Raises what the look raises, for all who wait for it."""
        self._wanted.add(wanted)
        if self._next is None:
            self._next = asyncio.create_task(self._begin())
            self._next.add_done_callback(_noticed)
        return await asyncio.shield(self._next)

    async def _begin(self) -> Seen:
        async with self._one:
            wanted, self._wanted, self._next = frozenset(self._wanted), set(), None
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._threads, self._look, wanted)


def _noticed(task: asyncio.Task[Seen]) -> None:
    """All who waited may be gone; asyncio would complain of an error that nobody has seen."""
    if not task.cancelled():
        task.exception()


class Reader:
    """A connection for looking, opened when it is needed, and again where it broke."""

    def __init__(self, server: Server, application: str) -> None:
        self._server = server
        self._application = application
        self._session: Session | None = None

    def read(self, look: Callable[[Session], Seen]) -> Seen:
        """Raises CpctlError.

        A connection that broke unnoticed between two looks is no failure. One that is silent is:
        whoever asked has waited long enough.
        """
        if self._session is not None:
            try:
                return self._once(self._session, look)
            except Silent:
                raise
            except (ConnectionLost, Passing):
                pass
        self._session = Session(self._server, self._application)
        return self._once(self._session, look)

    def _once(self, session: Session, look: Callable[[Session], Seen]) -> Seen:
        """A look that fails leaves a transaction open, or worse: the next has a new connection."""
        try:
            return look(session)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        if self._session is not None:
            self._session.connection.close()
            self._session = None
