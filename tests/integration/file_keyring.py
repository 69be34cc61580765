"""A keyring whose passwords stand in a file: what a test can fill without a desktop.

It is copied beside the test's file, where `PYTHON_KEYRING_BACKEND` finds it.
"""

from __future__ import annotations

import json
from pathlib import Path

from keyring.backend import KeyringBackend


class Keyring(KeyringBackend):
    priority = 1

    def get_password(self, service: str, username: str) -> str | None:
        known = json.loads(Path("keyring.json").read_text(encoding="utf-8"))
        password = known.get(service, {}).get(username)
        return None if password is None else str(password)

    def set_password(self, service: str, username: str, password: str) -> None:
        raise NotImplementedError


class Broken(Keyring):
    """It quotes what it should keep."""

    def get_password(self, service: str, username: str) -> str | None:
        raise ValueError(super().get_password(service, username))
