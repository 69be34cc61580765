"""The two PostgreSQL releases that cpctl promises to work with, and where their files lie."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ground.steps import Failure

CACHE = Path(os.environ.get("CPCTL_CACHE") or "/var/cache/cpctl").absolute()
_FAKETIME = "usr/lib/*/faketime/libfaketime.so.1"


@dataclass(frozen=True)
class Release:
    """A PostgreSQL that lies under `root`: "/" for the host's own, else the folder of a chroot."""

    version: str
    port: int
    root: Path
    suite: str
    packages: Mapping[str, str]
    extensions: tuple[str, ...]

    def missing(self) -> list[str]:
        return [name for name, witness in self.packages.items() if not any(self.root.glob(witness))]

    def on_host(self, path: PurePosixPath) -> Path:
        return self.root / path.relative_to("/")

    def owner(self) -> tuple[int, int]:
        """A chroot's postgres has another uid than the host's."""
        for line in (self.root / "etc/passwd").read_text(encoding="utf-8").splitlines():
            name, _, uid, gid, *_ = line.split(":")
            if name == "postgres":
                return int(uid), int(gid)
        raise Failure(f"{self.root}/etc/passwd has no user postgres: reinstall postgresql-common")

    def command(
        self, program: str, *arguments: str, environment: Mapping[str, str] | None = None
    ) -> list[str]:
        """PostgreSQL refuses to run as root, so each of its programs runs as its own user."""
        uid, gid = self.owner()
        user = [f"--userspec={uid}:{gid}", f"--groups={gid}"]
        variables = [f"{name}={value}" for name, value in (environment or {}).items()]
        program = f"/usr/lib/postgresql/{self.version}/bin/{program}"
        return ["chroot", *user, str(self.root), "env", *variables, program, *arguments]

    def faketime(self, moment: str) -> dict[str, str]:
        """For a cluster whose clock starts at `moment`, such as "@2026-12-31 23:59:35"."""
        library = next(iter(self.root.glob(_FAKETIME))).relative_to(self.root)
        return {
            "LD_PRELOAD": f"/{library}",
            "FAKETIME": moment,
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }


def _packages(version: str, *extensions: str) -> dict[str, str]:
    found = {f"postgresql-{version}": f"usr/lib/postgresql/{version}/bin/postgres"}
    for name in extensions:
        package = f"postgresql-{version}-{name.removeprefix('pg_')}"
        found[package] = f"usr/share/postgresql/{version}/extension/{name}.control"
    return found | {"libfaketime": _FAKETIME}


def _release(version: str, port: int, root: Path, suite: str, *extensions: str) -> Release:
    return Release(version, port, root, suite, _packages(version, *extensions), extensions)


RELEASES = {
    "15": _release("15", 5595, Path("/"), "bookworm", "pg_cron"),
    "17": _release("17", 5597, CACHE / "trixie", "trixie", "pg_cron", "http"),
}
