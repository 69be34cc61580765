"""Connection B: ALTER SYSTEM, which no transaction can undo, and so is undone by hand.

Each statement runs by itself; one reload follows; the values count as live only when a fresh
connection shows them. docs/facts.md, sections 2.1 and 2.3.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from cpctl.core.capabilities import Capabilities
from cpctl.core.guc import LIST_QUOTE
from cpctl.core.kind import Query, Rows
from cpctl.core.setting_calls import put_back_sql
from cpctl.core.settings import PENDING
from cpctl.core.sql import inline, literal, parameter_name
from cpctl.core.statement import Statement
from cpctl.errors import CpctlError
from cpctl.interrupt import checkpoint
from cpctl.postgres.backend import IDENTIFY, Backend, ended
from cpctl.postgres.connect import Server
from cpctl.postgres.guards import configure, guards
from cpctl.postgres.handover import Fill
from cpctl.postgres.session import Message, Session
from cpctl.postgres.transaction import as_text
from cpctl.postgres.wire import Answer, ConnectionLost
from cpctl.postgres.words import StatementFailed

RELOAD_TIMEOUT = 10.0
"""Seconds for the reload to arrive, or as long as a statement may take; it takes about 8 ms."""

PUT_BACK_TIMEOUT = 2.0
"""Seconds for the reload of the old values; they stand in the file already."""

TRIES = 3
"""How often what is right to do twice is begun."""

PAUSE = 0.2
"""Seconds between two attempts to reach the server again."""

KNOWS_PLACEHOLDERS = 170000
"""Below this, ALTER SYSTEM takes a custom name only if the session has set it before (42704)."""


def _text(name: str) -> str:
    return (Path(__file__).parent / f"{name}.sql").read_text(encoding="utf-8")


_OLD = _text("settings_old")
_LOADED = Query("loaded", "select pg_conf_load_time()::text")
_RELOAD = (
    Query("reload", "SELECT pg_reload_conf()"),
    Query("sleep", "SELECT pg_sleep(0.01)"),
    _LOADED,
)
_LIVE = _text("settings_live")
_FAULTS = _text("settings_faults")


Result = TypeVar("Result")


@dataclass(slots=True)
class SystemChannel:
    """The settings of one apply. `touched` are those that may have to be put back.

    `reloaded`: the server has loaded what was put back. `first`: what is asked, and committed,
    before anything is written; `answers`: to that.
    """

    server: Server
    capabilities: Capabilities
    fill: Fill
    first: Sequence[Query] = ()
    session: Session = field(init=False)
    backend: Backend = field(init=False)
    answers: Rows = field(init=False)
    old: Mapping[str, str] = field(init=False)
    loaded: str = field(init=False)
    touched: list[Statement] = field(default_factory=list)
    reloaded: bool = False

    def __post_init__(self) -> None:
        self.session = Session(self.server, "cpctl apply settings")
        self.old = self._prepare(self.first)

    def _prepare(self, first: Sequence[Query] = ()) -> Mapping[str, str]:
        """Protect the session from what our own reload may deliver; answers with the file."""
        # A pooler would hand these on to whoever gets its connection next.
        asked = [] if self.capabilities.pooled else [self._limits(local=False)]
        asked += [*first, IDENTIFY, Query("old", _OLD), _LOADED]
        asked += [Query("faults", _FAULTS, (PENDING, []))]
        rows = self.answers = self.session.ask(asked, doing="reading the old settings")
        self.backend = Backend(*rows["backend"][0])
        self.loaded = rows["loaded"][0][0]
        return {name: value for name, value in rows["old"] if name is not None}

    def _limits(self, *, local: bool) -> Query:
        version, limit = self.capabilities.server_version_num, self.server.statement_timeout
        limits = guards(version, statement=limit, lock=0) | {"idle_session_timeout": "0"}
        return configure(limits, local=local)

    def check_files(self) -> None:
        """Raises CpctlError where a file has an error: the server shows none of its settings."""
        for name, error in self.answers["faults"]:
            raise _unloadable(name, error)

    def set(self, statements: Sequence[Statement]) -> None:
        """Run these, each by itself. Raises CpctlError naming the first that failed."""
        self.touched = list(statements)
        answers = self._run([self._sql(statement) for statement in statements], statements)
        outcome = list(zip(statements, answers, strict=True))
        self.touched = [statement for statement, answer in outcome if not answer.sqlstate]
        for statement, answer in outcome:
            if answer.sqlstate:
                raise StatementFailed(statement, answer)

    def remove(self, statements: Sequence[Statement]) -> tuple[Statement, ...]:
        """Run RESETs after the commit, and reload; answers with those that failed.

        Raises CpctlError where the server cannot be reached, or does not load its files in time.
        """
        return self._persist(lambda: self._removed(statements))

    def _removed(self, statements: Sequence[Statement]) -> tuple[Statement, ...]:
        answers = self._run([statement.sql for statement in statements], statements)
        self.reload(())
        return tuple(s for s, answer in zip(statements, answers, strict=True) if answer.sqlstate)

    def reload(self, statements: Sequence[Statement]) -> None:
        """Reload once, and wait until a fresh connection shows every value that it can show.

        Raises CpctlError where the server cannot load its files, or not in time.
        """
        ours = [statement.address.name for statement in statements]
        patience = min(RELOAD_TIMEOUT, self.server.statement_timeout)
        deadline = time.monotonic() + patience
        ask = [*_RELOAD, Query("faults", _FAULTS, (PENDING, ours))]
        while True:
            rows = self.session.ask(ask, doing="waiting for the reload")
            if rows["faults"]:
                raise _unloadable(*rows["faults"][0])
            if rows["loaded"][0][0] != self.loaded and self._live(statements):
                self.loaded = rows["loaded"][0][0]
                return
            checkpoint()
            if time.monotonic() > deadline:
                what = f"the settings were not live {patience:g} s after the reload"
                raise CpctlError(what, remedy="look into the server's log, then run this again")
            ask = [Query("sleep", "SELECT pg_sleep(0.05)"), *ask[-2:]]

    def _live(self, statements: Sequence[Statement]) -> bool:
        """Whether a new session has every custom value that nothing stronger overrules."""
        wanted = {
            s.placeholder: as_text(s.params[0], self.fill)
            for s in statements
            if s.placeholder and s.params
        }
        if not wanted:
            return True
        with Session(self.server, "cpctl apply check") as fresh:
            query = Query("live", _LIVE, (list(wanted),))
            rows = fresh.ask([self._limits(local=True), query], doing="checking the settings")
        return all(shadowed or value == wanted[name] for name, value, shadowed in rows["live"])

    def put_back(self) -> tuple[Statement, ...]:
        """Write every old value again and reload; answers with those that could not be.

        Raises CpctlError where the server cannot be reached in time.
        """
        return self._persist(self._put_back)

    def _put_back(self) -> tuple[Statement, ...]:
        texts = [put_back_sql(statement.address.name, self.old) for statement in self.touched]
        answers = self._run(texts, self.touched)
        self._reload_old()
        pairs = zip(self.touched, answers, strict=True)
        return tuple(statement for statement, answer in pairs if answer.sqlstate)

    def _persist(self, work: Callable[[], Result]) -> Result:
        """What is right to do twice, over a new connection where the one that it began on broke."""
        for left in reversed(range(TRIES)):
            if self.session.lost:
                self._reach()
            try:
                return work()
            except ConnectionLost:
                if not left:
                    raise
        raise AssertionError

    def _reach(self) -> None:
        """Connect again, and find out which of the statements have reached the file."""
        deadline = time.monotonic() + self.server.statement_timeout
        while self.session.lost:
            try:
                self.session.reopen()
                if not self.capabilities.pooled:
                    ended(self.session, self.backend)
                now = self._prepare()
                self.check_files()
            except CpctlError:
                self.session.connection.close()
                if time.monotonic() > deadline:
                    raise
                time.sleep(PAUSE)
            else:
                ours = [s for s in self.touched if self._stands(s, now.get(s.address.name))]
                self.touched = ours

    def _stands(self, statement: Statement, now: str | None) -> bool:
        """Whether the file has what we wrote, and not what somebody else has written since."""
        name = statement.address.name
        if now is None or now == self.old.get(name):
            return False
        return name in LIST_QUOTE or now == as_text(statement.params[0], self.fill)

    def _reload_old(self) -> None:
        deadline = time.monotonic() + PUT_BACK_TIMEOUT
        rows = self.session.ask([_LOADED, *_RELOAD], doing="reloading the old settings")
        before = rows["loaded"][0][0]
        ask = [Query("sleep", "SELECT pg_sleep(0.05)"), _LOADED]
        while not (done := rows["loaded"][-1][0] != before) and time.monotonic() < deadline:
            rows = self.session.ask(ask, doing="reloading the old settings")
        self.reloaded = done

    def _sql(self, statement: Statement) -> str:
        """The statement with its literals: here, and only here, a secret is quoted."""
        values = [literal(as_text(param, self.fill)) for param in statement.params]
        return inline(statement.sql, values)

    def _run(self, texts: Sequence[str], statements: Sequence[Statement]) -> list[Answer]:
        """One round trip. The custom names are made known first, and unset again afterwards."""
        old = self.capabilities.server_version_num < KNOWS_PLACEHOLDERS
        # A pooler keeps no session for it: the plan was refused unless the name is known.
        untold = statements if old and not self.capabilities.pooled else ()
        known = sorted({s.placeholder for s in untold if s.placeholder})
        before = [Message("SELECT set_config($1, '', false)", (name,)) for name in known]
        after = [Message(f"RESET {parameter_name(name)}") for name in known]
        answers = self.session.send([*before, *map(Message, texts), *after], alone=True)
        return answers[len(before) : len(before) + len(texts)]


def _unloadable(name: str, error: str) -> CpctlError:
    what = f"the server could not load its configuration files: {name}: {error}"
    return CpctlError(what, remedy="mend that line, then run the same command again")
