"""A scheduler with secrets in it, and runs of cpctl that are searched from end to end."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg

from ground import Cluster
from tests.faults.runner import Done, Runner
from tests.integration.steps import document, job
from tests.leaks.canary import Canary, canary
from tests.leaks.relay import Change, Relay, relay, unchanged
from tests.leaks.stored import Kept, Log
from tests.leaks.tally import Tally
from tests.leaks.watch import Activity
from tests.leaks.ways import Way

NEVER = "0 3 29 2 *"
APPLY = ("apply", "--auto-approve")
ENV_FILE = ("--env-file", "secrets.env")
GIVEN = frozenset("kept.txt secrets.env scheduler.yaml printed.txt dot.env".split())
"""Files that hold a secret because the user put it there."""

CHILD = "child.env"
PROGRAM = f"""\
tr '\\0' '\\n' </proc/self/environ >{CHILD}
cat printed.txt
cat printed.txt >&2
"""
"""A source of a secret. It tells what it got, and says the secret where nobody should hear it."""

OTHERS = {"dotted": "dotenv:dot.env#DOTTED", "printed": "command:sh program"}
"""Sources that take their time, or cost that of a verifier."""

LABELS = "old new added kept printed dotted retired password pgpassword".split()


@dataclass(slots=True, eq=False)
class Place:
    """`old` is in the store, `new` is to replace it; `admin` is a superuser's connection.

    `mutants`: what is taken out of cpctl in each run. `excuses`: channels that a test fills.
    """

    way: Way
    cluster: Cluster
    runner: Runner
    admin: psycopg.Connection[Any]
    activity: Activity
    tally: Tally
    mutants: Sequence[str] = ()
    others: Mapping[str, str] = field(default_factory=lambda: dict(OTHERS))
    excuses: frozenset[str] = frozenset()
    canaries: dict[str, Canary] = field(init=False)
    log: Log = field(init=False)
    kept: Kept = field(init=False)

    def __post_init__(self) -> None:
        self.canaries = {label: canary(label) for label in LABELS}
        self.log, self.kept = Log(self.cluster), Kept(self.cluster, self.admin)
        for name in ("home", "tmp"):
            (self.folder / name).mkdir(exist_ok=True)
        self.give()

    def give(self) -> None:
        """The sources of the secrets that are not variables."""
        self.write(f"{self['kept']}\n", "kept.txt")
        self.write(f"{self['printed']}\n", "printed.txt")
        self.write(self._line("ADDED", "added"), "secrets.env")
        self.write(self._line("DOTTED", "dotted"), "dot.env")
        self.write(PROGRAM, "program")

    def _line(self, name: str, label: str) -> str:
        escaped = self[label].replace("\\", "\\\\").replace('"', '\\"')
        return f'{name}="{escaped}"\n'

    def __getitem__(self, label: str) -> str:
        return self.canaries[label].text

    @property
    def folder(self) -> Path:
        return self.runner.folder

    def write(self, text: str, name: str = "scheduler.yaml") -> None:
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        path.chmod(0o600)

    def file(self, *, new: bool = True, **sections: object) -> str:
        """Some stay, one is replaced; one comes with the new file, one goes with the old one."""
        other = {"added": "env:ADDED"} if new else {"retired": "env:RETIRED"}
        sources = {
            "key": "env:KEY",
            "kept": "file:kept.txt",
            **self.others,
            **other,
        }
        names = ["app.*"] if self.way.scope == "settings" else ["mine_*"]
        known: dict[str, object] = {
            "store": self.way.store,
            "scope": {"jobs": ["mine*"], self.way.scope: names},
            "defaults": {"username": self.way.role},
            "secrets": {f"mine_{name}": {"from": source} for name, source in sources.items()},
            "jobs": {"mine": job(NEVER, "SELECT 2" if new else "SELECT 1")},
        }
        return document(**known, **sections)

    def url(self, port: int = 0, user: str = "") -> str:
        """With a password that the server does not ask for."""
        login = f"{user or self.way.role}:{quote(self['password'], safe='')}"
        if port:
            more = "sslmode=disable&gssencmode=disable"
            return f"postgresql://{login}@127.0.0.1:{port}/postgres?{more}"
        where = f"host={self.cluster.socket_directory}&port={self.cluster.port}"
        return f"postgresql://{login}@/postgres?{where}"

    def old_state(self) -> None:
        """By an apply like any other, searched like any other."""
        self.write(self.file(new=False))
        known = {"KEY": self["old"], "RETIRED": self["retired"]}
        done = self.run("the old state", *APPLY, environment=known)
        assert done.code == 0, done
        self.write(self.file())

    def restore(self) -> None:
        """The old state, where a run has not left it."""
        if self.admin.execute(b"select 1 from cron.job where command = 'SELECT 1'").rowcount != 1:
            self.old_state()

    def run(
        self,
        outcome: str,
        *arguments: str,
        environment: Mapping[str, str] | None = None,
        url: str = "",
        when_started: Callable[[], None] = lambda: None,
    ) -> Done:
        """One run, and every search there is."""
        known = {
            "KEY": self["new"],
            "PGPASSWORD": self["pgpassword"],
            "HOME": str(self.folder / "home"),
            "TMPDIR": str(self.folder / "tmp"),
            "CPCTL_DATABASE_URL": url or self.url(),
            **(environment or {}),
        }
        self.kept.forget()
        since = self.log.position()
        with self.activity.seen() as seen:
            self.runner.start(arguments, environment=known, mutants=self.mutants)
            when_started()
            done = self.runner.done()
            self.drain()
        what = f"{' '.join(arguments)}: {outcome}"
        for channel, data in self._channels(arguments, done, seen, since):
            self._look(channel, data, what)
        assert "Traceback" not in done.err or "--debug" in arguments, done.err
        return done

    def _channels(
        self, arguments: Sequence[str], done: Done, seen: set[str], since: int
    ) -> Iterator[tuple[str, list[bytes]]]:
        yield f"stdout, {_format(arguments)}", [done.out.encode()]
        stream = "stderr with --debug" if "--debug" in arguments else "stderr"
        yield stream, [done.err.encode()]
        yield "files", list(self._files())
        yield "environments of children", [self._child()]
        yield "server log", self.log.since(since)
        yield "pg_stat_activity", [query.encode() for query in seen]
        for channel, data in self.kept.channels():
            yield channel, data.split(b"\n") if channel == "pg_stat_statements" else [data]

    def _files(self) -> Iterator[bytes]:
        """All that lies in the working directory, at home and in TMPDIR."""
        for path in self.folder.rglob("*"):
            if path.is_file() and path.name not in {*GIVEN, CHILD, "out", "err"}:
                yield path.name.encode() + b"\n" + path.read_bytes()

    def _child(self) -> bytes:
        path = self.folder / CHILD
        found = path.read_bytes() if path.exists() else b""
        path.unlink(missing_ok=True)
        return found

    def _look(self, channel: str, entries: Sequence[bytes], what: str) -> None:
        if channel in self.way.holds or channel in self.excuses:
            return
        canaries = self.canaries.values()
        for fact, pattern in self.way.excused.get(channel, {}).items():
            excused = [entry for entry in entries if pattern.search(entry)]
            self.tally.excuse(channel, b"\n".join(excused), canaries, fact)
            entries = [entry for entry in entries if entry not in excused]
        self.tally.look(channel, b"\n".join(entries), canaries, what)

    def drain(self) -> None:
        """Until the server has noticed that the connections of the run are gone."""
        query = b"select 1 from pg_stat_activity where application_name like 'cpctl%'"
        deadline = time.monotonic() + 10
        while self.admin.execute(query).fetchall():
            assert time.monotonic() < deadline, "a connection of cpctl stays"
            time.sleep(0.002)

    @contextmanager
    def behind(self, change: Change = unchanged) -> Iterator[Relay]:
        socket = self.cluster.socket_directory / f".s.PGSQL.{self.cluster.port}"
        with relay(socket, change) as found:
            yield found


def _format(arguments: Sequence[str]) -> str:
    return arguments[arguments.index("--format") + 1] if "--format" in arguments else "text"
