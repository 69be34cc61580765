"""The process: a socket, an event loop, and an end that waits for what is under way."""

from __future__ import annotations

import gc
import logging
import resource
import socket
from contextlib import suppress
from math import ceil
from typing import Final, NamedTuple

import uvicorn

from cpctl.errors import CpctlError
from cpctl.postgres.connect import Server
from cpctl.scene import Task
from cpctl.server.app import application
from cpctl.server.key import Key
from cpctl.server.limits import Impatient
from cpctl.server.logs import note, to_stderr
from cpctl.server.metrics import Metrics
from cpctl.server.service import Limits, Service

BACKLOG: Final = 1024


class Listen(NamedTuple):
    """Where to listen. Port 0: any that is free."""

    host: str
    port: int


def serve(task: Task, server: Server, listen: Listen, limits: Limits, key: str | None) -> None:
    """Answer until somebody stops it. Raises CpctlError where it cannot listen."""
    bound = _bound(listen)
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # one for each caller
    gc.enable()  # the command line does without: it lives for a second
    to_stderr()
    lock = None if key is None else Key(key)
    metrics = Metrics()
    app = application(lambda: Service(task, server, limits, metrics), lock, metrics.answered)
    config = uvicorn.Config(
        app,
        http=Impatient,
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=ceil(limits.seconds) + 1,
    )
    host, port = bound.getsockname()[:2]
    url = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    facts = {"url": url, "docs": f"{url}/docs", "file": task.document.files[0]}
    note("serving", logging.INFO if key else logging.WARNING, **facts, key=key is not None)
    with bound, suppress(KeyboardInterrupt):
        uvicorn.Server(config).run(sockets=[bound])
    note("stopped")


def _bound(listen: Listen) -> socket.socket:
    """Raises CpctlError.

    Not by create_server: asyncio turns Nagle's algorithm off only where a socket names TCP, and
    answers would wait 40 ms for the client's acknowledgement.
    """
    bound = None
    try:
        found = socket.getaddrinfo(*listen, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, _, _, address = found[0]
        bound = socket.socket(family, kind, socket.IPPROTO_TCP)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
        bound.listen(BACKLOG)
    except (OSError, OverflowError, UnicodeError) as error:
        what = f"cannot listen there: {getattr(error, 'strerror', None) or error}"
        where = f"{listen.host}:{listen.port}"
        if bound is not None:
            bound.close()
        raise CpctlError(what, where=where, remedy="another --host or --port") from None
    return bound
