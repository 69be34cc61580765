"""Finds a PostgreSQL that has pg_cron, and runs its programs as a user that they accept."""

import os
import platform
import pwd
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from cpctl.errors import CpctlError

USUAL_FOLDERS = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/home/linuxbrew/.linuxbrew/opt/postgresql@*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
    "/usr/local/pgsql/bin",
)
"""Debian and Ubuntu, PGDG's RPMs, Homebrew, Postgres.app, and PostgreSQL's own default."""

_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C"}
_TIMEOUT = 90
_LAST_LINES = 12
_PROGRAMS = ("initdb", "pg_ctl", "postgres")
_OF_RELEASE = {"bullseye": "13", "bookworm": "15", "trixie": "17", "jammy": "14", "noble": "16"}
_INSTALL = {
    "apt-get": "apt-get install postgresql-{0} postgresql-{0}-cron",
    "dnf": "dnf install postgresql{0}-server pg_cron_{0}, from PGDG's repository",
    "brew": "brew install postgresql@{0} pg_cron",
}


class Installation(NamedTuple):
    """One PostgreSQL of this machine, as it describes itself."""

    version: str
    programs: Path
    libraries: Path
    shared: Path

    @property
    def missing(self) -> str:
        """The first of pg_cron's files that is not there, or nothing."""
        if not any((self.libraries / f"pg_cron.{suffix}").exists() for suffix in ("so", "dylib")):
            return str(self.libraries / "pg_cron.so")
        control = self.shared / "extension" / "pg_cron.control"
        return "" if control.exists() else str(control)

    @property
    def age(self) -> tuple[int, int]:
        """Sorts 9.6 before 15.2 before 15.18 before 16beta1 before 16.0."""
        major, _, minor = self.version.partition(".")
        return _number(major), _number(minor) if minor else -1


def find(path: str, version: str = "", folders: Sequence[str] = USUAL_FOLDERS) -> Installation:
    """The newest PostgreSQL with pg_cron, or the newest one of `version` ("17", "15.18").

    `path` is a PATH: a folder in it speaks for itself by its pg_config or its pg_ctl.
    """
    if version and not re.fullmatch(r"\d+(\.\d+)?", version):
        raise CpctlError(f'"{version}" is no version of PostgreSQL', remedy="write 17, or 15.18")
    seen = _installations(path, folders)
    fit = [one for one in seen if not one.missing and is_version(one.version, version)]
    if not fit:
        raise _nothing_fits(path, version, folders, seen)
    return max(fit, key=lambda one: one.age)


def is_version(installed: str, wanted: str) -> bool:
    """Whether "15.18" is the "15" that was asked for; everything is the version "" ."""
    return not wanted or installed == wanted or installed.partition(".")[0] == wanted


def _number(text: str) -> int:
    digits = re.match(r"\d+", text)
    return int(digits[0]) if digits else -1


def _installations(path: str, folders: Sequence[str]) -> list[Installation]:
    found: dict[Path, Installation] = {}
    for folder in _folders(path, folders):
        for installation in _in_folder(folder):
            found.setdefault(installation.programs.resolve(), installation)
    return list(found.values())


def _folders(path: str, folders: Sequence[str]) -> Iterator[Path]:
    """A relative entry of PATH would run whatever lies in the current directory."""
    yield from (entry for entry in map(Path, path.split(os.pathsep)) if entry.is_absolute())
    for pattern in folders:
        yield from sorted(Path("/").glob(pattern.removeprefix("/")))


def _in_folder(folder: Path) -> Iterator[Installation]:
    """The pg_config of a folder may speak for another server than the pg_ctl beside it."""
    if found := _described(folder / "pg_config"):
        yield found
    if (folder / "pg_ctl").is_file():
        programs = (folder / "pg_ctl").resolve().parent
        if found := _described(programs / "pg_config") or _guessed(programs):
            yield found


def _described(pg_config: Path) -> Installation | None:
    lines = _output(pg_config, "--version", "--bindir", "--pkglibdir", "--sharedir").splitlines()
    try:
        version, programs, libraries, shared = lines
    except ValueError:
        return None
    return _installation(version, Path(programs), Path(libraries), Path(shared))


