"""The API does what its OpenAPI description says: called as that allows, and as it does not."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import httpx
import pytest

from tests.integration.remembering import applied
from tests.integration.serving import serving
from tests.integration.steps import document, job
from tests.servers import Database

pytestmark = pytest.mark.parametrize("cluster", ["17"], indirect=True)
KEY = "as-all-clients-can-send-it"
EXAMPLES = 30
LEAST = 100
"""Calls that are made at the least."""


def test_schemathesis_finds_nothing(database: Database) -> None:
    """Its examples name the job that is there: some calls pause it, resume it and run it."""
    applied(database, document(jobs={"content_pipeline_main": job()}))
    with serving(database, environment={"API_KEY": KEY}) as api:
        done = subprocess.run(
            [
                Path(sys.executable).with_name("st"), "run", f"{api.url}/openapi.json",
                "--header", f"Authorization: Bearer {KEY}", "--checks", "all", "--seed", "1",
                "--max-examples", str(EXAMPLES), "--no-color",
            ],
            cwd=database.folder, capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip
        print(done.stdout)
        assert done.returncode == 0
        assert "No issues found" in done.stdout
        ((generated, passed),) = re.findall(r"(\d+) generated, (\d+) passed", done.stdout)
        assert generated == passed
        assert int(passed) >= LEAST
        calls = [line for line in api.lines() if line["event"] == "request"]
    counted = Counter((line["action"], line["status"]) for line in calls)
    print(counted)
    for action in ("status", "jobs", "health", "toggle", "trigger"):
        assert counted[action, 200], action
    assert sum(number for (_, status), number in counted.items() if status == 401) >= 2
    assert not [line for line in calls if line["status"] >= 500]


def test_it_can_be_read_without_a_key_and_without_the_internet(database: Database) -> None:
    database.write(document(jobs={"a": job()}))
    with serving(database) as api, httpx.Client(base_url=api.url, trust_env=False) as client:
        page = client.get("/", follow_redirects=True)
        assert str(page.url).endswith("/docs")
        links = re.findall(r'(?:src|href)="([^"]+)"', page.text)
        assert len(links) >= 3
        for link in links:
            assert link.startswith("/"), link
            assert client.get(link).status_code == 200
        described = client.get("/openapi.json").json()
    assert described["openapi"].startswith("3.1")
    assert " ".join(described["paths"]) == "/functions/v1/scheduler /healthz /readyz /metrics"
