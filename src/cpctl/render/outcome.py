"""What an apply did: a line for each resource, then the one sentence that counts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from cpctl.core.change import Change, Delete, Update
from cpctl.core.plan import Plan
from cpctl.core.resource import Address, Resource
from cpctl.render.parts.escape import escaped
from cpctl.render.parts.runs import left_running
from cpctl.render.parts.summary import summary_shape
from cpctl.render.shapes import FORMAT_VERSION, AppliedShape, OutcomeShape

_DEEDS = ("Apply", "Rollback")
_VERBS = {"create": "created", "update": "updated", "delete": "deleted"}


class Done(Protocol):
    """What an apply tells beside its plan. `number`: its place in the ledger."""

    @property
    def seconds(self) -> float: ...
    @property
    def settled(self) -> bool: ...
    @property
    def number(self) -> int | None: ...


def outcome_text(
    plan: Plan, after: Mapping[Address, Resource], done: Done, settled: str = ""
) -> str:
    """The outcome on a terminal. `settled`: how a lost acknowledgement was made up for."""
    addresses = [escaped(str(change.address)) for change in plan.changes]
    width = max(map(len, addresses), default=0) + 4
    lines = [
        f"  {address:<{width}}{_verb(change):<11}{_jobid(change, after)}".rstrip()
        for address, change in zip(addresses, plan.changes, strict=True)
    ]
    counts = plan.summary
    complete = (
        f"{_DEEDS[plan.undoes is not None]} complete: {counts.create} created, "
        f"{counts.update} updated, {counts.delete} deleted ({done.seconds:.1f} s)."
    )
    matches = f"the database matches {' + '.join(plan.files)}"
    if plan.undoes is not None:
        matches = f"the database is as it was before apply {plan.undoes}"
    verified = f"Verified before commit: {matches}."
    lines.append(" ".join(filter(None, (settled, complete, verified))))
    if done.number is not None:
        lines.append(f"This was apply {done.number}. To undo it: cpctl rollback {done.number}")
    return "\n".join(lines)


def _verb(change: Change) -> str:
    renamed = isinstance(change, Update) and change.was is not None
    return "renamed" if renamed else _VERBS[change.action]


def _jobid(change: Change, after: Mapping[Address, Resource]) -> str:
    if isinstance(change, Delete):
        jobid = change.before.facts.get("jobid")
        was = f"was jobid {jobid}" if jobid else ""
        return "; ".join(filter(None, (was, left_running(change.before))))
    seen = after.get(change.address)
    jobid = seen.facts.get("jobid") if seen else None
    running = left_running(change.before) if isinstance(change, Update) and change.pauses else ""
    return "; ".join(filter(None, (f"jobid {jobid}" if jobid else "", running)))


def outcome_json(plan: Plan, after: Mapping[Address, Resource], done: Done) -> OutcomeShape:
    """The outcome for programs; `applied` is empty where there was nothing to do."""
    applied: list[AppliedShape] = []
    for change in plan.changes:
        seen = change.before if isinstance(change, Delete) else after.get(change.address)
        jobid = seen.facts.get("jobid") if seen else None
        applied.append(
            {
                "address": str(change.address),
                "action": change.action,
                "jobid": None if jobid is None else str(jobid),
            }
        )
    return {
        "format_version": FORMAT_VERSION,
        "outcome": "applied" if applied else "unchanged",
        "applied": applied,
        "seconds": round(done.seconds, 3),
        "settled": done.settled,
        "apply": None if done.number is None else str(done.number),
        "summary": summary_shape(plan),
    }