def _guessed(programs: Path) -> Installation | None:
    """PGDG's RPMs keep pg_config in a package for developers; the folders lie beside it."""
    version, root = _output(programs / "postgres", "--version"), programs.parent
    return _installation(version, programs, root / "lib", root / "share")


def _installation(
    version: str, programs: Path, libraries: Path, shared: Path
) -> Installation | None:
    number = re.search(r"\d[\w.]*", version)
    whole = all(os.access(programs / name, os.X_OK) for name in _PROGRAMS)
    return Installation(number[0], programs, libraries, shared) if number and whole else None


def _output(program: Path, *arguments: str) -> str:
    """Nothing where the program is missing, hangs or fails: it is then no installation."""
    try:
        return subprocess.run(
            [program, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="utf-8",
            errors="surrogateescape",
            timeout=10,
            check=True,
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return ""


def _nothing_fits(
    path: str, version: str, folders: Sequence[str], seen: Sequence[Installation]
) -> CpctlError:
    wanted = f"PostgreSQL {version}" if version else "PostgreSQL"
    return CpctlError(
        f"no {wanted} with pg_cron is installed",
        remedy=_remedy(path, version, seen),
        details=(
            *map(_description, seen),
            f"looked on PATH for pg_config and pg_ctl: {path or '(empty)'}",
            f"looked in {' '.join(folders) or 'no other folder'}",
        ),
    )


def _description(one: Installation) -> str:
    lack = f"without pg_cron: {one.missing} is missing" if one.missing else "with pg_cron"
    return f"found PostgreSQL {one.version} in {one.programs}, {lack}"


def _remedy(path: str, version: str, seen: Sequence[Installation]) -> str:
    """What is half there is best completed; else the release that the system itself has."""
    newest = max(seen, key=lambda one: one.age).version if seen else ""
    major = _number(version or newest or _own_major())
    tool = next((name for name in _INSTALL if shutil.which(name, path=path)), "")
    command = _INSTALL[tool or "apt-get"].format(major)
    if tool == "apt-get" and major != _number(_own_major()):
        command += ", from apt.postgresql.org"
    return command if tool else f"install both, on Debian for example: {command}"


def _own_major() -> str:
    try:
        release = platform.freedesktop_os_release()
    except OSError:
        return "17"
    return _OF_RELEASE.get(release.get("VERSION_CODENAME", ""), "17")


def server_user(account: str) -> pwd.struct_passwd | None:
    """Whom the server must run as, where it cannot be the caller."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam(account)
    except KeyError:
        add = f"useradd --system --shell /usr/sbin/nologin {account}"
        raise CpctlError(
            f"PostgreSQL refuses to run as root, and there is no user {account} for it",
            remedy=f"run this as another user, or first: {add}",
        ) from None


def run(argv: Sequence[str], *, log: Path, text: str = "") -> None:
    """As the owner of the log's directory, and into the log, for a server keeps a pipe open.

    The small environment keeps the caller's secrets and PG* variables out of the server.
    """
    owner = log.parent.stat() if os.geteuid() == 0 else None
    try:
        with log.open("ab") as output:
            subprocess.run(
                argv,
                input=text.encode(),
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=log.parent,
                env=_ENVIRONMENT,
                user=owner and owner.st_uid,
                group=owner and owner.st_gid,
                extra_groups=owner and [owner.st_gid],
                timeout=_TIMEOUT,
                check=True,
            )
    except subprocess.SubprocessError as error:
        raise _failed(argv, error, log) from None


def _failed(argv: Sequence[str], error: subprocess.SubprocessError, log: Path) -> CpctlError:
    late = isinstance(error, subprocess.TimeoutExpired)
    lines = log.read_text(encoding="utf-8", errors="replace").split("\n")
    return CpctlError(
        f"`{argv[0]}` {f'took more than {_TIMEOUT} s' if late else 'failed'}",
        remedy="mend what the last lines of its log name, then run the same command again",
        details=tuple(line.strip() for line in lines if line.strip())[-_LAST_LINES:],
    )


def command_line(pid: int) -> str:
    """Nothing where no such process is alive."""
    if Path("/proc/self").is_dir():
        with suppress(FileNotFoundError, ProcessLookupError):
            return os.fsdecode(Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" "))
        return ""
    return _output(Path("/bin/ps"), "-ww", "-o", "command=", "-p", str(pid))
