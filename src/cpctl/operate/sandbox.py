"""A throw-away PostgreSQL with pg_cron, for whoever tries a schedule before it is real.

`home` is a directory of the caller's for what must be remembered between two commands. The
server listens on a socket that only its own user can reach, and its data end with `stop`.
"""

import fcntl
import json
import os
import pwd
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex
from typing import IO, Literal, NamedTuple
from urllib.parse import quote

from cpctl.errors import CpctlError
from cpctl.operate import binaries

_PORT = 5432  # a name in the socket's directory: nothing listens on the network
_SOCKETS = Path("/tmp")  # noqa: S108 (a socket's path has 107 bytes, and a home may be deep)
_PLACES_OF_ROOT = (Path("/var/lib"), Path("/var/tmp"))  # noqa: S108 (others cannot enter /root)
_LOCK_TIMEOUT, _REMOVE_TIMEOUT = 240, 10
_INITDB = ("-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
_SINGLE = ("-c", "exit_on_error=on", "-j", "postgres")
_SETTINGS = """
listen_addresses = ''
port = {port}
unix_socket_directories = '{sockets}'
shared_preload_libraries = 'pg_cron'
cron.host = '{sockets}'
cron.database_name = 'postgres'
timezone = 'UTC'
log_timezone = 'UTC'
fsync = off
full_page_writes = off
"""
_SHELL_READS = frozenset('"$`\\\n')


class Sandbox(NamedTuple):
    """What a user needs of the server."""

    url: str
    version: str
    data_directory: Path
    log: Path


class Status(NamedTuple):
    """`stale`: started once, and gone without `stop` (a crash, a reboot) or out of reach."""

    state: Literal["running", "stopped", "stale"]
    sandbox: Sandbox | None


class _Cluster(NamedTuple):
    """What is written down before anything is made, so that the next command can clear it."""

    base: Path
    sockets: Path
    programs: Path
    version: str

    @property
    def data(self) -> Path:
        return self.base / "data"

    @property
    def log(self) -> Path:
        return self.base / "log"

    def sandbox(self) -> Sandbox:
        url = f"postgresql://postgres@{quote(str(self.sockets), safe='')}:{_PORT}/postgres"
        return Sandbox(url, self.version, self.data, self.log)


def start(home: Path, path: str, version: str = "", *, account: str = "postgres") -> Sandbox:
    """The running sandbox, made where there was none; `account` runs the server for root."""
    with _held(home, create=True) as cluster:
        if cluster and _runs(cluster):
            return _of_version(cluster, version).sandbox()
        owner = binaries.server_user(account)
        installation = binaries.find(path, version)
        if cluster:
            _discard(home, cluster)
        return _begin(home, installation, owner).sandbox()


def stop(home: Path) -> bool:
    """End the server and remove its data; False where there was nothing to end or remove."""
    with _held(home) as cluster:
        if cluster:
            _discard(home, cluster)
        return cluster is not None


def status(home: Path) -> Status:
    with _held(home) as cluster:
        if cluster is None:
            return Status("stopped", None)
        return Status("running" if _runs(cluster) else "stale", cluster.sandbox())


def url(home: Path) -> str:
    """Where to connect, for `--database-url "$(cpctl sandbox url)"`."""
    found = status(home)
    if found.state != "running" or found.sandbox is None:
        raise CpctlError("no sandbox is running", remedy="cpctl sandbox start")
    return found.sandbox.url


@contextmanager
def _held(home: Path, *, create: bool = False) -> Iterator[_Cluster | None]:
    """Two starts at once must end with one server: the second waits and finds it running."""
    try:
        if not create and not _record(home).exists():
            yield None
            return
        home.mkdir(0o700, parents=True, exist_ok=True)
        with (home / "lock").open("w") as lock:
            _wait_for(lock)
            yield _recorded(home)
    except OSError as error:
        where = str(error.filename or home)
        remedy = "mend that path, then run the same command again"
        raise CpctlError(error.strerror or str(error), where=where, remedy=remedy) from error


def _wait_for(lock: IO[str]) -> None:
    end = time.monotonic() + _LOCK_TIMEOUT
    while time.monotonic() < end:
        with suppress(BlockingIOError):
            return fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        time.sleep(0.05)
    remedy = "end it, then run the same command again"
    raise CpctlError("another `cpctl sandbox` is still at work", where=lock.name, remedy=remedy)


def _record(home: Path) -> Path:
    return home / "sandbox.json"


def _recorded(home: Path) -> _Cluster | None:
    record = _record(home)
    try:
        if record.stat().st_uid != os.geteuid():
            raise CpctlError("another user's sandbox", where=str(record), remedy="run as its owner")
        fields = json.loads(record.read_text(encoding="utf-8"))
        base, sockets, programs = (Path(fields[name]) for name in ("base", "sockets", "programs"))
        return _Cluster(base, sockets, programs, str(fields["version"]))
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError):
        remedy = "end a server that still runs by hand, then delete this file"
        raise CpctlError("not a sandbox's record", where=str(record), remedy=remedy) from None


