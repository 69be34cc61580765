"""`cpctl serve`: the Scheduler Management API, until somebody stops it."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Annotated

import typer

from cpctl.cli.execute import parse_seconds
from cpctl.cli.options import (
    Common,
    DatabaseUrl,
    Debug,
    EnvFiles,
    Files,
    SecretsMode,
    SecretsOption,
    read_environment,
    read_task,
)
from cpctl.errors import CpctlError

_INSTALL = "in the checkout that cpctl was installed from: pip install '.[serve]'"
"""No name alone: an index may have another project under it."""

_SHORTEST, _LONGEST = 0.1, 86_400.0
"""Seconds that a call may be given."""

_NEEDED = ("fastapi", "fastapi_offline", "prometheus_client", "uvicorn")


def serve(
    file: Files = None,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="The port; 0 is any that is free.")
    ] = 8000,
    api_key: Annotated[
        str | None,
        typer.Option(
            metavar="REFERENCE", help="Where the key is: env:NAME, file:PATH, …; never the key."
        ),
    ] = None,
    insecure_no_auth: Annotated[
        bool, typer.Option("--insecure-no-auth", help="No key; on a loopback address only.")
    ] = False,
    timeout: Annotated[str, typer.Option(help="How long one call may take.")] = "30s",
    as_owner: Annotated[
        bool,
        typer.Option("--as-owner", help="Trigger other roles' jobs, too, in a session of yours."),
    ] = False,
    database_url: DatabaseUrl = None,
    env_file: EnvFiles = None,
    secrets: SecretsOption = None,
    debug: Debug = False,
) -> int:
    """Serve status, jobs, health, toggle and trigger over HTTP, and /metrics for Prometheus."""
    _check_installed()
    from cpctl.server.limits import is_loopback
    from cpctl.server.service import Limits
    from cpctl.server.serving import Listen, serve

    mode = (secrets or SecretsMode.auto).value
    common = Common(file, database_url, env_file, mode, None, quiet=False)
    if insecure_no_auth and not is_loopback(host):
        what = f"--insecure-no-auth is for loopback addresses, and {host} is none"
        raise CpctlError(what, remedy="--api-key env:NAME, or --host 127.0.0.1")
    key = _key(api_key, env_file, insecure=insecure_no_auth)
    limits = Limits(_seconds(timeout), as_owner)
    serve(read_task(common), common.server, Listen(host, port), limits, key)
    return 0


def _seconds(timeout: str) -> float:
    """Raises CpctlError where every call would fail, or none ever."""
    seconds = parse_seconds("--timeout", timeout)
    if not _SHORTEST <= seconds <= _LONGEST:
        what = f"--timeout {timeout} is not between a tenth of a second and a day"
        raise CpctlError(what, remedy="write 30s or 2min")
    return seconds


def _check_installed() -> None:
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        what = f"cpctl serve needs {', '.join(missing).replace('_', '-')}"
        raise CpctlError(what, remedy=_INSTALL)


def _key(reference: str | None, env_files: list[str] | None, *, insecure: bool) -> str | None:
    """The key; None where there shall be none. Raises CpctlError, which does not show it."""
    from cpctl.core.references import check_reference
    from cpctl.core.text import Wrong
    from cpctl.secrets import Secrets

    if reference is None:
        if insecure:
            return None
        what = "without a key anybody who reaches the port could pause jobs"
        raise CpctlError(what, remedy="--api-key env:NAME; to try it here: --insecure-no-auth")
    if insecure:
        raise CpctlError("--api-key and --insecure-no-auth: one of them", remedy="keep --api-key")
    try:
        check_reference(reference)
    except Wrong as wrong:
        remedy = "say where the key is: --api-key env:NAME, or file:PATH"
        raise CpctlError(wrong.what, where="--api-key", remedy=remedy) from None
    return Secrets(read_environment(env_files), "require").value(reference)
