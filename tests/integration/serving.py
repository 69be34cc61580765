"""`cpctl serve` as a process of its own, and a client that has the key."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.servers import Database

KEY = "kéy-of-the-API-41b7"
PATH = "/functions/v1/scheduler"
PATIENCE = 20.0


def bearer(key: str = KEY) -> dict[bytes, bytes]:
    return {b"Authorization": f"Bearer {key}".encode()}


@dataclass
class Api:
    """One that is running. `log`: where its lines go."""

    url: str
    log: Path
    process: subprocess.Popen[bytes]
    client: httpx.Client = field(repr=False)

    def get(self, action: str) -> httpx.Response:
        return self.client.get(PATH, params={"action": action})

    def post(self, action: str, **parameters: str) -> httpx.Response:
        return self.client.post(PATH, params={"action": action, **parameters})

    def data(self, action: str) -> Any:
        """What a call tells that succeeds."""
        answer = self.get(action)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        assert list(body) == ["success", "data"]
        assert body["success"] is True
        return body["data"]

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.read_text("utf-8").splitlines()]

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Its exit code."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)


def problem(answer: httpx.Response, status: int) -> str:
    """What it says, having all fields of a problem in the guide's envelope."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    said = answer.json()
    assert list(said) == ["success", "type", "title", "status", "detail", "where", "remedy"]
    assert said["success"] is False
    assert said["status"] == status
    return ": ".join(filter(None, (said["where"], said["detail"]))) + f" -> {said['remedy']}"


@contextmanager
def serving(
    database: Database,
    *options: str,
    files: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
    user: str = "postgres",
) -> Iterator[Api]:
    """Serve the test's file; in the end it stops, with 0, as a service is stopped."""
    known = {
        "PATH": os.environ["PATH"],
        "HOME": str(database.folder),
        "CPCTL_DATABASE_URL": database.url(user),
        "API_KEY": KEY,
        **database.environment,
        **(environment or {}),
    }
    keyed = () if "--insecure-no-auth" in options else ("--api-key", "env:API_KEY")
    command = [sys.executable, "-m", "cpctl", "serve", "--port", "0", *keyed, *options, *files]
    log = database.folder / "serve.log"
    with log.open("wb") as lines:
        process = subprocess.Popen(
            command, cwd=database.folder, env=known, stdout=lines, stderr=lines
        )
    try:
        url = _url(process, log)
        headers = bearer() if keyed else {}
        with httpx.Client(
            base_url=url, headers=headers, timeout=PATIENCE, trust_env=False
        ) as client:
            yield Api(url, log, process, client)
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            assert process.wait(PATIENCE) == 0, log.read_text("utf-8")
    finally:
        process.kill()
        process.wait()


def _url(process: subprocess.Popen[bytes], log: Path) -> str:
    """Where it says that it listens."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        first = log.read_text("utf-8").partition("\n")[0]
        if first.endswith("}"):
            url: str = json.loads(first)["url"]
            return url
        time.sleep(0.02)
    raise AssertionError(log.read_text("utf-8"))
