"""PgBouncer in transaction mode in front of a cluster, for as long as a test needs it."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ground.cluster import Cluster
from ground.configuration import free_port
from ground.install import apt_install
from ground.releases import CACHE, RELEASES
from ground.steps import Failure, held

PROGRAM = Path("/usr/sbin/pgbouncer")
PATIENCE = 10.0
"""Seconds for it to listen."""

_CONFIGURATION = """\
[databases]
* = host={cluster.socket_directory} port={cluster.port}

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = trust
auth_file = {folder}/users
pool_mode = transaction
default_pool_size = {size}
logfile = {folder}/log
pidfile = {folder}/pid
"""


@contextmanager
def pooler(cluster: Cluster, size: int = 4) -> Iterator[str]:
    """The URL of its loopback port. It runs as PostgreSQL's own user, with its files in /tmp."""
    with held(CACHE / "pgbouncer.lock"):
        if not PROGRAM.exists():
            apt_install("pgbouncer")
    folder = Path(tempfile.mkdtemp(prefix="cpctl-pgbouncer-"))
    port = free_port(0)
    text = _CONFIGURATION.format(cluster=cluster, port=port, folder=folder, size=size)
    (folder / "pgbouncer.ini").write_text(text, encoding="utf-8")
    (folder / "users").write_text('"postgres" ""\n', encoding="utf-8")
    uid, gid = RELEASES["15"].owner()
    os.chown(folder, uid, gid)
    user = ["chroot", f"--userspec={uid}:{gid}", f"--groups={gid}", "/"]
    process = subprocess.Popen([*user, str(PROGRAM), "-q", str(folder / "pgbouncer.ini")])
    try:
        _wait(process, folder / "log", port)
        yield f"postgresql://postgres@127.0.0.1:{port}/postgres"
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(folder)


def _wait(process: "subprocess.Popen[bytes]", log: Path, port: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < deadline:
        if log.exists() and f"listening on 127.0.0.1:{port}" in log.read_text(encoding="utf-8"):
            return
        time.sleep(0.02)
    said = log.read_text(encoding="utf-8") if log.exists() else "it wrote no log"
    raise Failure(f"pgbouncer does not listen: {said}")
