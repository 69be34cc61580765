"""Refusals that protect people from their own files; `--allow NAME` lifts the named ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from cpctl.core.capabilities import Capabilities
from cpctl.core.change import Change
from cpctl.core.finding import Finding
from cpctl.core.ledger_guard import GUARDS
from cpctl.core.resource import State

ALLOWABLE = frozenset({"EMPTY_FILE", "MANY_DELETES"}) | GUARDS
DELETE_SHARE = 0.3
"""More than this share of a kind's resources is not deleted unasked …"""
DELETE_FROM = 10
"""… where there are at least this many of them. octoDNS has proven the two numbers."""


def guard(
    changes: Sequence[Change],
    actual: State,
    capabilities: Capabilities,
    *,
    file: str,
    declares_jobs: bool,
) -> tuple[Finding, ...]:
    """The refusals that hold for the changes as a whole."""
    return (
        *_not_writable(changes, capabilities),
        *(() if declares_jobs else _empty_file(changes, file)),
        *_many_deletes(changes, actual),
    )


def _not_writable(changes: Sequence[Change], capabilities: Capabilities) -> Iterable[Finding]:
    if changes and capabilities.standby:
        remedy = "connect to the primary"
        yield Finding("STANDBY", "this server is a standby: nothing can be changed", None, remedy)
    elif changes and capabilities.read_only:
        role = capabilities.role
        what = f"sessions of {role} are read-only here: default_transaction_read_only is on"
        yield Finding("READ_ONLY", what, None, "apply as a role that may write")


def _empty_file(changes: Sequence[Change], file: str) -> Iterable[Finding]:
    deletes = sum(change.action == "delete" for change in changes)
    if deletes:
        noun = "resource" if deletes == 1 else "resources"
        what = f"{file} declares no jobs, and this would delete {deletes} {noun}"
        yield Finding("EMPTY_FILE", what, None, "if that is meant: --allow EMPTY_FILE")


def _many_deletes(changes: Sequence[Change], actual: State) -> Iterable[Finding]:
    deletes = Counter(c.address.kind for c in changes if c.action == "delete")
    if not deletes:
        return
    seen = Counter(address.kind for address in actual)
    for kind, count in sorted(deletes.items()):
        if seen[kind] >= DELETE_FROM and count > DELETE_SHARE * seen[kind]:
            share = round(100 * count / seen[kind])
            what = f"this would delete {count} of {seen[kind]} {kind}s ({share} %, over 30 %)"
            yield Finding("MANY_DELETES", what, None, "if that is meant: --allow MANY_DELETES")
