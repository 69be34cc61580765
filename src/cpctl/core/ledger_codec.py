"""The rows of the ledger as data, and data as the text that its rows hold."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from cpctl.core.change import Change, Delete, Update, sides
from cpctl.core.kind import Rows
from cpctl.core.ledger import (
    SEALED,
    Applied,
    Counts,
    Identity,
    Memory,
    OtherFile,
    Remembered,
    Run,
    remembered,
    unpacked,
)
from cpctl.core.pauses import PAUSES, past_switch, pauses
from cpctl.core.resource import Address, Resource, Sealed


def read_memory(rows: Rows, names: Sequence[str]) -> Memory:
    """The memory of a file. `names`: its own, then one that it had before."""
    found = {name: rest for name, *rest in rows.get("ledger_file", ())}
    mine = next((found[name] for name in names if name in found), None)
    state, newest, *last = mine or (b"", 0)
    return Memory(
        last=applied(last) if last else None,
        state=state,
        newest=newest,
        unfinished=tuple(applied(row) for row in rows.get("ledger_unfinished", ())),
        lingering=frozenset(address for (address,) in rows.get("ledger_lingering", ())),
        others=tuple(_other(*row) for row in rows.get("ledger_others", ())),
        code=tuple((table, what) for table, what in rows.get("ledger_code", ())),
        pauses=pauses(rows.get(PAUSES, ())),
    )


def applied(row: Sequence[Any]) -> Applied:
    """One row of the history."""
    number, name, started, finished, outcome, role, *rest = row
    os_user, job, url, commit, version, files, undoes, *more = rest
    created, updated, deleted, left, running, *changes = more
    return Applied(
        number=number,
        name=name,
        started=started,
        finished=finished or "",
        outcome=outcome or "",
        role=role,
        run=Run(os_user, job, url, commit),
        version=version,
        files=tuple(files),
        undoes=undoes,
        counts=Counts(created, updated, deleted),
        left=tuple(left),
        running=running,
        switched=past_switch(name, *changes),
    )


def _other(name: str, scope: str, owners: Sequence[str], resources: str) -> OtherFile:
    patterns = {key: tuple(globs) for key, globs in json.loads(scope).items()}
    known = frozenset(Identity(*one) for one in json.loads(resources))
    return OtherFile(name, patterns, frozenset(owners), known)


def encode_changes(changes: Iterable[Change]) -> str:
    """JSON of what an apply does: both sides of each resource, as the plan has them."""
    return dumps([_change(change) for change in changes])


def _change(change: Change) -> dict[str, object]:
    before, after = sides(change)
    was = change.after.facts["predecessor"] if isinstance(change, Update) and change.was else None
    return {
        "address": [*change.address],
        **({"was": was} if was else {}),
        "action": change.action,
        "before": before and encoded(before),
        "after": after and encoded(after),
    }


def changed_state(
    state: bytes, changes: Iterable[Change], after: Mapping[Address, Resource]
) -> dict[str, object]:
    """What a file manages after a rollback: as before, but for what the rollback changed."""
    known: dict[str, object] = unpacked(state)
    for change in changes:
        if isinstance(change, Delete):
            known.pop(str(change.address), None)
            continue
        if isinstance(change, Update) and change.was:
            known.pop(str(change.after.facts["predecessor"]), None)
        seen = _merged(change.after, after.get(change.address))
        known[str(change.address)] = encoded(seen)
    return known


def _merged(wanted: Resource, seen: Resource | None) -> Resource:
    if seen is None or seen.facts is wanted.facts:
        return wanted
    return Resource(wanted.address, wanted.fields, {**wanted.facts, **seen.facts}, wanted.origin)


def managed(
    desired: Mapping[Address, Resource],
    declared: Iterable[Address],
    after: Mapping[Address, Resource],
) -> Iterable[Resource]:
    """What the file declares, as an apply leaves it: fields as wanted, facts as the server's."""
    for address in declared:
        if address in desired:
            yield _merged(desired[address], after.get(address))


_PLAIN = frozenset({str, int, bool, tuple})


def encoded(resource: Resource) -> dict[str, object]:
    """A resource as plain data; of its facts those that a later reader can use."""
    facts = resource.facts.items()
    kept = {n: v for n, v in facts if v and (type(v) in _PLAIN or isinstance(v, str))}
    return {"fields": resource.fields, "facts": kept}


def dumps(value: object) -> str:
    """JSON in which a sealed value says only that there is one."""
    return json.dumps(value, default=_default, separators=(",", ":"))


def _default(value: object) -> object:
    if isinstance(value, Sealed):
        return SEALED
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(type(value).__name__)


class Undo(NamedTuple):
    """One resource of a rollback: what it was before; None: it was not there.

    `now`: its address today, where it was renamed since. `left`: what each of the applies made of
    it, the oldest first.
    """

    address: Address
    before: Remembered | None
    jobid: str
    now: Address
    left: tuple[Remembered | None, ...]


def undone_by(documents: Sequence[str]) -> tuple[Undo, ...]:
    """The state before the first of these applies, of all that any of them changed.

    `documents`: their changes as JSON, the oldest first.
    """
    found: dict[Address, Undo] = {}
    for document in documents:
        for change in json.loads(document):
            undo = _undo(change)
            earlier = found.pop(undo.address, None)
            if earlier is not None:
                undo = earlier._replace(now=undo.now, left=(*earlier.left, *undo.left))
            found.setdefault(undo.now, undo)
    return tuple(found.values())


def _undo(change: Mapping[str, Any]) -> Undo:
    now = Address(*change["address"])
    before, after = (
        remembered(change[side]) if change[side] is not None else None
        for side in ("before", "after")
    )
    jobid = str(before.facts.get("jobid", "")) if before else ""
    return Undo(Address(*change.get("was", now)), before, jobid, now, (after,))
