"""The diff: equality on two states that were made alike beforehand, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping

from cpctl.core.change import Change, Create, Delete, Update
from cpctl.core.resource import Address, State


def diff(desired: State, actual: State, reasons: Mapping[Address, str]) -> tuple[Change, ...]:
    """What brings `actual` to `desired`, sorted by address; `reasons`: why each delete."""
    changes: list[Change] = []
    for address, after in desired.items():
        before = actual.get(address)
        if before is None:
            changes.append(Create(after))
        elif before.fields is not after.fields and before.fields != after.fields:
            changes.append(Update(before, after))
    changes.extend(
        Delete(before, reasons[address])
        for address, before in actual.items()
        if address not in desired
    )
    return tuple(sorted(changes, key=lambda change: change.address))
