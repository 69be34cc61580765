"""What earlier applies left: the memory that tells drift from a change of the file.

The ledger itself is two tables (docs/ledger.md); this is how their rows are read and written, as
plain data. No value of a secret is ever in it.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from cpctl.core.pauses import PastSwitch, Pause
from cpctl.core.resource import Address, Fields, Resource, Sealed, Value

FORMAT = 1
"""The layout of the tables that this cpctl writes, and the newest that it reads."""

SEALED = {"sensitive": True}
"""What stands in JSON for a value that nobody may see."""


class LedgerRights(NamedTuple):
    """What the probe found of the schema cpctl.

    `format`: of a ledger that is there; None: a schema of that name that is no ledger. `mine`: the
    role owns its tables, and those of secrets. `kinds`: those of the resources that files have, as
    of their last applies; None: that was not asked.
    """

    exists: bool
    mine: bool
    format: int | None
    readable: bool
    writable: bool
    creatable: bool
    kinds: frozenset[str] | None = None

    @property
    def known(self) -> bool:
        """Whether it is a ledger, of a format that this cpctl reads."""
        return self.exists and self.format is not None and self.format <= FORMAT

    @property
    def usable(self) -> bool:
        """Whether what it remembers can be read here."""
        return self.known and self.readable

    def remembers(self, kind: str) -> bool:
        """Whether a file may have resources of that kind no more, and had them."""
        return self.usable and (self.kinds is None or kind in self.kinds)

    @property
    def open(self) -> bool:
        """Whether the role may also write it."""
        return self.usable and self.writable


class Run(NamedTuple):
    """Who applies, as far as the process can tell: for people who read the history."""

    os_user: str = ""
    job: str = ""
    url: str = ""
    commit: str = ""


NOBODY = Run()


class Counts(NamedTuple):
    """How many resources an apply made, changed and removed."""

    created: int
    updated: int
    deleted: int


class Applied(NamedTuple):
    """One apply of the history; times are the database's, ISO 8601.

    `outcome`: applied, partly, undone, died; empty while it is not finished. `running`: somebody
    holds the lock of all applies at this moment. `undoes`: the apply that a rollback undid.
    `switched`: it is no apply, but a pause or a resume.
    """

    number: int
    name: str
    started: str
    finished: str
    outcome: str
    role: str
    run: Run
    version: str
    files: tuple[str, ...]
    undoes: int | None
    counts: Counts
    left: tuple[str, ...]
    running: bool
    switched: PastSwitch | None = None

    @property
    def by(self) -> str:
        """`deploy`, or `deploy (CI run 8812, 3f2a91c)`."""
        known = ", ".join(filter(None, (self.run.job, self.run.commit[:7])))
        return f"{self.role} ({known})" if known else self.role


class Remembered(NamedTuple):
    """A resource as an apply left it."""

    fields: Fields
    facts: Mapping[str, object]


class Identity(NamedTuple):
    """What a resource is on the server; an address depends on whose the file's jobs are."""

    kind: str
    owner: str
    name: str


def identity(resource: Resource) -> Identity:
    """`owner`: empty where nobody owns the kind."""
    owner, name = resource.facts.get("username", ""), resource.facts.get("name")
    return Identity(resource.address.kind, str(owner), str(name or resource.address.name))


class OtherFile(NamedTuple):
    """Another file whose resources live in this database."""

    name: str
    scope: Mapping[str, tuple[str, ...]]
    owners: frozenset[str]
    resources: frozenset[Identity]


@dataclass(frozen=True, eq=False, repr=False)
class Memory:
    """All that the ledger says to one file. `state`: packed, and read only when somebody asks.

    `newest`: the number of the newest apply of any file. `lingering`: what an apply that did not
    end had still to remove, and sessions have. `code`: by table, what would run and is not ours.
    `keeps`: nothing goes for not being declared, as a rollback declares only what it undoes.
    `pauses`: by jobid and owner, those that cpctl paused last.
    """

    last: Applied | None = None
    state: bytes = b""
    newest: int = 0
    unfinished: tuple[Applied, ...] = ()
    others: tuple[OtherFile, ...] = ()
    lingering: frozenset[str] = frozenset()
    code: tuple[tuple[str, str], ...] = ()
    keeps: bool = False
    pauses: Mapping[tuple[int, str], Pause] = field(default_factory=dict)

    @cached_property
    def _known(self) -> Mapping[str, Any]:
        return unpacked(self.state)

    @property
    def addresses(self) -> Iterable[str]:
        return self._known

    def recall(self, address: Address) -> Remembered | None:
        """The resource as the last apply left it; None where no apply of this file had it."""
        found = self._known.get(str(address))
        return remembered(found) if found is not None else None

    def reason(self, address: Address, file: str) -> str | None:
        """Why a resource that an apply made, and the file no longer has, may go."""
        if self.keeps or self.last is None or str(address) not in self._known:
            return None
        return f"it is not in {file} any more, and apply {self.last.number} had it"


NOTHING = Memory()


def packed(state: str) -> bytes:
    """JSON of a large file is megabytes, which each plan fetches and seldom reads."""
    return zlib.compress(state.encode(), level=1)


def unpacked(state: bytes) -> dict[str, Any]:
    """The resources by address; none of nothing."""
    return dict(json.loads(zlib.decompress(state))) if state else {}


class Entry(NamedTuple):
    """What the ledger will say of an apply. `changes`: JSON; `was`: the file's former name."""

    name: str
    was: str
    files: tuple[str, ...]
    run: Run
    version: str
    undoes: int | None
    counts: Counts
    changes: str


class PauseEntry(NamedTuple):
    """What the ledger will say of a pause or a resume. `changes`: JSON; `jobs`: how many."""

    name: str
    run: Run
    version: str
    jobs: int
    changes: str


class Kept(NamedTuple):
    """What a file manages once it is applied. `scope` and `resources` are JSON."""

    scope: str
    owners: tuple[str, ...]
    resources: str
    state: bytes


def remembered(found: Mapping[str, Any]) -> Remembered:
    """What the codec wrote of one resource."""
    fields = {name: _value(value) for name, value in found["fields"].items()}
    return Remembered(fields, {name: _value(value) for name, value in found["facts"].items()})


def _value(found: Any) -> Value:  # noqa: ANN401  what json.loads makes
    if found == SEALED:
        return Sealed(None)
    if isinstance(found, list):
        return tuple(_value(item) for item in found)
    if isinstance(found, dict):
        return {name: _value(item) for name, item in found.items()}
    return found  # type: ignore[no-any-return]
