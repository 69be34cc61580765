"""`env:NAME`: an environment variable, or a line of --env-file; empty counts as unset."""

from __future__ import annotations

from cpctl.secrets.parts.around import Around

SCHEME = "env"
WAITS = False


def fetch(name: str, around: Around) -> str | None:
    return around.variables.get(name)
