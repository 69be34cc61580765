"""Where secret values come from: one file here is one source (`env:`, `file:`)."""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Literal, NoReturn, Protocol, cast

from cpctl.core import verifier
from cpctl.core.resource import Sealed
from cpctl.errors import CpctlError

Mode = Literal["auto", "skip", "require"]


class Source(Protocol):
    """One source. `fetch` answers None where there is no value; it raises CpctlError if broken."""

    SCHEME: str

    def fetch(self, rest: str, environment: Mapping[str, str]) -> str | None: ...


@cache
def sources() -> Mapping[str, Source]:
    """Every source of this package by its scheme."""
    found = (cast("Source", import_module(f"{__name__}.{m.name}")) for m in iter_modules(__path__))
    return {source.SCHEME: source for source in found}


class Secrets:
    """The secret values of one run: compared by keyed digest, handed out only to be written.

    `auto`: a reference without a value is not compared; `skip`: none is; `require`: an error.
    """

    def __init__(self, environment: Mapping[str, str], mode: Mode) -> None:
        self._environment = environment
        self._mode = mode
        self._key = os.urandom(32)
        self._values: dict[str, str | None] = {}

    def __repr__(self) -> str:
        return "Secrets(sensitive)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("secrets are not serialised")

    def seal(self, value: str) -> Sealed:
        """The digest of a value that must not be shown; it means nothing outside this process."""
        return Sealed(hmac.new(self._key, value.encode(), hashlib.sha256).hexdigest())

    def sealed(self, reference: str) -> Sealed:
        """The digest of what a reference stands for; unknown where it has no value here.

        Raises CpctlError if every secret is required and this one has no value.
        """
        if self._mode == "skip":
            return Sealed(None)
        value = self._fetch(reference)
        if value is None and self._mode == "require":
            raise _missing(reference)
        return Sealed(None) if value is None else self.seal(value)

    def holds(self, reference: str, signs: str) -> bool:
        """Whether the value has any of these characters, which not every place can take."""
        if self._mode == "skip":
            return False
        return bool(set(self._fetch(reference) or "") & set(signs))

    def verifier(self, reference: str) -> str:
        """What the value can be recognised by, to be kept beside it. Raises CpctlError."""
        return verifier.make(self.value(reference), os.urandom(16))

    def fits(self, reference: str, kept: str) -> bool | None:
        """Whether a verifier was made of the value; None where there is none to compare."""
        value = None if self._mode == "skip" else self._fetch(reference)
        return None if value is None else verifier.fits(value, kept)

    def value(self, reference: str) -> str:
        """The value itself, to be written. Raises CpctlError where there is none."""
        value = self._fetch(reference)
        if value is None:
            raise _missing(reference)
        return value

    def _fetch(self, reference: str) -> str | None:
        if reference not in self._values:
            scheme, _, rest = reference.partition(":")
            value = sources()[scheme].fetch(rest, self._environment)
            self._values[reference] = _utf8(reference, value) or None
        return self._values[reference]


def _utf8(reference: str, value: str | None) -> str | None:
    """The value, if PostgreSQL can be given it. Raises CpctlError, which does not quote it."""
    try:
        (value or "").encode()
    except UnicodeEncodeError:
        remedy = "store the secret as UTF-8 text"
        raise CpctlError(f"{reference} holds bytes that are not UTF-8", remedy=remedy) from None
    return value


def _missing(reference: str) -> CpctlError:
    if reference.startswith("env:"):
        remedy = "set it, or --env-file FILE (empty counts as unset)"
    else:
        remedy = "put the secret there (empty counts as absent)"
    return CpctlError(f"{reference} has no value", remedy=remedy)
