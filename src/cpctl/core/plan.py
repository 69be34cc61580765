"""The plan: one plain object that is shown, saved, hashed, refused and executed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from cpctl.core.capabilities import Capabilities
from cpctl.core.change import Change
from cpctl.core.finding import Finding
from cpctl.core.inputs import Inputs
from cpctl.core.ledger import Applied, Remembered
from cpctl.core.resource import Address, Resource, Sealed, State, Value
from cpctl.core.statement import Statement


class Target(NamedTuple):
    """The database a plan is for."""

    system_identifier: str
    host: str
    port: int
    database: str
    server_version: str
    pg_cron_version: str
    role: str

    @property
    def where(self) -> str:
        """`role@host:port/database`."""
        return f"{self.role}@{self.host}:{self.port}/{self.database}"


def target_of(capabilities: Capabilities) -> Target:
    """What of a probe names the database."""
    return Target(
        capabilities.system_identifier,
        capabilities.host,
        capabilities.port,
        capabilities.database,
        capabilities.postgres_version,
        capabilities.pg_cron_version or "",
        capabilities.role,
    )


class Summary(NamedTuple):
    """Counts; `statements` are those that alter managed resources."""

    create: int
    update: int
    delete: int
    unchanged: int
    unmanaged: int
    statements: int


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Plan:
    """What an apply would do, and everything a reader needs to approve it.

    `desired` and `actual`: every resource that is managed or in scope, both sides.
    `inputs`: marks of the files and variables, keyed. `as_of`: the database's clock.
    `incomplete`: the addresses whose secret had no source to compare with. `undoes`: the apply that
    it rolls back. `last`: the file's last apply, as the ledger has it; `remembered`: what it left
    of each resource that would change; `state`: of all of them, packed.
    `newest`: the number of the newest apply of any file. `dated`: the last run
    of an old command and the first of a new one, which somebody changed between them (ISO 8601).
    """

    name: str
    files: tuple[str, ...]
    inputs: Inputs
    target: Target
    timezone: str
    as_of: str
    desired: State
    actual: State
    changes: tuple[Change, ...]
    statements: tuple[Statement, ...]
    hazards: Mapping[Address, tuple[Finding, ...]]
    refusals: tuple[Finding, ...]
    notes: tuple[Finding, ...]
    unmanaged: tuple[Address, ...]
    incomplete: tuple[Address, ...]
    undoes: int | None = None
    last: Applied | None = None
    remembered: Mapping[Address, Remembered] = field(default_factory=dict)
    state: bytes = b""
    newest: int = 0
    dated: Mapping[Address, tuple[str, str]] = field(default_factory=dict)

    @property
    def summary(self) -> Summary:
        actions = [change.action for change in self.changes]
        changed = actions.count("create") + actions.count("update")
        return Summary(
            create=actions.count("create"),
            update=actions.count("update"),
            delete=actions.count("delete"),
            unchanged=len(self.desired) - changed,
            unmanaged=len(self.unmanaged),
            statements=len(self.statements),
        )

    @property
    def applyable(self) -> bool:
        return not self.refusals and not self.incomplete


def fingerprint(plan: Plan) -> str:
    """SHA-256 of what the plan was made from: the target, and each managed resource as seen.

    Of a secret only two bits enter: present, and equal to its source (yes, no, not compared).
    """
    seen = {str(address): fields for address, fields in sorted(base(plan).items())}
    text = json.dumps({"target": plan.target._asdict(), "seen": seen}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


class Bits(NamedTuple):
    """What may be remembered of a secret."""

    present: Literal["present"]
    compared: Literal["equal", "different", "not compared"]


Seen = Mapping[str, Value | Bits]


def base(plan: Plan) -> Mapping[Address, Seen]:
    """The resources as the fingerprint has them: each field, and the jobid."""
    return {a: _plain(resource, plan.desired.get(a)) for a, resource in plan.actual.items()}


def _plain(seen: Resource, desired: Resource | None) -> Seen:
    fields: dict[str, Value | Bits] = {
        name: _bits(value, desired.fields.get(name) if desired else None)
        if isinstance(value, Sealed)
        else value
        for name, value in seen.fields.items()
    }
    fields["jobid"] = str(seen.facts.get("jobid", ""))
    return fields


def _bits(seen: Sealed, desired: Value) -> Bits:
    if not isinstance(desired, Sealed) or desired.digest is None:
        return Bits("present", "not compared")
    return Bits("present", "equal" if seen == desired else "different")
