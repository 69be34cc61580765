"""What the ledger forbids, and what is lost where there is none.

A refusal here protects what earlier applies left from a file that has forgotten it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from posixpath import normpath
from typing import NamedTuple

from cpctl.core.acting import grant
from cpctl.core.capabilities import Capabilities
from cpctl.core.change import Change, Create, Delete
from cpctl.core.finding import Finding
from cpctl.core.ledger import FORMAT, Applied, Identity, Memory, OtherFile, identity
from cpctl.core.overlap import overlap
from cpctl.core.resource import Address, Resource
from cpctl.core.scope import Scope
from cpctl.core.sql import identifier
from cpctl.core.text import Wrong

GUARDS = frozenset({"DELETES_JOB", "FILES_CHANGED", "LEDGER_CODE", "PROTECTED", "SCOPE_OVERLAP"})
"""What `--allow NAME` lifts of the refusals here."""

_LOST = "protection after removal, rollback and the classes of drift are not to be had"


class Claim(NamedTuple):
    """What a file says of itself. `ledger`: whether it wants one; `undoes`: a rollback's number.

    `keys`: each kind's scope; `owned`: whether resources under such a key belong to a role.
    """

    name: str
    files: tuple[str, ...]
    scope: Mapping[str, Scope]
    keys: Mapping[str, str]
    owned: Callable[[str], bool]
    owners: frozenset[str]
    ledger: bool
    undoes: int | None


def refusals(
    claim: Claim,
    memory: Memory,
    changes: Sequence[Change],
    hazards: Mapping[Address, Sequence[Finding]],
    seen: Iterable[Resource],
    capabilities: Capabilities,
) -> tuple[Finding, ...]:
    """Why the ledger says no to these changes; nothing where there are none.

    `seen`: all that is there, whoever manages it.
    """
    if not changes:
        return ()
    found = [*_foreign_code(memory)]
    if not claim.ledger:
        return tuple(found)
    found += [*_rights(capabilities, deletes=_deletes(changes))]
    if capabilities.ledger.usable:
        if claim.undoes is None:  # A rollback deletes only what its own applies made.
            found += _unknown_deletes(changes, hazards, memory)
        found += _protected(changes, memory)
        found += _overlaps(claim, memory, seen)
        found += _fewer_files(claim, memory, changes)
    return tuple(found)


def notes(
    claim: Claim, memory: Memory, changes: Sequence[Change], capabilities: Capabilities
) -> tuple[Finding, ...]:
    """An apply that nobody finished, and what a missing ledger costs."""
    found = [_unfinished(applied) for applied in memory.unfinished]
    rights = capabilities.ledger
    if changes and not claim.ledger:
        found.append(Finding("NO_LEDGER", f"The file says ledger: false: {_LOST}."))
    elif changes and not rights.exists and not rights.creatable:
        right = f"CREATE ON DATABASE {identifier(capabilities.database)}"
        what = f"{capabilities.role} may not make the ledger (schema cpctl): {_LOST}."
        found.append(Finding("NO_LEDGER", what, None, grant(right, capabilities.role)))
    elif changes and rights.known and not rights.open and not _deletes(changes):
        what = f"{capabilities.role} may not read and write the ledger: {_LOST}."
        found.append(Finding("NO_LEDGER", what, None, ledger_grants(capabilities.role)))
    return tuple(found)


def _deletes(changes: Iterable[Change]) -> bool:
    """Whether there is something that the ledger might want to keep."""
    return any(isinstance(change, Delete) for change in changes)


def _unfinished(applied: Applied) -> Finding:
    what = f"apply {applied.number} of {applied.name}, begun {applied.started} by {applied.by},"
    if applied.running:
        return Finding("APPLY_RUNNING", f"{what} is at work.")
    what = f"{what} was never finished: this plan shows what is left to do."
    return Finding("UNFINISHED_APPLY", what)


def _rights(capabilities: Capabilities, *, deletes: bool) -> Iterator[Finding]:
    rights, role = capabilities.ledger, capabilities.role
    without = "or do without it: ledger: false"
    if not rights.exists:
        return
    if rights.format is None:
        what = "the schema cpctl is there, but it is not the ledger"
        yield Finding("LEDGER_FOREIGN", what, None, f"rename that schema, {without}")
    elif rights.format > FORMAT:
        what = f"the ledger has format {rights.format}, and this cpctl knows {FORMAT}"
        yield Finding("LEDGER_NEWER", what, None, "apply with a newer cpctl")
    elif deletes and not rights.open:
        what = f"{role} may not read and write the ledger: what it protects cannot be seen"
        yield Finding("LEDGER_RIGHTS", what, None, f"{ledger_grants(role)} {without}")


def _foreign_code(memory: Memory) -> Iterator[Finding]:
    """Who owns a table can have code run as whoever writes to it."""
    for table, what in memory.code:
        says = f"cpctl.{table} has {what}: it would run with your rights, and is not cpctl's"
        remedy = "look at it and drop it, or if it is meant: --allow LEDGER_CODE"
        yield Finding("LEDGER_CODE", says, None, remedy)


def ledger_grants(role: str) -> str:
    """What a role needs to apply with a ledger that another one made."""
    tables = "SELECT, INSERT, UPDATE ON cpctl.applies, cpctl.files"
    return f"{grant('USAGE ON SCHEMA cpctl', role)} {grant(tables, role)}"


def _unknown_deletes(
    changes: Iterable[Change], hazards: Mapping[Address, Sequence[Finding]], memory: Memory
) -> Iterator[Finding]:
    """Deletes that count as hazards, of what no apply of this file ever had.

    Before the first apply nothing is known of any job, and the scope alone decides.
    """
    if memory.last is None:
        return
    for change in changes:
        found = (hazard.code for hazard in hazards.get(change.address, ()))
        code = next((code for code in found if code in GUARDS), None)
        if not code or not isinstance(change, Delete) or change.heir is not None:
            continue
        if memory.recall(change.address) is None:
            what = "would be deleted, but no apply of this file ever had it"
            yield Finding(code, what, change.address, f"if that is meant: --allow {code}")


def _protected(changes: Iterable[Change], memory: Memory) -> Iterator[Finding]:
    for change in changes:
        if not isinstance(change, Delete) or change.heir is not None:
            continue
        known = memory.recall(change.address)
        if known is not None and known.facts.get("protect") is True:
            what = "is protected: the file said protect: true when it was applied last"
            remedy = "keep it in the file, or if that is meant: --allow PROTECTED"
            yield Finding("PROTECTED", what, change.address, remedy)


def _overlaps(claim: Claim, memory: Memory, seen: Iterable[Resource]) -> Iterator[Finding]:
    """Two files that may both remove one name would take turns in deleting it."""
    present: frozenset[Identity] | None = None
    for other in memory.others:
        found = _shared(claim, other)
        if found and present is None:
            present = frozenset(map(identity, seen))
        if found and present is not None and _lives(claim, other, present):
            what = f"the scope of {other.name} takes in {found}, and so does that of {claim.name}"
            remedy = "give each file a scope of its own, or if that is meant: --allow SCOPE_OVERLAP"
            yield Finding("SCOPE_OVERLAP", what, None, remedy)


def _lives(claim: Claim, other: OtherFile, present: Collection[Identity]) -> bool:
    """Whether anything of the file may still be there; what cannot be seen from here counts."""
    return any(one in present or _unseen(claim, one) for one in other.resources)


def _unseen(claim: Claim, one: Identity) -> bool:
    key = claim.keys[one.kind]
    scope = claim.scope.get(key)
    return not claim.owned(key) and not (scope and scope.covers(one.name))


def _shared(claim: Claim, other: OtherFile) -> str | None:
    for key, patterns in other.scope.items():
        ours = claim.scope.get(key)
        if ours is None or (claim.owned(key) and not claim.owners & other.owners):
            continue
        try:
            name = overlap(ours, Scope(patterns, ours.fold))
        except Wrong as wrong:
            return f"perhaps the same {key} ({wrong.what})"
        if name is not None:
            return f"{key} like {name}"
    return None


def _fewer_files(claim: Claim, memory: Memory, changes: Collection[Change]) -> Iterator[Finding]:
    """An overlay that was forgotten would take back all that it had said."""
    if memory.last is None or claim.undoes is not None:
        return
    left_out = _overlays(memory.last.files) - _overlays(claim.files)
    known = [c for c in changes if not isinstance(c, Create) and memory.recall(c.address)]
    if left_out and known:
        named = " ".join(f"-f {file}" for file in memory.last.files)
        what = f"apply {memory.last.number} was made from {' + '.join(memory.last.files)}"
        remedy = f"{named}, or if that is meant: --allow FILES_CHANGED"
        yield Finding("FILES_CHANGED", what, None, remedy)


def _overlays(files: Sequence[str]) -> frozenset[str]:
    """The overlays as the first file sees them: a checkout may lie somewhere else the next time."""
    first, *others = (PurePosixPath(normpath(file)) for file in files)
    return frozenset(_relative(other.parts, first.parent.parts) for other in others)


def _relative(parts: Sequence[str], base: Sequence[str]) -> str:
    shared = next(
        (n for n, (one, two) in enumerate(zip(parts, base, strict=False)) if one != two),
        min(len(parts), len(base)),
    )
    return "/".join((*[".."] * (len(base) - shared), *parts[shared:]))
