"""What other files of the same database have too: what one leaves, another may still need."""

from __future__ import annotations

from collections.abc import Iterator

from cpctl.core.finding import Finding
from cpctl.core.kind import Survey
from cpctl.core.ledger import Identity, Memory
from cpctl.core.resource import Address, Resource


def neighbours(address: Address, memory: Memory) -> tuple[str, ...]:
    """The other files that have it. Nothing that an owner is part of."""
    one = Identity(address.kind, "", address.name)
    return tuple(other.name for other in memory.others if one in other.resources)


def needed(found: Resource, memory: Memory) -> Resource:
    """With the other files among what would be in the way if it were to go."""
    others = (("", f"the file {it}") for it in neighbours(found.address, memory))
    known = found.facts.get("dependents")
    there = known if isinstance(known, tuple) else ()
    return found._replace(facts={**found.facts, "dependents": (*there, *others)})


def left_to(survey: Survey, kind: str) -> Iterator[Finding]:
    """What the file has no more, and another one has."""
    file, memory = survey.context.file, survey.context.memory
    for other in memory.others:
        for name in sorted(one.name for one in other.resources if one.kind == kind):
            address = Address(kind, name)
            if address not in survey.declared and memory.reason(address, file) is not None:
                what = f"is not in {file} any more, and stays: the file {other.name} has it too."
                yield Finding("SHARED", what, address)


def taken(address: Address, survey: Survey) -> tuple[str, str]:
    """What is to be said of something that no apply of the file had, and the remedy."""
    others = neighbours(address, survey.context.memory)
    if not others:
        what = f"is there already, and no apply of {survey.context.file} is known to have had it"
        return what, "if it is to be taken over: --allow TAKES_OVER"
    what = f"is the file {others[0]}'s, whose next apply would change it back"
    remedy = f"another schema for one of the two; if {others[0]} is given up: --allow TAKES_OVER"
    return what, remedy
