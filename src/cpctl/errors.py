"""Every failure a user can meet: an exit code, a place, and a remedy.

The exit codes are a contract (docs/exit-codes.md); nothing else in the package chooses one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

STOPS = (".", ":", "?", "?)", ".)")
"""After these a sentence needs no full stop."""


class Place(NamedTuple):
    """Where in an input something stands; lines and columns count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: where (a Place, an address, or nothing), what, and what to do."""

    what: str
    where: str = ""
    remedy: str = ""

    def __str__(self) -> str:
        where = f"{self.where}: " if self.where else ""
        remedy = f" Remedy: {self.remedy}" if self.remedy else ""
        stop = "" if self.what.endswith(STOPS) or not remedy else "."
        return f"{where}{self.what}{stop}{remedy}"


class CpctlError(Exception):
    """A failure with words for the user; its subclasses only choose the exit code.

    `details` are indented lines that say what was and was not done.
    """

    exit_code: ClassVar[int] = 1
    label: ClassVar[str] = "Error"

    def __init__(
        self, what: str, *, where: str = "", remedy: str = "", details: tuple[str, ...] = ()
    ) -> None:
        super().__init__(what)
        self.fault = Fault(what, where, remedy)
        self.details = details

    @property
    def faults(self) -> tuple[Fault, ...]:
        return (self.fault,)


class InputError(CpctlError):
    """A file or an option is wrong; nothing was read from or written to a database."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__(str(faults[0]))
        self._faults = faults

    @property
    def faults(self) -> tuple[Fault, ...]:
        return self._faults


class DeclaredError(InputError):
    """The file declares what this server cannot do; the database was read, nothing was written."""


class Refused(CpctlError):
    """A guard, a missing right or `expect` says no; nothing was written."""

    exit_code = 3
    label = "Refused"


class LockHeld(CpctlError):
    """Another apply holds the lock; nothing was written."""

    exit_code = 4


class Stale(CpctlError):
    """The plan that was saved or approved is not the plan of this moment; nothing was written."""

    exit_code = 5


class OutcomeUnknown(CpctlError):
    """The connection was lost at commit and the server could not be asked since."""

    exit_code = 6


class PartlyApplied(CpctlError):
    """Something could not be put back or finished; the details list it."""

    exit_code = 7
