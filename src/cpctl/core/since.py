"""What is not as it was when a plan was made: the words of a stale plan come from here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple

from cpctl.core.plan import Bits, Plan, Seen, Target, base
from cpctl.core.resource import Address, Value


class Moved(NamedTuple):
    """One field, or the whole resource (`field` is empty), that is not as it was.

    `again`: the job was unscheduled and scheduled anew; before and now are its jobids.
    """

    address: Address
    how: Literal["created", "removed", "again", "changed"]
    field: str = ""
    before: Value | Bits = None
    now: Value | Bits = None


def moved(then: Plan, now: Plan) -> tuple[Moved, ...]:
    """All that the fingerprint covers of the resources, sorted by address."""
    before, after = base(then), base(now)
    found = sorted({*before, *after})
    return tuple(one for a in found for one in _moved(a, before.get(a), after.get(a)))


def _moved(address: Address, before: Seen | None, after: Seen | None) -> Iterator[Moved]:
    if before == after:
        return
    if before is None:
        yield Moved(address, "created")
    elif after is None:
        yield Moved(address, "removed")
    else:
        for name in dict.fromkeys((*before, *after)):
            then, now = before.get(name), after.get(name)
            if then != now:
                yield Moved(address, "again" if name == "jobid" else "changed", name, then, now)


def target_moved(then: Target, now: Target) -> Mapping[str, tuple[str, str]]:
    """What names the database and is another: name → both."""
    pairs = zip(Target._fields, map(str, then), map(str, now), strict=True)
    return {name: (before, after) for name, before, after in pairs if before != after}
