"""`cpctl serve` that does not start: without a key, with the key itself, where it cannot listen."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from tests.integration.steps import document, job, untouched
from tests.servers import Database

KEY = "s3cret-41b7"
OPTIONS = {
    "no key": ((), "without a key anybody who reaches the port could pause jobs"),
    "no value": (("--api-key", "env:NOBODY"), "env:NOBODY has no value"),
    "the key itself": (("--api-key", KEY), "--api-key: this is no reference to a secret"),
    "both": (("--api-key", "env:K", "--insecure-no-auth"), "--insecure-no-auth: one of them"),
    "open to all": (("--insecure-no-auth", "--host", "0.0.0.0"), "0.0.0.0 is none"),  # noqa: S104
    "no time": (("--api-key", "env:K", "--timeout", "soon"), '--timeout "soon" is no time'),
    "time 0": (("--api-key", "env:K", "--timeout", "0s"), "--timeout 0s is not between a tenth"),
    "years": (("--api-key", "env:K", "--timeout", "9999999min"), "is not between a tenth"),
    "no address": (("--api-key", "env:K", "--host", "host.invalid"), "host.invalid:8000: cannot"),
    "no name": (("--api-key", "env:K", "--host", "x" * 64), "x:8000: cannot listen there"),
    "no port": (("--api-key", "env:K", "--port", "70000"), "70000 is not in the range"),
    "no file": (("--api-key", "env:K", "-f", "nothing.yaml"), "nothing.yaml"),
}


pytestmark = pytest.mark.parametrize("cluster", ["17"], indirect=True)


@pytest.fixture
def database(database: Database) -> Database:
    database.write(document(name="shop", jobs={"shop_a": job()}))
    database.environment["K"] = KEY
    return database


@pytest.mark.parametrize("name", OPTIONS)
def test_it_does_not_start(database: Database, name: str) -> None:
    options, said = OPTIONS[name]
    with untouched(database):
        done = database.cpctl("serve", *options)
    assert done.code == 1
    assert said in done.err
    assert "Remedy: " in done.err or name == "no port"
    assert KEY not in done.out + done.err


def test_a_port_that_is_taken(database: Database) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = database.cpctl("serve", "--api-key", "env:K", "--port", str(port))
    assert done.code == 1
    assert f"127.0.0.1:{port}: cannot listen there: Address already in use" in done.err


def test_without_the_extra_it_says_what_to_install(database: Database, tmp_path: Path) -> None:
    """As where only cpctl is installed: these packages are not found."""
    (tmp_path / "sitecustomize.py").write_text(
        "import importlib.util as found\n"
        "known = found.find_spec\n"
        "found.find_spec = lambda name: None if name in ('fastapi', 'uvicorn') else known(name)\n",
        encoding="utf-8",
    )
    more = {"PYTHONPATH": str(tmp_path)}
    done = database.cpctl("serve", "--api-key", "env:K", environment=more)
    assert done.code == 1
    assert done.err.splitlines() == [
        "Error: cpctl serve needs fastapi, uvicorn.",
        "Remedy: in the checkout that cpctl was installed from: pip install '.[serve]'",
    ]
