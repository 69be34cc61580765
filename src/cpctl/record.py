"""What an apply writes into the ledger: made from the plan and from what was read back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from cpctl import __version__
from cpctl.core.kind import Query
from cpctl.core.ledger import Counts, Entry, Identity, Kept, packed
from cpctl.core.ledger_codec import changed_state, dumps, encode_changes, encoded, managed
from cpctl.core.plan import Plan
from cpctl.core.resource import Address, Resource
from cpctl.postgres.ledger import Ledger, keep_so
from cpctl.scene import Scene, Task


def ledger_for(task: Task, scene: Scene, fresh: Plan) -> Ledger | None:
    """The ledger of this apply; None where there is nothing to say or to be had."""
    rights = scene.context.capabilities.ledger
    wanted = task.document.ledger and bool(fresh.changes)
    if not wanted or not (rights.open if rights.exists else rights.creatable):
        return None
    document = task.document
    entry = Entry(
        name=document.name,
        was=fresh.last.name if fresh.last and fresh.last.name != document.name else "",
        files=document.files,
        run=task.run,
        version=__version__,
        undoes=scene.undoes,
        counts=Counts(fresh.summary.create, fresh.summary.update, fresh.summary.delete),
        changes=encode_changes(fresh.changes),
    )
    return Ledger(entry, exists=rights.exists)


def held(task: Task, scene: Scene) -> tuple[Query, ...]:
    """What keeps another owner of our tables from adding code to them while they are written to."""
    rights, secrets = scene.context.capabilities.ledger, scene.context.capabilities.table
    if rights.mine:
        return ()
    ledger = ("applies", "files") if task.document.ledger and rights.open else ()
    writes = secrets.exists and secrets.usage and (secrets.insert or secrets.update)
    tables = (*ledger, *(("secrets",) if writes else ()))
    return (keep_so(tables),) if tables else ()


def kept(task: Task, scene: Scene, fresh: Plan, after: Mapping[Address, Resource]) -> Kept:
    """What the file manages from now on. `after`: the resources as read back."""
    document = task.document
    if scene.undoes is not None:
        state = changed_state(fresh.state, fresh.changes, after)
    else:
        declared = (address for entries in scene.declared.values() for address in entries)
        state = {str(r.address): encoded(r) for r in managed(fresh.desired, declared, after)}
    return Kept(
        scope=json.dumps({key: found.patterns for key, found in document.scope.items()}),
        owners=tuple(sorted(scene.context.owners)),
        resources=dumps([_identity(address, kept) for address, kept in state.items()]),
        state=packed(dumps(state)),
    )


def _identity(address: str, kept: Any) -> Identity:  # noqa: ANN401  what the codec wrote
    facts = kept["facts"]
    kind, _, name = address.partition(".")
    return Identity(kind, facts.get("username", ""), facts.get("name", name))