def _remember(home: Path, cluster: _Cluster) -> None:
    """Whole or not at all: a command may be killed at any moment."""
    new = home / "sandbox.json.new"
    new.write_text(json.dumps(cluster._asdict(), default=str, indent=2) + "\n", encoding="utf-8")
    new.replace(_record(home))


def _of_version(cluster: _Cluster, version: str) -> _Cluster:
    if binaries.is_version(cluster.version, version):
        return cluster
    what = f"a sandbox of PostgreSQL {cluster.version} is running, not {version}"
    raise CpctlError(what, remedy="cpctl sandbox stop, then start the other")


def _begin(home: Path, found: binaries.Installation, owner: pwd.struct_passwd | None) -> _Cluster:
    place = next(path for path in _PLACES_OF_ROOT if path.is_dir()) if owner else home.absolute()
    cluster = _named(place, found)
    _remember(home, cluster)
    try:
        _make_directories(cluster, owner)
        _make_server(cluster)
    except BaseException:
        _discard(home, cluster)
        raise
    return cluster


def _named(place: Path, installation: binaries.Installation) -> _Cluster:
    """A name of its own for each start: what died can never be taken for what lives."""
    if _SHELL_READS & set(str(place)):
        what, remedy = 'pg_ctl cannot take " $ ` or \\ in a path', "set another XDG_STATE_HOME"
        raise CpctlError(what, where=str(place), remedy=remedy)
    token = token_hex(8)
    base, sockets = place / f"cpctl-sandbox-{token}", _SOCKETS / f"cpctl-{token}"
    return _Cluster(base, sockets, installation.programs, installation.version)


def _make_directories(cluster: _Cluster, owner: pwd.struct_passwd | None) -> None:
    cluster.base.mkdir(0o700)
    cluster.sockets.mkdir(0o700)
    cluster.log.touch(0o600)
    if owner:
        for made in (cluster.base, cluster.sockets, cluster.log):
            os.chown(made, owner.pw_uid, owner.pw_gid)


def _make_server(cluster: _Cluster) -> None:
    """Single-user mode creates the extension before pg_cron's launcher first looks for it."""
    data = ("-D", str(cluster.data))
    _run(cluster, "initdb", *data, *_INITDB)
    with (cluster.data / "postgresql.conf").open("a", encoding="utf-8") as file:
        file.write(_SETTINGS.format(port=_PORT, sockets=cluster.sockets))
    _run(cluster, "postgres", "--single", *data, *_SINGLE, text="CREATE EXTENSION pg_cron")
    _run(cluster, "pg_ctl", "start", *data, "-l", str(cluster.log), "-w", "-t", "60", "-s")


def _discard(home: Path, cluster: _Cluster) -> None:
    if _pid(cluster):
        options = ("-m", "immediate", "-w", "-t", "30", "-s")
        _run(cluster, "pg_ctl", "stop", "-D", str(cluster.data), *options)
    _remove(cluster.base)
    _remove(cluster.sockets)
    _record(home).unlink(missing_ok=True)


def _remove(directory: Path) -> None:
    """Where a start was killed, its initdb may go on writing for a moment."""
    end = time.monotonic() + _REMOVE_TIMEOUT
    while directory.exists():
        shutil.rmtree(directory, ignore_errors=time.monotonic() < end)
        time.sleep(0.05 * directory.exists())


def _run(cluster: _Cluster, program: str, *arguments: str, text: str = "") -> None:
    binaries.run([str(cluster.programs / program), *arguments], log=cluster.log, text=text)


def _runs(cluster: _Cluster) -> bool:
    """A server whose socket was swept out of /tmp lives, but is of no use."""
    return bool(_pid(cluster)) and (cluster.sockets / f".s.PGSQL.{_PORT}").is_socket()


def _pid(cluster: _Cluster) -> int | None:
    """The server's own: a number left over from before a crash may by now be another's."""
    with suppress(FileNotFoundError, ValueError, IndexError):
        pid = int((cluster.data / "postmaster.pid").read_text(encoding="utf-8").split()[0])
        return pid if str(cluster.data) in binaries.command_line(pid) else None
    return None
