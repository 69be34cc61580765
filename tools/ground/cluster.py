"""A throw-away PostgreSQL cluster with pg_cron, of either release, standing or for one test."""

import os
import shutil
import socket
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Self

from ground.configuration import PG_HBA, free_port, settings_text, standard_settings
from ground.releases import RELEASES, Release
from ground.steps import Failure, run

SET = os.environ.get("CPCTL_SERVER_SET") or "main"
_SSL_REQUEST = bytes.fromhex("0000000804d2162f")
_INITDB = ("-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")


@dataclass(frozen=True)
class Cluster:
    """The standing server of its version, or with a name one for a single test.

    A run that was killed is cleaned up by the next one of the same name. `source` makes it a
    standby of another cluster; `environment` is the server's own (see Release.faketime).
    """

    version: str
    name: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    source: Self | None = None

    @property
    def release(self) -> Release:
        return RELEASES[self.version]

    @property
    def label(self) -> str:
        return f"{self.version}-{self.name}" if self.name else self.version

    @property
    def _home(self) -> PurePosixPath:
        return PurePosixPath("/var/lib/cpctl", SET, self.label)

    @property
    def data_directory(self) -> Path:
        """As the host sees it; the server itself may live in a chroot."""
        return self.release.on_host(self._home / "data")

    @property
    def log(self) -> Path:
        return self.release.on_host(self._home / "log")

    @property
    def socket_directory(self) -> Path:
        """One short path that is right on the host and in the chroot."""
        return Path("/run/cpctl", SET, self.label)

    @property
    def port(self) -> int:
        try:
            return int(self.release.on_host(self._home / "port").read_text(encoding="ascii"))
        except FileNotFoundError:
            raise Failure(f"{self.label} has not been started") from None

    def url(self, database: str = "postgres", user: str = "postgres") -> str:
        return f"postgresql://{user}@/{database}?host={self.socket_directory}&port={self.port}"

    def tcp_url(self, database: str = "postgres", user: str = "postgres") -> str:
        return f"postgresql://{user}@127.0.0.1:{self.port}/{database}"

    def psql(self, *arguments: str) -> list[str]:
        """The command line of the release's own psql, connected as the superuser."""
        place = ("-h", str(self.socket_directory), "-p", str(self.port), "-U", "postgres")
        return self.release.command("psql", "-X", *place, *arguments)

    def answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(5)
            try:
                client.connect(f"{self.socket_directory}/.s.PGSQL.{self.port}")
                client.sendall(_SSL_REQUEST)
                return client.recv(1) in {b"S", b"N"}
            except (OSError, Failure):
                return False

    def pid(self) -> int | None:
        """The postmaster's, or nothing where the number now belongs to some other program."""
        try:
            number = (self.data_directory / "postmaster.pid").read_text("utf-8").split()[0]
            home = Path(f"/proc/{number}/cwd").readlink()
        except (FileNotFoundError, IndexError):
            return None
        return int(number) if home == self.data_directory.resolve() else None

    def fresh(self) -> None:
        """Running, and empty but for the extensions, whatever was there before."""
        self.remove()
        self._make_directories()
        data = str(self._home / "data")
        if self.source is None:
            self._run("initdb", "-D", data, "-U", "postgres", *_INITDB)
        else:
            origin = f"host={self.source.socket_directory} port={self.source.port} user=postgres"
            self._run("pg_basebackup", "-D", data, "-d", origin, "-R", "-c", "fast")
        settings = self._configure()
        self.start()
        if self.source is None and "pg_cron" in settings["shared_preload_libraries"]:
            self._create_extensions(settings["cron.database_name"])

    def start(self) -> None:
        """With the data of before; does nothing where it answers already."""
        if self.pid() and self.answers():
            return
        self._make_directories()
        log = str(self._home / "log")
        try:
            self._control("-l", log, "-t", "60", "start")
        except Failure as failure:
            last = "\n  ".join(self.log.read_text(errors="replace").splitlines()[-5:])
            raise Failure(f"{failure}\n  {self.log} ends with:\n  {last}") from None

    def stop(self, mode: str = "fast") -> None:
        """An endless pg_cron job can hang a fast stop, so an immediate one follows it."""
        for attempt in (mode, "immediate"):
            if self.pid() is None:
                return
            with suppress(Failure):
                self._control("-m", attempt, "-t", "15", "stop")
        if pid := self.pid():
            raise Failure(f"{self.label} does not stop: its postmaster has pid {pid}")

    def restart(self, mode: str = "fast") -> None:
        self.stop(mode)
        self.start()

    def remove(self) -> None:
        self.stop()
        for path in (self._home, PurePosixPath(self.socket_directory)):
            if self.release.on_host(path).exists():
                shutil.rmtree(self.release.on_host(path))
        if self.socket_directory.is_symlink():
            self.socket_directory.unlink()

    def __enter__(self) -> Self:
        try:
            self.fresh()
        except BaseException:
            self.remove()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.remove()

    def _run(self, program: str, *arguments: str) -> None:
        run(self.release.command(program, *arguments))

    def _control(self, *arguments: str) -> None:
        argv = ("-D", str(self._home / "data"), "-w", *arguments)
        run(self.release.command("pg_ctl", *argv, environment=self.environment))

    def _make_directories(self) -> None:
        inside = self.release.on_host(PurePosixPath(self.socket_directory))
        for path in (self.data_directory.parent, inside):
            path.mkdir(parents=True, exist_ok=True)
            os.chown(path, *self.release.owner())
        self.log.touch(mode=0o644)
        os.chown(self.log, *self.release.owner())
        if inside != self.socket_directory and not self.socket_directory.exists():
            self.socket_directory.parent.mkdir(parents=True, exist_ok=True)
            self.socket_directory.unlink(missing_ok=True)
            self.socket_directory.symlink_to(inside)

    def _configure(self) -> dict[str, str]:
        port = free_port(0 if self.name else self.release.port)
        settings = standard_settings(port, self.socket_directory) | dict(self.settings)
        with (self.data_directory / "postgresql.conf").open("a", encoding="utf-8") as conf:
            conf.write(settings_text(settings))
        (self.data_directory / "pg_hba.conf").write_text(PG_HBA, encoding="utf-8")
        self.release.on_host(self._home / "port").write_text(f"{port}\n", encoding="ascii")
        return settings

    def _create_extensions(self, database: str) -> None:
        if database != "postgres":
            run(self.psql("-qc", f'CREATE DATABASE "{database}"'))
            self.restart()  # else pg_cron's launcher is asleep after not finding the database
        for name in self.release.extensions:
            run(self.psql("-qd", database, "-c", f'CREATE EXTENSION "{name}"'))
