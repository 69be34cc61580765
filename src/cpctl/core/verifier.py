"""What a value can be recognised by where nobody may read it: a salted scrypt, kept beside it.

It protects long random keys: whoever may read the verifier can try guesses, some twenty a second
on each core, and a short or guessable value falls to that.
"""

from __future__ import annotations

import hashlib
import hmac
import re

_N, _R, _P = 16384, 8, 1
_SCRYPT = r"scrypt\$(\d{1,9})\$(\d{1,3})\$(\d{1,3})\$([0-9a-f]{2,128})\$([0-9a-f]{128})"
"""Compiled when it is used: most plans have none."""
_PLAIN = "sha256$"
_MEMORY = 64 * 1024 * 1024
"""Bytes, at the most: a verifier that asks for more was not made here."""


def make(value: str, salt: bytes) -> str:
    """`scrypt$n$r$p$salt$hash` of a secret; salt and hash in hex."""
    return f"scrypt${_N}${_R}${_P}${salt.hex()}${_hashed(value, salt, _N, _R, _P).hex()}"


def plain(value: str) -> str:
    """`sha256$hash` of a value that is no secret, so that equal values have equal ones."""
    return _PLAIN + hashlib.sha256(value.encode()).hexdigest()


def fits(value: str, verifier: str) -> bool:
    """Whether the verifier was made of this value; of an unknown format, none was."""
    if verifier.startswith(_PLAIN):
        return hmac.compare_digest(plain(value).encode(), verifier.encode())
    found = re.fullmatch(_SCRYPT, verifier)
    if found is None:
        return False
    n, r, p = int(found[1]), int(found[2]), int(found[3])
    if 128 * n * r * p > _MEMORY:
        return False
    try:
        made = _hashed(value, bytes.fromhex(found[4]), n, r, p)
    except ValueError:
        return False
    return hmac.compare_digest(made.hex().encode(), found[5].encode())


def _hashed(value: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    return hashlib.scrypt(value.encode(), salt=salt, n=n, r=r, p=p, maxmem=2 * _MEMORY)
