"""Where secret values come from: one file here is one source (`env:`, `file:`, `command:` …)."""

from __future__ import annotations

import hashlib
import hmac
import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, partial
from importlib import import_module
from pkgutil import iter_modules
from typing import Final, Literal, NoReturn, Protocol, cast

from cpctl.core import verifier
from cpctl.core.references import absent, parted
from cpctl.core.resource import Sealed
from cpctl.errors import CpctlError, Fault
from cpctl.secrets.parts.around import LIMIT, Around, Ends

Mode = Literal["auto", "skip", "require"]

TIMEOUT: Final = "CPCTL_SECRETS_TIMEOUT"
"""The variable that says how many seconds one source may take."""

_SECONDS: Final = 10.0
_GRACE: Final = 1.0
"""Seconds more, for a source that ends what it has started itself."""

_SALT_LENGTH: Final = 16


class Source(Protocol):
    """One source. `fetch` answers None where there is no value; it raises CpctlError if broken.

    `WAITS`: it may take its time, so it is asked beside others.
    """

    SCHEME: str
    WAITS: bool

    def fetch(self, rest: str, around: Around) -> str | bytes | None: ...


@cache
def source(scheme: str) -> Source:
    """A source bears its scheme as its module's name, and is imported when it is first asked."""
    return cast("Source", import_module(f"{__name__}.{scheme}"))


def sources() -> Mapping[str, Source]:
    """Every source of this package by its scheme."""
    found = (source(module.name) for module in iter_modules(__path__) if not module.ispkg)
    return {one.SCHEME: one for one in found}


class _Fetched:
    """What a source said: a value, that there is none, or what is wrong with it.

    No tuple and no dataclass: those show what they hold.
    """

    __slots__ = ("fault", "value")

    def __init__(self, value: str | None = None, fault: Fault | None = None) -> None:
        self.value, self.fault = value, fault


class Secrets:
    """The secret values of one run: compared by keyed digest, handed out only to be written.

    `auto`: a reference without a value is not compared; `skip`: none is; `require`: an error.
    """

    def __init__(self, environment: Mapping[str, str], mode: Mode) -> None:
        self._environment = environment
        self._mode = mode
        self._key = os.urandom(32)
        self._fetched: dict[str, _Fetched] = {}
        self._hidden: frozenset[str] = frozenset()
        self._fits: dict[tuple[str, str], bool] = {}

    def __repr__(self) -> str:
        return "Secrets(sensitive)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("secrets are not serialised")

    def fetch(self, references: Iterable[str]) -> None:
        """Look up at once what will be compared; what fails is raised where it is asked for.

        Raises CpctlError where the time limit cannot be read.
        """
        wanted = [*dict.fromkeys(references)]
        variables = (parted(one) for one in wanted)
        self._hidden |= {name for scheme, name in variables if scheme == "env"}
        if self._mode != "skip":
            self._look_up([one for one in wanted if one not in self._fetched])

    def seal(self, value: str) -> Sealed:
        """The digest of a value that must not be shown; it means nothing outside this process."""
        return Sealed(hmac.new(self._key, value.encode(), hashlib.sha256).hexdigest())

    def sealed(self, reference: str) -> Sealed:
        """The digest of what a reference stands for; unknown where it has no value here.

        Raises CpctlError if every secret is required and this one has no value.
        """
        if self._mode == "skip":
            return Sealed(None)
        value = self._value(reference)
        if value is None and self._mode == "require":
            raise _missing(reference)
        return Sealed(None) if value is None else self.seal(value)

    def holds(self, reference: str, signs: str) -> bool:
        """Whether any of these characters is in the value; False where it is not known."""
        if self._mode == "skip":
            return False
        return not set(signs).isdisjoint(self._value(reference) or "")

    def fits(self, reference: str, kept: str) -> bool | None:
        """Whether a verifier was made of the value; None where there is no value here."""
        value = None if self._mode == "skip" else self._value(reference)
        if value is None:
            return None
        if (reference, kept) not in self._fits:
            self._fits[reference, kept] = verifier.fits(value, kept)
        return self._fits[reference, kept]

    def verifier(self, reference: str) -> str:
        """What is kept beside the value to know it again. Raises CpctlError where there is none."""
        return verifier.make(self.value(reference), os.urandom(_SALT_LENGTH))

    def value(self, reference: str) -> str:
        """The value itself, to be written. Raises CpctlError where there is none."""
        value = self._value(reference)
        if value is None:
            raise _missing(reference)
        return value

    def _value(self, reference: str) -> str | None:
        if reference not in self._fetched:
            self._look_up([reference])
        found = self._fetched[reference]
        if found.fault is not None:
            raise CpctlError(found.fault.what, remedy=found.fault.remedy)
        return found.value

    def _look_up(self, references: Sequence[str]) -> None:
        found: dict[str, _Fetched] = {}
        around = Around(self._environment, self._hidden, self._seconds(references), Ends())

        def look(reference: str) -> None:
            found[reference] = _fetch(reference, around)

        slow = [one for one in references if _waits(one)]
        for one in references:
            if one not in slow:
                look(one)
        if slow:
            _ask_all([partial(look, one) for one in slow], around)
        late = (one for one in slow if one not in found)
        self._fetched.update({one: _late(one, around.seconds) for one in late} | found)

    def _seconds(self, references: Sequence[str]) -> float:
        said = self._environment.get(TIMEOUT)
        if not said or not any(map(_waits, references)):
            return _SECONDS
        if not re.fullmatch(r"\d{1,4}(\.\d{1,3})?", said, re.ASCII) or not float(said):
            raise CpctlError(f"{TIMEOUT} is no number of seconds", remedy=f"{TIMEOUT}=60")
        return float(said)


