"""The real servers of a test run, and an independent look at them.

Nothing here imports cpctl: what a test asserts about a database must not come from the code it
tests. `CPCTL_TEST_SERVERS=17` narrows a run to one server while working on something.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from ground import Cluster
from tests.runner import Result, Runner, as_program

VERSIONS = tuple(os.environ.get("CPCTL_TEST_SERVERS", "15 17").split())

CHANGING = re.compile(
    r"cron\.(schedule|schedule_in_database|alter_job|unschedule)\s*\("
    r"|UPDATE cron\.job SET|ALTER SYSTEM (SET|RESET)|ALTER DATABASE \S+ (SET|RESET)"
    r"|vault\.(?:create|update)_secret|DELETE FROM vault\.secrets"
    r"|(?:INSERT INTO|UPDATE|DELETE FROM) cpctl\.secrets"
    r"|(?:CREATE|ALTER|DROP) EXTENSION",
    re.IGNORECASE,
)
"""A statement that alters a managed resource, as the server's log has it."""


AT_START = re.compile("PYTHON|LANG|LC_|TZ")
"""Variables that an interpreter looks at when it starts."""


@dataclass(slots=True)
class Database:
    """A server emptied for one test. `admin` is a superuser's connection, in autocommit mode.

    `runner`: forks the program, which saves the start of an interpreter for each run.
    """

    cluster: Cluster
    admin: psycopg.Connection[Any]
    folder: Path
    environment: dict[str, str] = field(default_factory=dict)
    runner: Runner | None = None

    @property
    def version(self) -> str:
        return self.cluster.version

    def url(self, user: str = "postgres", database: str = "postgres") -> str:
        return self.cluster.url(database=database, user=user)

    def cpctl(
        self,
        *arguments: str,
        stdin: str | None = None,
        environment: Mapping[str, str] | None = None,
        user: str = "postgres",
    ) -> Result:
        """Run the program as a user does, in the test's folder, with only this environment."""
        known = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "CPCTL_DATABASE_URL": self.url(user),
            **self.environment,
            **(environment or {}),
        }
        done = self._run(arguments, known, stdin)
        assert "--debug" in arguments or "Traceback" not in done.err, done.err
        return done

    def _run(
        self, arguments: Sequence[str], environment: Mapping[str, str], stdin: str | None
    ) -> Result:
        runner, at_start = self.runner, any(map(AT_START.match, environment))
        if runner is None or at_start:
            return as_program(arguments, self.folder, environment, stdin)
        if not runner.turn.acquire(blocking=False):
            with runner.beside() as another:
                return another.run(arguments, self.folder, environment, stdin)
        try:
            return runner.run(arguments, self.folder, environment, stdin)
        finally:
            runner.turn.release()

    @property
    def by_shell(self) -> Database:
        """The same, with each run started as a shell does it: umask, pipes, modules of its own."""
        return replace(self, runner=None)

    def write(self, text: str, name: str = "scheduler.yaml") -> Path:
        """A file in the test's folder."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def rows(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        """The test's own question, as superuser."""
        return self.admin.execute(query.encode(), parameters or None).fetchall()

    def run(self, statement: str, *parameters: object) -> None:
        self.admin.execute(statement.encode(), parameters or None)

    def jobs(self) -> dict[tuple[str | None, str], dict[str, Any]]:
        """cron.job by (name, owner)."""
        query = (
            "select jobname::text, username, jobid, schedule, command, database, active "
            "from cron.job"
        )
        return {
            (name, owner): dict(
                zip(("jobid", "schedule", "command", "database", "active"), rest, strict=True)
            )
            for name, owner, *rest in self.rows(query)
        }

    def file_settings(self) -> dict[str, str]:
        """What postgresql.auto.conf says, by name."""
        query = (
            "select name, setting from pg_file_settings "
            "where sourcefile like '%/postgresql.auto.conf' order by seqno"
        )
        return dict(self.rows(query))

    def log_position(self) -> int:
        return self.cluster.log.stat().st_size

    def log_text(self, since: int) -> str:
        """All that the server has logged since then, whoever caused it."""
        with self.cluster.log.open("rb") as log:
            log.seek(since)
            return log.read().decode(errors="replace")

    def statements(self, since: int) -> list[str]:
        """Every statement of cpctl, in the order in which the server ran them."""
        entries = re.split(r"\n(?=\d{4}-\d\d-\d\d )", self.log_text(since))
        return [
            entry
            for entry in entries
            if re.search(r"LOG:  (statement|execute [^:]*):", entry) and "cpctl" in entry
        ]

    def changing_statements(self, since: int) -> list[str]:
        """Statements of cpctl that alter managed resources, from the server's own log."""
        return [entry for entry in self.statements(since) if CHANGING.search(entry)]

    def live(self, name: str, user: str = "postgres") -> str | None:
        """What a new session of that role sees."""
        with psycopg.connect(self.url(user)) as session:
            found = session.execute("select current_setting(%s, true)", (name,)).fetchone()
        return str(found[0]) if found and found[0] is not None else None

    def new_role(self, name: str, *grants: str, options: str = "LOGIN") -> str:
        """A role that the next test does not have."""
        identifier = sql.Identifier(name)
        self.admin.execute(sql.SQL("CREATE ROLE {} " + options).format(identifier))
        for grant in grants:
            self.run(f'GRANT {grant} TO "{name}"')
        return name


_LEFT = """
select array(
    select distinct name from pg_file_settings
    where sourcefile like '%/postgresql.auto.conf' and name <> all (array[{}]::text[])
), array(
    select datname::text from pg_database
    where datname not in ('postgres', 'template0', 'template1')
), array(
    select rolname::text from pg_roles where rolname !~ '^pg_' and rolname <> 'postgres'
)
"""
_WITHOUT_TRACE = """
do $$ begin
    perform cron.unschedule(jobid) from cron.job;
    if exists (select from cron.job_run_details) then
        truncate cron.job_run_details;
    end if;
    if to_regnamespace('cpctl') is not null or to_regnamespace('vault') is not null then
        drop schema if exists cpctl, vault cascade;
    end if;
    if exists (select from pg_db_role_setting) then
        alter database postgres reset all;
        alter role postgres reset all;
    end if;
end $$
"""
"""Each only where there is something: every test pays for this."""


def empty(admin: psycopg.Connection[Any], *kept: str) -> None:
    """Take away everything that a test may leave in a cluster, but for these settings."""
    left = sql.SQL(_LEFT).format(sql.SQL(", ").join(map(sql.Literal, kept)))
    settings, databases, roles = admin.execute(left).fetchone() or ([], [], [])
    admin.execute(_WITHOUT_TRACE)
    _unset(admin, settings)
    for database in databases:
        admin.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(database)))
    for role in roles:
        identifier = sql.Identifier(role)
        admin.execute(sql.SQL("drop owned by {} cascade").format(identifier))
        admin.execute(sql.SQL("drop role {}").format(identifier))
    admin.execute("select pg_reload_conf()")


def _unset(admin: psycopg.Connection[Any], names: Sequence[str]) -> None:
    """Below 17 what nobody defines must be set in the session that resets it."""
    if not names:
        return
    real = {name for (name,) in admin.execute("select lower(name) from pg_settings").fetchall()}
    for name in names:
        if name.lower() not in real:
            admin.execute("select set_config(%s, '', false)", (name,))
        parts = sql.SQL(".").join(sql.Identifier(part) for part in name.split("."))
        admin.execute(sql.SQL("alter system reset {}").format(parts))
