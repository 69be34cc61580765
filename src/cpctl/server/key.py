"""Who may call: whoever has the key. Whatever is sent, comparing it takes the same time."""

from __future__ import annotations

import hashlib
import hmac
import os
from typing import Annotated, NoReturn

from fastapi import Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from cpctl.server.problems import Unauthorized

Sent = Annotated[
    HTTPAuthorizationCredentials | None,
    Security(HTTPBearer(auto_error=False, description="The key of `cpctl serve --api-key`.")),
]


class Key:
    """The API key, of which only a keyed digest is kept."""

    __slots__ = ("_digest", "_salt")

    def __init__(self, text: str) -> None:
        self._salt = os.urandom(32)
        self._digest = self._digest_of(text.encode())

    def __repr__(self) -> str:
        return "Key(sensitive)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a key is not serialised")

    def opens(self, sent: bytes) -> bool:
        return hmac.compare_digest(self._digest_of(sent), self._digest)

    def _digest_of(self, text: bytes) -> bytes:
        return hmac.digest(self._salt, text, hashlib.sha256)


async def authorized(request: Request, sent: Sent) -> None:
    """Raises Unauthorized. Headers are read as Latin-1, so that no byte of a key is lost."""
    key: Key | None = request.app.state.key
    credentials = sent.credentials if sent else ""
    if key is not None and not key.opens(credentials.encode("latin-1")):
        raise Unauthorized(
            "the key is missing or wrong. Nothing was done",
            remedy="send the header Authorization: Bearer KEY",
        )