def _ask_all(looks: Sequence[Callable[[], None]], around: Around) -> None:
    """Until all have answered or had their time; what they started has ended then."""
    from cpctl.secrets.parts.parallel import side_by_side

    try:
        side_by_side(looks, seconds=around.seconds + _GRACE)
    finally:
        around.ends.all()


def _waits(reference: str) -> bool:
    return source(parted(reference)[0]).WAITS


def _fetch(reference: str, around: Around) -> _Fetched:
    """One look-up; it raises nothing, for it runs where nobody would catch it."""
    scheme, rest = parted(reference)
    try:
        value = _text(reference, source(scheme).fetch(rest, around))
    except CpctlError as error:
        return _Fetched(fault=error.fault)
    except Exception as error:  # noqa: BLE001 - its own words may quote the value
        what = f"{reference} could not be read: {type(error).__name__} in cpctl itself"
        return _Fetched(fault=Fault(what, remedy="give the secret as env:NAME, and report this"))
    return _Fetched(value or None)


def _text(reference: str, found: str | bytes | None) -> str | None:
    """The value, if PostgreSQL can be given it. Raises CpctlError, which does not quote it.

    It is raised outside of any handler: the error of a decoder holds what it decoded.
    """
    data, text = b"", None
    remedy = "store the secret as text in UTF-8, or in base64"
    try:
        data = found.encode() if isinstance(found, str) else found or b""
        text = data.decode()
    except UnicodeError:
        pass
    if text is None:
        raise CpctlError(f"{reference} is not UTF-8 text", remedy=remedy)
    if "\0" in text:
        raise CpctlError(f"{reference} holds a NUL, which no text of PostgreSQL can", remedy=remedy)
    if len(data) > LIMIT:
        what = f"{reference} is larger than {LIMIT // 1024**2} MB"
        raise CpctlError(what, remedy="check that it names the secret alone")
    return None if found is None else text


def _late(reference: str, seconds: float) -> _Fetched:
    what = f"{reference} had no answer within {seconds:g} s"
    return _Fetched(fault=Fault(what, remedy=f"see what it waits for, or set {TIMEOUT}=60"))


def _missing(reference: str) -> CpctlError:
    return CpctlError(f"{reference} has no value", remedy=absent(reference))
