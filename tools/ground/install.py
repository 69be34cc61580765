"""A machine gets its PostgreSQL once; every later run finds it there and does nothing."""

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from ground.releases import CACHE, Release
from ground.steps import Failure, held, run, step

_HOST = Path("/")
_REFUSE_SERVICES = "#!/bin/sh\nexit 101\n"


def provide(release: Release) -> None:
    if not release.missing():
        return
    _require_root_on_debian(release)
    with held(CACHE / "lock"):
        try:
            _complete(release)
        except Failure as failure:
            raise Failure(f"{failure}\n{_by_hand(release)}") from None


def _complete(release: Release) -> None:
    if not release.root.exists():
        _build(release)
    elif packages := release.missing():
        with step(f"{release.version}: apt-get install {' '.join(packages)}"):
            _install(release.root, packages)


def apt_install(*packages: str) -> None:
    """The host's own packages, such as debootstrap or the venv module."""
    with step(f"apt-get install {' '.join(packages)}"):
        _install(_HOST, packages)


def _by_hand(release: Release) -> str:
    where = "" if release.root == _HOST else f" of Debian {release.suite} under {release.root}"
    return f"To install by hand: {' '.join(release.packages)}{where}"


def _require_root_on_debian(release: Release) -> None:
    wanted = f"PostgreSQL {release.version} with pg_cron is missing"
    if shutil.which("apt-get") is None:
        raise Failure(f"{wanted}, and this is not Debian.\n{_by_hand(release)}")
    if os.geteuid() != 0:
        raise Failure(f"{wanted}: run this as root.\n{_by_hand(release)}")


def _build(release: Release) -> None:
    """Under a temporary name until it is whole, so that a killed run leaves nothing half done."""
    partial = release.root.with_name(f"{release.root.name}.partial")
    _remove(partial)
    if shutil.which("debootstrap", path="/usr/sbin:/usr/bin") is None:
        apt_install("debootstrap")
    try:
        _fill(partial, release)
    except BaseException:
        _remove(partial)
        raise
    partial.rename(release.root)


def _fill(root: Path, release: Release) -> None:
    with step(f"{release.version}: debootstrap {release.suite} to {release.root}"):
        run(["debootstrap", "--variant=minbase", release.suite, str(root)])
    policy = root / "usr/sbin/policy-rc.d"
    policy.write_text(_REFUSE_SERVICES, encoding="utf-8")
    policy.chmod(0o755)
    with step(f"{release.version}: apt-get install {' '.join(release.packages)} there"):
        _install(root, list(release.packages))
        run([*_inside(root), "apt-get", "clean"])


def _remove(root: Path) -> None:
    run(["rm", "-rf", "--one-file-system", str(root)])


def _inside(root: Path) -> list[str]:
    return [] if root == _HOST else ["chroot", str(root)]


def _install(root: Path, packages: Sequence[str]) -> None:
    """The package lists are fetched only where those at hand do not suffice."""
    apt = [*_inside(root), "apt-get", "-qq", "-y", "-o", "DPkg::Lock::Timeout=300"]
    install = [*apt, "install", "--no-install-recommends", *packages]
    with _no_cluster_of_debian(root):
        try:
            run(install)
        except Failure:
            with suppress(Failure):  # of a third party's list: the install after it decides
                run([*apt, "update"])
            run(install)


@contextmanager
def _no_cluster_of_debian(root: Path) -> Iterator[None]:
    """Installing a server would create and start a cluster on port 5432: nobody asked for that.

    Nor for a PgBouncer on port 6432.
    """
    folder = root / "etc/postgresql-common/createcluster.d"
    folder.mkdir(parents=True, exist_ok=True)
    policy = root / "usr/sbin/policy-rc.d"
    ours = {folder / "cpctl.conf": "create_main_cluster = false\n", policy: _REFUSE_SERVICES}
    made = [path for path in ours if not path.exists()]
    for path in made:
        path.write_text(ours[path], encoding="utf-8")
        path.chmod(0o755)
    try:
        yield
    finally:
        for path in made:
            path.unlink()
