"""`env:NAME`: an environment variable, or a line of --env-file; empty counts as unset."""

from __future__ import annotations

from collections.abc import Mapping

SCHEME = "env"


def fetch(name: str, environment: Mapping[str, str]) -> str | None:
    return environment.get(name)
