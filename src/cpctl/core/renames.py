"""Jobs under a new name: `was:` says which one it is, so that no second job is made.

Where the role may UPDATE cron.job, the old job is seen under its new address, and its name is one
more field that differs. Elsewhere the old one goes and the new one comes, in one transaction.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cpctl.core.resource import NAME, Address, Resource, State
from cpctl.core.text import Text
from cpctl.errors import DeclaredError, Fault


def heirs(declared: State) -> list[Resource]:
    """The declared jobs that say what they were called."""
    return [resource for resource in declared.values() if "predecessor" in resource.facts]


def renamed(
    seen: dict[Address, Resource], declared: State, found: Sequence[Resource], *, in_place: bool
) -> State:
    """What is seen, with every old name where its heir (`found`) can be compared with it.

    Raises DeclaredError where it is not clear which job is meant.
    """
    faults = [*_unclear(seen, declared, found)]
    if faults:
        raise DeclaredError(tuple(faults))
    for heir in found:
        old = predecessor(heir)
        before, there = seen.get(old), seen.get(heir.address)
        if there is not None:
            seen[heir.address] = _named(there, there.facts["name"])
        elif before is not None and in_place:
            del seen[old]
            seen[heir.address] = _named(before, before.facts["name"])._replace(address=heir.address)
        elif before is not None:
            protect = heir.facts.get("protect")
            seen[old] = before._replace(
                facts={**before.facts, "heir": heir.address, "protect": protect}
            )
    return seen


def predecessor(heir: Resource) -> Address:
    """The address that a job with `was:` had."""
    old = heir.facts["predecessor"]
    if not isinstance(old, Address):
        raise TypeError(old)
    return old


def _named(resource: Resource, name: object) -> Resource:
    """With the name as a field to compare, which a reader takes for granted."""
    implied = resource.facts["implied"]
    usual = (*implied, NAME) if isinstance(implied, tuple) else (NAME,)
    fields = {**resource.fields, NAME: str(name)}
    return resource._replace(fields=fields, facts={**resource.facts, "implied": usual})


def _unclear(seen: State, declared: State, found: Sequence[Resource]) -> Iterator[Fault]:
    claimed: dict[Address, Address] = {}
    for heir in found:
        old, new = predecessor(heir), heir.address
        first = claimed.setdefault(old, new)
        if old in declared:
            what = f"{new} was {old}, but the file still declares {old}"
            yield _fault(heir, what, f"remove the entry of {old}, or this line")
        elif first is not new:
            what = f"{new} and {first} cannot both have been {old}"
            yield _fault(heir, what, "remove this line from one of them")
        elif old in seen and new in seen:
            what = f"{old} and {new} are both in the database, so this is no rename"
            remedy = f"unschedule {old} (jobid {seen[old].facts['jobid']}), or remove this line"
            yield _fault(heir, what, remedy)


def _fault(heir: Resource, what: str, remedy: str) -> Fault:
    was = heir.facts["was"]
    where = was if isinstance(was, Text) else heir.origin
    return Fault(what, str(where.place) if where is not None else str(heir.address), remedy)
