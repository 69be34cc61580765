"""Whether the URLs lead anywhere: names are resolved, and with --probe each URL is asked once.

OPTIONS without a key: it asks what a URL can do, and is no order to do it.
"""

from __future__ import annotations

import http.client
import socket
import time
from collections.abc import Mapping, Sequence
from threading import Thread
from urllib.parse import urlsplit

from cpctl.operate.doctor.case import Reached

PATIENCE = 5.0
"""Seconds for all of them together; who is not done by then counts as silent."""

_SILENT = f"no answer within {PATIENCE:.0f} s"


def reach(urls: Sequence[str], *, probe: bool) -> Mapping[str, Reached]:
    """What came of each, all at once. A look-up cannot be broken off, so nobody waits for it."""
    silent = Reached(refused=_SILENT) if probe else Reached(unresolved=_SILENT)
    found: dict[str, Reached] = {}

    def one(url: str) -> None:
        found[url] = _one(url, probe=probe)

    workers = [Thread(target=one, args=(url,), daemon=True) for url in urls]
    deadline = time.monotonic() + PATIENCE
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(max(0.0, deadline - time.monotonic()))
    seen = dict(found)
    return {url: seen.get(url, silent) for url in urls}


def _one(url: str, *, probe: bool) -> Reached:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
        socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except ValueError:
        return Reached(unresolved="its host or port cannot be read")
    except OSError as error:
        return Reached(unresolved=error.strerror or type(error).__name__)
    return _asked(url, host, port) if probe else Reached()


def _asked(url: str, host: str, port: int) -> Reached:
    secure = url.lower().startswith("https")
    kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    connection = kind(host, port, timeout=PATIENCE)
    parts = urlsplit(url)
    try:
        connection.request(
            "OPTIONS", f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
        )
        return Reached(status=connection.getresponse().status)
    except (OSError, ValueError, http.client.HTTPException) as error:
        said = getattr(error, "strerror", None) or type(error).__name__
        return Reached(refused=str(said))
    finally:
        connection.close()
