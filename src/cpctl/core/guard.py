"""Refusals that protect people from their own files; `--allow NAME` lifts the named ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from cpctl.core.acting import grant
from cpctl.core.capabilities import Capabilities
from cpctl.core.change import Change, Delete, Update
from cpctl.core.finding import Finding
from cpctl.core.hazards import HAZARDS
from cpctl.core.ledger_guard import GUARDS as LEDGER_GUARDS
from cpctl.core.limits import Limits
from cpctl.core.resource import State
from cpctl.core.sql import identifier
from cpctl.core.statement import Statement

GUARDS = (
    frozenset("DROPS_DATA EMPTY_FILE MANY_DELETES MANY_UPDATES TAKES_OVER".split()) | LEDGER_GUARDS
)
ALLOWABLE = GUARDS | HAZARDS

_NAMED = 5


class Rules(NamedTuple):
    """What one file wants to be asked about. `counted`: the kinds that `limits` is about."""

    file: str
    declares_jobs: bool
    limits: Limits
    counted: Collection[str]


def guard(
    changes: Sequence[Change],
    statements: Iterable[Statement],
    actual: State,
    capabilities: Capabilities,
    rules: Rules,
) -> tuple[Finding, ...]:
    """The refusals that hold for the changes as a whole."""
    return (
        *_not_writable(changes, capabilities),
        *_not_handed_over(statements, capabilities),
        *(() if rules.declares_jobs else _empty_file(changes, rules.file)),
        *_many([c for c in changes if c.address.kind in rules.counted], actual, rules.limits),
        *_protected(changes),
        *_depended_on(changes),
    )


def _not_writable(changes: Sequence[Change], capabilities: Capabilities) -> Iterable[Finding]:
    if changes and capabilities.standby:
        remedy = "connect to the primary"
        yield Finding("STANDBY", "this server is a standby: nothing can be changed", None, remedy)
    elif changes and capabilities.read_only:
        role = capabilities.role
        what = f"sessions of {role} are read-only here: default_transaction_read_only is on"
        yield Finding("READ_ONLY", what, None, "apply as a role that may write")


def _not_handed_over(
    statements: Iterable[Statement], capabilities: Capabilities
) -> Iterable[Finding]:
    """Secrets go to the server by COPY into a temporary table: postgres/handover.py."""
    for statement in () if capabilities.temporary else statements:
        if statement.hands_over:
            right = f"TEMPORARY ON DATABASE {identifier(capabilities.database)}"
            remedy = grant(right, capabilities.role)
            yield Finding("MISSING_RIGHT", "TEMPORARY", statement.address, remedy)


def _empty_file(changes: Sequence[Change], file: str) -> Iterable[Finding]:
    deletes = sum(change.action == "delete" for change in changes)
    if deletes:
        noun = "resource" if deletes == 1 else "resources"
        what = f"{file} declares no jobs, and this would delete {deletes} {noun}"
        yield Finding("EMPTY_FILE", what, None, "if that is meant: --allow EMPTY_FILE")


def _many(changes: Sequence[Change], actual: State, limits: Limits) -> Iterable[Finding]:
    """Each kind is counted by itself; what comes back under a new name is not deleted."""
    deletes = Counter(c.address.kind for c in changes if isinstance(c, Delete) and c.heir is None)
    updates = Counter(c.address.kind for c in changes if isinstance(c, Update))
    if not deletes and not updates:
        return
    seen = Counter(address.kind for address in actual)
    for kind, count in sorted(deletes.items()):
        if limits.deletes is not None and limits.deletes.exceeded(count, seen[kind]):
            words = limits.deletes.words(count, seen[kind])
            what = f"this would delete {count} of {seen[kind]} {kind}s ({words})"
            yield Finding("MANY_DELETES", what, None, "if that is meant: --allow MANY_DELETES")
    for kind, count in sorted(updates.items()):
        if limits.updates is not None and limits.updates.exceeded(count, seen[kind]):
            words = limits.updates.words(count, seen[kind])
            what = f"this would update {count} of {seen[kind]} {kind}s ({words})"
            yield Finding("MANY_UPDATES", what, None, "if that is meant: --allow MANY_UPDATES")


def _protected(changes: Sequence[Change]) -> Iterable[Finding]:
    """`protect: true`, as far as whoever made the resources knew of it."""
    for change in changes:
        if isinstance(change, Delete) and change.before.facts.get("protect") is True:
            does = f"{change.heir} would replace it" if change.heir else "this would delete it"
            remedy = "if that is meant: --allow PROTECTED"
            yield Finding("PROTECTED", f"is protected, and {does}", change.address, remedy)


def _depended_on(changes: Sequence[Change]) -> Iterable[Finding]:
    """What goes takes nothing with it: whatever needs it goes in the same plan, or is in the way.

    The fact `dependents`: pairs of an address, empty where no kind has one, and words.
    """
    going = [change for change in changes if isinstance(change, Delete)]
    gone = frozenset(str(change.address) for change in going)
    for change in going:
        dependents = change.before.facts.get("dependents")
        pairs = dependents if isinstance(dependents, tuple) else ()
        left = [words for address, words in pairs if address not in gone]
        if left:
            more = f" and {len(left) - _NAMED} more" if len(left) > _NAMED else ""
            what = f"is still needed by {', '.join(left[:_NAMED])}{more}"
            remedy = "drop or change that first, or keep it in the file: nothing goes by CASCADE"
            yield Finding("DEPENDED_ON", what, change.address, remedy)
