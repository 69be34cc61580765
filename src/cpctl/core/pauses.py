"""A pause is remembered with who made it and why; what nobody remembers was paused by hand.

A pause and a resume are rows of the ledger beside those of applies, of no file: their names have a
blank, which no file's name has. So no apply, plan or rollback of a file takes them for its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from cpctl.core.resource import Resource

PAUSE, RESUME = "cpctl pause", "cpctl resume"
"""What stands for the file's name in their rows."""

PAUSES = "ledger_pauses"
"""The query that reads them."""

CPCTL = "cpctl"
"""How a pause came about: by the command line. Another program says what it is."""

LONGEST_REASON = 1000
"""Characters: a sentence that others will read in a list."""

_UNMANAGED = ". The file does not manage `active`: apply leaves it paused."
_HEALED = ". The file says active: true: apply resumes it."
_PAUSED = "is paused "
OUTSIDE = "outside cpctl"
"""What is said of a pause that nobody remembers."""


class Pause(NamedTuple):
    """The last thing that cpctl did to a job's `active`, where that was a pause.

    `at`, `settled`: ISO 8601 in UTC; from `settled` on nothing runs that was due before. `by`: as
    `Applied.by`.
    """

    number: int
    at: str
    settled: str
    by: str
    reason: str
    via: str


class PastSwitch(NamedTuple):
    """A pause or a resume of the history. `jobs`: their addresses."""

    active: bool
    jobs: tuple[str, ...]
    reason: str
    via: str


def past_switch(name: str, changes: str | None = None) -> PastSwitch | None:
    """What such a row of the ledger says; None of an apply's."""
    if name not in (PAUSE, RESUME) or changes is None:
        return None
    jobs = json.loads(changes)
    addresses = tuple(".".join(job["address"]) for job in jobs)
    return PastSwitch(name == RESUME, addresses, json.loads(jobs[0]["reason"]), jobs[0]["via"])


def pauses(rows: Iterable[Sequence[Any]]) -> Mapping[tuple[int, str], Pause]:
    """By jobid and owner, from rows of the ledger's query."""
    found = {}
    for jobid, owner, number, name, at, settled, role, job, commit, reason, via in rows:
        if name == PAUSE:
            known = ", ".join(filter(None, (job, commit[:7])))
            by = f"{role} ({known})" if known else role
            found[jobid, owner] = Pause(number, at, settled, by, json.loads(reason), via)
    return found


def since(pause: Pause, when: str) -> str:
    """`since Sun 22 Nov 03:12 by anna ("INC-381")`. `when`: its moment, in words."""
    said = f"since {when} by {pause.by}{through(pause.via)}"
    return f"{said} ({spoken(pause.reason)})" if pause.reason else said


def through(via: str) -> str:
    """` through the API`; empty for the command line."""
    return "" if via == CPCTL else f" through {via}"


def spoken(reason: str) -> str:
    """The reason between double quotes; what does not print is left to whoever prints."""
    escaped = reason.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def note(since: str = OUTSIDE, *, managed: bool) -> str:
    """What a plan says of a paused job. `managed`: the file says that it must be active."""
    return f"{_PAUSED}{since}{_HEALED if managed else _UNMANAGED}"


def since_in(what: str) -> str:
    """What such a note says of who did it; empty where nobody knows."""
    words = what.removesuffix(_UNMANAGED).removesuffix(_HEALED).removeprefix(_PAUSED)
    return words if words.startswith("since ") else ""


def encoded_pause(jobs: Iterable[Resource], *, active: bool, reason: str, via: str) -> str:
    """JSON as that of an apply's changes, in which each job also says why.

    PostgreSQL's JSON functions fail where the database's encoding lacks a sign that is escaped:
    names, which are from there, stand as they are, and the reason's spelling is a text.
    """
    changes = [_change(job, json.dumps(reason), via, active=active) for job in jobs]
    return json.dumps(changes, ensure_ascii=False)


def _change(job: Resource, reason: str, via: str, *, active: bool) -> dict[str, object]:
    facts = {name: job.facts[name] for name in ("jobid", "username", "name")}
    return {
        "address": [*job.address],
        "action": "update",
        "before": {"fields": {"active": job.fields["active"]}, "facts": facts},
        "after": {"fields": {"active": active}, "facts": facts},
        "jobid": facts["jobid"],
        "owner": facts["username"],
        "reason": reason,
        "via": via,
    }
