"""What the file does not say is copied from the database, so that the diff needs no exceptions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from cpctl.core.kind import Context, Kind
from cpctl.core.resource import Address, Resource, State


class Adopted(NamedTuple):
    """The desired state, whole; why each address that it lacks may go; what nobody manages."""

    desired: State
    reasons: Mapping[Address, str]
    unmanaged: tuple[Address, ...]


def adopt(declared: State, actual: State, kind: Kind, context: Context) -> Adopted:
    """Complete the declared resources; keep every resource that the file may not remove."""
    desired: dict[Address, Resource] = {}
    reasons: dict[Address, str] = {}
    unmanaged: list[Address] = []
    for address, seen in actual.items():
        wanted = declared.get(address)
        if wanted is None:
            reason = kind.removable(seen, context)
            if reason is None:
                unmanaged.append(address)
                desired[address] = seen
            else:
                reasons[address] = reason
        elif wanted.fields:
            desired[address] = kind.adopt(wanted, seen, context)
        else:
            reasons[address] = str(wanted.facts.get("because", f"{context.file} sets it to null"))
    desired.update(
        (address, wanted)
        for address, wanted in declared.items()
        if wanted.fields and address not in actual
    )
    return Adopted(desired, reasons, tuple(sorted(unmanaged)))
