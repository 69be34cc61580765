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
        heir = seen.facts.get("heir")
        if isinstance(heir, Address):
            reasons[address] = f"{heir} replaces it"
            desired[heir] = _replacing(declared[heir], seen, kind, context)
        elif wanted is None:
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
        if wanted.fields and address not in actual and address not in desired
    )
    return Adopted(desired, reasons, tuple(sorted(unmanaged)))


def _replacing(heir: Resource, old: Resource, kind: Kind, context: Context) -> Resource:
    """The declared resource with what it does not say itself from the one that it replaces."""
    fields = kind.adopt(heir, old, context).fields
    implied = [*_implied(heir), *(it for it in _implied(old) if fields[it] == old.fields[it])]
    facts = {**heir.facts, "implied": tuple(dict.fromkeys(implied)), "replaces": old}
    return heir._replace(fields=fields, facts=facts)


def _implied(resource: Resource) -> tuple[str, ...]:
    implied = resource.facts.get("implied")
    return implied if isinstance(implied, tuple) else ()
