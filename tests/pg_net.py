"""pg_net where no server has it: a stand-in for its SQL, and a worker that sends for real."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg

from tests.servers import Database

_STAND_IN = Path(__file__).with_name("pg_net.sql").read_bytes()
_TAKE = (
    "delete from net.http_request_queue "
    "returning id, url, headers, convert_from(body, 'UTF8'), timeout_milliseconds"
)
_KEEP = (
    "insert into net._http_response "
    "(id, status_code, content_type, headers, content, timed_out, error_msg, created) "
    "values (%s, %s, %s, %s, %s, %s, %s, clock_timestamp())"
)


@contextmanager
def standing_in(database: Database) -> Iterator[None]:
    """With a worker, as long as the block runs."""
    _remove(database)
    database.admin.execute(_STAND_IN)
    ended = threading.Event()
    worker = threading.Thread(target=_work, args=(database.url(), ended))
    worker.start()
    try:
        yield
    finally:
        ended.set()
        worker.join()
        _remove(database)


def _remove(database: Database) -> None:
    database.run("drop schema if exists net cascade")
    database.run("set allow_system_table_mods = on")
    database.run("delete from pg_extension where extname = 'pg_net'")
    database.run("reset allow_system_table_mods")


def _work(url: str, ended: threading.Event) -> None:
    with psycopg.connect(url, autocommit=True) as session:
        while not ended.wait(0.01):
            for request, *call in session.execute(_TAKE).fetchall():
                session.execute(_KEEP, (request, *_send(*call)))


def _send(url: str, headers: dict[str, str], body: str, timeout: int) -> tuple[Any, ...]:
    parts = urlsplit(url)
    with closing(http.client.HTTPConnection(parts.netloc, timeout=timeout / 1000)) as connection:
        try:
            connection.request(
                "POST",
                f"{parts.path}{f'?{parts.query}' if parts.query else ''}",
                body.encode(),
                headers,
            )
            with connection.getresponse() as answer:
                content = answer.read().decode(errors="replace").replace("\0", "")
                kind = answer.headers.get("content-type")
                shown = json.dumps(dict(answer.headers))
                return answer.status, kind, shown, content, False, None
        except TimeoutError:
            return None, None, None, None, True, f"Timeout of {timeout} ms reached."
        except ConnectionRefusedError:
            return None, None, None, None, None, "Couldn't connect to server"
        except (ConnectionError, http.client.HTTPException):
            return None, None, None, None, None, "Failure when receiving data from the peer"
        except OSError:
            return None, None, None, None, None, "Couldn't resolve host name"
