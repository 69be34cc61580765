"""Edge functions as the network has them: an HTTP server on loopback, with a behaviour per path."""

from __future__ import annotations

import json
import socket
import ssl
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self


@dataclass(frozen=True)
class Request:
    """What arrived."""

    method: str
    path: str
    bearer: str | None
    content_type: str | None
    body: Any


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def setup(self) -> None:
        time.sleep(self.server.delay)  # a handshake of TLS waits for this, too
        super().setup()

    def do_POST(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        body = self.rfile.read(length)
        request = Request(
            self.command,
            self.path,
            self.headers.get("authorization"),
            self.headers.get("content-type"),
            json.loads(body) if body else None,
        )
        self.server.seen.append(request)
        self.server.behaviours.get(self.path.partition("?")[0], answer(404, "not here"))(self)

    def do_GET(self) -> None:
        """What a redirect may make of a POST."""
        self.do_POST()

    def do_OPTIONS(self) -> None:
        """What only asks."""
        self.do_POST()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class's name
        """Say nothing."""


Behaviour = Callable[[_Handler], None]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.seen: list[Request] = []
        self.behaviours: dict[str, Behaviour] = {}
        self.delay = 0.0

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that has given up is what many of these tests are about."""


class EdgeServer:
    """Runs while the block does; `behaviours` may change at any time."""

    def __init__(self, certificate: Path | None = None, delay: float = 0) -> None:
        self._server = _Server()
        self._server.delay = delay
        self._scheme = "http"
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self._server.socket = context.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
            self._scheme = "https"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def seen(self) -> list[Request]:
        return self._server.seen

    @property
    def behaviours(self) -> dict[str, Behaviour]:
        return self._server.behaviours

    def url(self, path: str) -> str:
        return f"{self._scheme}://127.0.0.1:{self._server.server_port}{path}"


def answer(
    status: int,
    body: object = b"",
    content_type: str | None = "application/json",
    after: float = 0,
    **headers: str,
) -> Behaviour:
    """`body`: bytes and str as they are, anything else as JSON."""
    data = body if isinstance(body, bytes) else str(body).encode()
    if not isinstance(body, bytes | str):
        data = json.dumps(body).encode()

    def behave(handler: _Handler) -> None:
        time.sleep(after)
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        if content_type:
            handler.send_header("content-type", content_type)
        handler.send_header("content-length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)

    return behave


def trickle(seconds: float) -> Behaviour:
    """An answer that begins at once and never ends: one byte at a time."""

    def behave(handler: _Handler) -> None:
        handler.send_response(200)
        handler.end_headers()
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            handler.wfile.write(b" ")
            time.sleep(0.05)

    return behave


def reset(handler: _Handler) -> None:
    """RST instead of an answer."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()


def echo(handler: _Handler) -> None:
    """An error page that repeats the request's headers, as debugging pages do."""
    answer(500, str(handler.headers), "text/plain")(handler)


def self_signed(folder: Path, name: str = "server") -> Path:
    """A certificate that nobody trusts, with its key, in one file."""
    path = folder / f"{name}.pem"
    key = folder / f"{name}.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1",
         "-keyout", key, "-out", path],
        check=True,
        capture_output=True,
    )  # fmt: skip
    path.write_bytes(path.read_bytes() + key.read_bytes())
    return path


@contextmanager
def trusting(bundle: Path, certificate: Path) -> Iterator[None]:
    """curl's list of authorities with one more in it, for as long as the block runs."""
    before = bundle.read_text(encoding="ascii") if bundle.exists() else None
    bundle.parent.mkdir(parents=True, exist_ok=True)
    own = certificate.read_text(encoding="ascii").partition("-----BEGIN PRIVATE")[0]
    bundle.write_text((before or "") + own, encoding="ascii")
    try:
        yield
    finally:
        if before is None:
            bundle.unlink()
        else:
            bundle.write_text(before, encoding="ascii")


@contextmanager
def deaf(*, accepting: bool) -> Iterator[int]:
    """A port whose owner never says a word; or one that takes no connection at all."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(16 if accepting else 0)
        for _ in range(0 if accepting else 4):
            caller = stack.enter_context(socket.socket())
            caller.setblocking(False)  # noqa: FBT003  socket's own signature
            caller.connect_ex(listener.getsockname())
        yield int(listener.getsockname()[1])


def refused_port() -> int:
    """A port of loopback on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
