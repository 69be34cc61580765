"""A server of our own with the old state in it, and runs of cpctl against it, one at a time."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from ground import Cluster
from tests.faults.proxy import Cut, Hook, Proxy
from tests.faults.scenario import ENVIRONMENT, FILE, NAMES, OLD, Job, World
from tests.runner import Done, Runner

KEY = int.from_bytes(b"cpctl")
APPLY = ("apply", "--auto-approve", "--lock-timeout", "5s")
IN_SYNC = ("plan", "--detailed-exitcode")
_LINE = re.compile(r"^(\S+) = '((?:[^']|'')*)'$", re.MULTILINE)
_STATEMENT = re.compile(r"\] cpctl[^\n]* LOG:  (statement|execute [^:]*):")
_OURS = "from pg_stat_activity where application_name like 'cpctl%'"


@dataclass(slots=True, eq=False)
class Lane:
    """Everything that one point needs. `admin` is a superuser of ours, in autocommit mode.

    `mutants`: what is taken out of cpctl in each run.
    """

    cluster: Cluster
    runner: Runner
    options: tuple[str, ...] = ()
    mutants: Sequence[str] = ()
    _admin: psycopg.Connection[Any] | None = field(init=False, default=None)
    _auto: bytes = field(init=False, default=b"")

    def __post_init__(self) -> None:
        self.connect()
        self.write(FILE)
        self.prepare()

    @property
    def admin(self) -> psycopg.Connection[Any]:
        assert self._admin
        return self._admin

    @property
    def folder(self) -> Path:
        return self.runner.folder

    def connect(self) -> None:
        """Unbothered by whatever timeouts a test makes the rule."""
        if self._admin:
            self._admin.close()
        self._admin = psycopg.connect(
            self.cluster.url(),
            autocommit=True,
            application_name="the test",
            options="-c statement_timeout=0 -c lock_timeout=0 -c idle_session_timeout=0",
        )

    def write(self, text: str, name: str = "scheduler.yaml") -> None:
        (self.folder / name).write_text(text, encoding="utf-8")

    def rows(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        return self.admin.execute(query.encode(), parameters or None).fetchall()

    # The old state: made once by SQL, and put back as rows and as a file, which costs nothing.

    def prepare(self) -> None:
        for name, value in OLD.settings.items():
            alter_system(self.admin, name, value)
        self._auto = self._auto_file.read_bytes()
        self.restore()
        # The first apply of all makes the ledger, and so exchanges more bytes than any other.
        done = self.cpctl(APPLY)
        assert done.code == 0, done
        self.restore()

    def restore(self) -> None:
        """The old state, whatever was there."""
        self.drain()
        if self._has_ledger:
            self.run("truncate cpctl.applies, cpctl.files")
        self.run("delete from cron.job")
        for number, (name, job) in enumerate(OLD.jobs.items(), 1):
            self._insert(number, name, job)
        self.run("select setval('cron.jobid_seq', 100)")
        if self._auto_file.read_bytes() != self._auto:
            self._auto_file.write_bytes(self._auto)
        self.reload()

    @property
    def _has_ledger(self) -> bool:
        return self.rows("select to_regclass('cpctl.applies') is not null") == [(True,)]

    def unfinished(self) -> list[int]:
        """The applies that the ledger knows to be begun, and not to be over."""
        if not self._has_ledger:
            return []
        query = "select number from cpctl.applies where outcome is null order by number"
        return [number for (number,) in self.rows(query)]

    def restart(self, mode: str) -> None:
        self.cluster.restart(mode)
        self.connect()

    def run(self, statement: str, *parameters: object) -> None:
        self.admin.execute(statement.encode(), parameters or None)

    def _insert(self, number: int, name: str, job: Job) -> None:
        self.run(
            "insert into cron.job (jobid, jobname, schedule, command, active, database, username,"
            " nodename, nodeport) values (%s, %s, %s, %s, %s, %s, %s, '', 0)",
            *(number, name, *job),
        )

    @property
    def _auto_file(self) -> Path:
        return self.cluster.data_directory / "postgresql.auto.conf"

    def reload(self) -> None:
        """And wait until it has arrived."""
        before = self.rows("select pg_conf_load_time()")
        self.run("select pg_reload_conf()")
        deadline = time.monotonic() + 20
        while self.rows("select pg_conf_load_time()") == before:
            assert time.monotonic() < deadline, "no reload within 20 s"
            time.sleep(0.002)

    def drain(self, seconds: float = 10) -> None:
        """Until the server has noticed that the connections of the last run are gone."""
        deadline = time.monotonic() + seconds
        while found := self.rows(f"select pid, state, query {_OURS}"):
            assert time.monotonic() < deadline, f"still there after {seconds} s: {found}"
            time.sleep(0.002)

    def lock_is_free(self, within: float = 0) -> bool:
        found = "select 1 from pg_locks where locktype = 'advisory' and granted"
        deadline = time.monotonic() + within
        while held := bool(self.rows(found)):
            if time.monotonic() >= deadline:
                break
            time.sleep(0.005)
        return not held

    @contextmanager
    def blocked(self, statement: str) -> Iterator[None]:
        """Another session has done this in a transaction that goes on."""
        with psycopg.connect(self.cluster.url(), application_name="somebody else") as session:
            session.execute(statement.encode())
            yield
            session.rollback()

    def log_position(self) -> int:
        return self.cluster.log.stat().st_size

    def logged(self, since: int) -> list[str]:
        """Every statement of cpctl that the server began, in its order."""
        with self.cluster.log.open("rb") as log:
            log.seek(since)
            text = log.read().decode(errors="replace")
        entries = re.split(r"\n(?=\d{4}-\d\d-\d\d )", text)
        return [entry for entry in entries if _STATEMENT.search(entry)]

    # What the database holds, by questions that are not cpctl's.

    def look(self) -> World:
        """The jobs, and what postgresql.auto.conf says."""
        return World(self.jobs(), self.file_settings())

    def jobs(self) -> dict[str, Job]:
        query = "select jobname::text, schedule, command, active, database, username from cron.job"
        return {name: Job(*rest) for name, *rest in self.rows(query)}

    def jobids(self) -> dict[str, int]:
        return dict(self.rows("select jobname::text, jobid from cron.job"))

    def file_settings(self) -> dict[str, str]:
        """From the file itself: what the server says of it is nothing where it has an error."""
        found = _LINE.findall(self._auto_file.read_text("utf-8"))
        return {name: value.replace("''", "'") for name, value in found if name in NAMES}

    def live(self) -> dict[str, str]:
        """What a new session sees; what has been reset is an empty text there."""
        query = b"select name, current_setting(name, true) from unnest(%s::text[]) name"
        calm = "-c statement_timeout=0"
        with psycopg.connect(self.cluster.url(), options=calm, autocommit=True) as session:
            found: list[tuple[str, str | None]] = session.execute(query, (NAMES,)).fetchall()
        return {name: value for name, value in found if value}

    # Runs.

    @contextmanager
    def behind(
        self, cut: Cut | None = None, before: Hook | None = None, after: Hook | None = None
    ) -> Iterator[Proxy]:
        """A network in front of the server. It heals at the end."""
        socket = self.cluster.socket_directory / f".s.PGSQL.{self.cluster.port}"
        proxy = Proxy(socket, cut, before, after)
        try:
            yield proxy
        finally:
            proxy.close()

    def through(
        self,
        proxy: Proxy,
        *options: str,
        before_end: Callable[[], None] = lambda: None,
        timeout: float = 60,
    ) -> Done:
        """An apply whose every byte passes the proxy. `before_end`: while its pid is still its."""
        url = f"postgresql://postgres@127.0.0.1:{proxy.port}/postgres"
        url += "?sslmode=disable&gssencmode=disable&connect_timeout=2"
        self.start((*APPLY, *self.options, *options), url=url)
        proxy.carry(self.runner, timeout)
        before_end()
        return self.runner.done(1)

    def start(
        self,
        *commands: Sequence[str],
        url: str = "",
        environment: Mapping[str, str] | None = None,
    ) -> None:
        known = {**ENVIRONMENT, "CPCTL_DATABASE_URL": url or self.cluster.url()}
        known |= environment or {}
        self.runner.start(*commands, environment=known, mutants=self.mutants)

    def cpctl(self, *commands: Sequence[str]) -> Done:
        """Straight to the server, and to the end."""
        self.start(*commands)
        return self.runner.done()

    def close(self) -> None:
        self.admin.close()
        self.runner.close()


def alter_system(admin: psycopg.Connection[Any], name: str, value: str) -> None:
    parts = sql.SQL(".").join(sql.Identifier(part) for part in name.split("."))
    if "." in name:
        admin.execute("select set_config(%s, %s, false)", (name, value))
    admin.execute(sql.SQL("alter system set {} = {}").format(parts, sql.Literal(value)))
    if "." in name:
        admin.execute(sql.SQL("reset {}").format(parts))
