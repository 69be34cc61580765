"""Gives a machine the PostgreSQL servers that the tests and the demo need.

    python3 tools/servers.py start [15|17|all]    install what is missing, then run it
    python3 tools/servers.py url 17               where to connect

15 is Debian 12's own PostgreSQL with pg_cron 1.4; 17, with pg_cron 1.6 and http, lives in a
chroot under ${CPCTL_CACHE:-/var/cache/cpctl}. Their data are for throwing away. A second set of
servers beside the first, for a second checkout: CPCTL_SERVER_SET=name.
"""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from ground import RELEASES, Cluster, Failure, provide
from ground.cluster import SET
from ground.steps import held, run, step


def _start(cluster: Cluster, options: argparse.Namespace) -> None:
    provide(cluster.release)
    _require_root()
    with _lock(cluster):
        if cluster.answers() and not options.fresh:
            return
        how = "start with its data" if options.keep else "initdb and start"
        with step(f"{cluster.label}: {how}"):
            if options.keep:
                cluster.start()
            else:
                cluster.fresh()


def _stop(cluster: Cluster, _options: argparse.Namespace) -> None:
    """Throw-away clusters that a killed test run left behind stop with the standing one."""
    _require_root()
    for found in _existing(cluster.version):
        if found.pid():
            with _lock(found), step(f"{found.label}: stop"):
                found.stop()


def _purge(cluster: Cluster, options: argparse.Namespace) -> None:
    _stop(cluster, options)
    for found in _existing(cluster.version):
        found.remove()
    root = cluster.release.root
    if root != Path("/") and root.exists():
        if others := {home.parent.name for home in root.glob("var/lib/cpctl/*/*")}:
            names = ", ".join(sorted(others))
            raise Failure(f"{root} has clusters of CPCTL_SERVER_SET {names}: purge them first")
        with step(f"{cluster.version}: rm -r {root}"):
            run(["rm", "-rf", "--one-file-system", str(root)])


def _status(cluster: Cluster, _options: argparse.Namespace) -> None:
    installed = "not installed" if cluster.release.missing() else "installed"
    running = f"running at {cluster.url()}" if cluster.answers() else "stopped"
    print(f"{cluster.label}: {installed}, {running}")


def _psql(cluster: Cluster, options: argparse.Namespace) -> None:
    _require_root()
    argv = cluster.psql(*options.arguments)
    os.execvp(argv[0], argv)  # noqa: S606


def _require_root() -> None:
    if os.geteuid() != 0:
        raise Failure("run this as root: PostgreSQL is started as its own user, in a chroot for 17")


def _lock(cluster: Cluster) -> AbstractContextManager[None]:
    return held(Path(f"/run/cpctl/{SET}-{cluster.label}.lock"))


def _existing(version: str) -> list[Cluster]:
    homes = RELEASES[version].root.glob(f"var/lib/cpctl/{SET}/{version}*")
    return [Cluster(version, home.name.partition("-")[2]) for home in homes]


_VERBS: dict[str, tuple[str, Callable[[Cluster, argparse.Namespace], None]]] = {
    "provide": ("install what is missing", lambda cluster, _: provide(cluster.release)),
    "start": ("install, and run with empty data unless it runs already", _start),
    "stop": ("stop, throw-away clusters of killed tests too", _stop),
    "status": ("say what is installed and running", _status),
    "url": ("print the URL to connect to", lambda cluster, _: print(cluster.url())),
    "log": ("print the path of the server's log", lambda cluster, _: print(cluster.log)),
    "psql": ("run the release's own psql with the arguments after --", _psql),
    "purge": ("stop, then remove data and chroot", _purge),
}


def _options(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="servers.py", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    for verb, (purpose, _) in _VERBS.items():
        command = verbs.add_parser(verb, help=purpose, description=purpose)
        if verb == "psql":
            command.add_argument("server", choices=[*RELEASES])
            command.add_argument("arguments", nargs=argparse.REMAINDER)
            continue
        command.add_argument("server", choices=[*RELEASES, "all"], nargs="?", default="all")
        if verb == "start":
            data = command.add_mutually_exclusive_group()
            data.add_argument("--fresh", action="store_true", help="empty it even if it runs")
            data.add_argument("--keep", action="store_true", help="with the data it stopped with")
    return parser.parse_args(argv)


def main(argv: Sequence[str]) -> int:
    options = _options(argv)
    os.umask(0o022)
    try:
        for version in RELEASES if options.server == "all" else [options.server]:
            _VERBS[options.verb][1](Cluster(version), options)
    except (Failure, OSError) as failure:
        print(f"servers: {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
