"""What a look at a running scheduler found: one way to say it for every check."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

from cpctl.core.plan import Target
from cpctl.core.resource import Address

Level = Literal["fail", "warn"]
Result = Literal["good", "warn", "fail", "unknown"]


class Diagnosis(NamedTuple):
    """One thing that is wrong. `code` is stable; `place`: file:line; `remedy` can be pasted."""

    code: str
    level: Level
    what: str
    address: Address | None = None
    why: str = ""
    remedy: str = ""
    place: str = ""

    @property
    def said(self) -> str:
        """`job.nightly calls f(), which does not exist`."""
        return f"{self.address} {self.what}" if self.address else self.what


class Unknown(NamedTuple):
    """What a check could not look at, and why."""

    why: str


Found = Iterable[Diagnosis | Unknown]


class Checked(NamedTuple):
    """One check: what it asks, what it found, and what it could not look at."""

    code: str
    asks: str
    found: tuple[Diagnosis, ...]
    unknown: tuple[str, ...] = ()

    @property
    def result(self) -> Result:
        """The worst of it; what was not seen is never good."""
        levels = {diagnosis.level for diagnosis in self.found}
        if levels:
            return "fail" if "fail" in levels else "warn"
        return "unknown" if self.unknown else "good"


class Report(NamedTuple):
    """Every check, in order. `as_of`: the database's clock, ISO 8601."""

    name: str
    target: Target
    superuser: bool
    as_of: str
    checks: tuple[Checked, ...]

    @property
    def well(self) -> bool:
        return not any(check.found for check in self.checks)
