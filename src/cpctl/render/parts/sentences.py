"""The sentences that say the same in every format."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from cpctl.core.finding import Finding
from cpctl.core.plan import Plan, Target
from cpctl.core.resource import Address
from cpctl.render.parts.escape import escaped

MISSING_RIGHT = "MISSING_RIGHT"
PAUSED = "PAUSED"
NOT_COMPARED = "NOT_COMPARED"

_FEW = 3
"""So many of the same are read one by one; more are said once …"""
_ONE_REMEDY = frozenset({"NO_SCHEMA", "NO_ROLE", "NOT_IN_MIGRATION"})
"""… and of these, which one thing mends, by number."""


def count(number: int, thing: str) -> str:
    """`1 job`, `2 jobs`."""
    return f"{number} {thing}{'' if number == 1 else 's'}"


def header(plan: Plan) -> str:
    """Which file for which database: the question nobody should have to ask."""
    name = plan.name if plan.undoes is None else f"{plan.name} as before apply {plan.undoes}"
    return headline(name, plan.target)


def headline(name: str, target: Target) -> str:
    """`content-pipeline -> postgres@localhost:5432/postgres (PostgreSQL 17.12, pg_cron 1.6)`."""
    versions = f"PostgreSQL {target.server_version}, pg_cron {target.pg_cron_version or 'none'}"
    return escaped(f"{name} -> {target.where} ({versions})")


def files(plan: Plan) -> str:
    """The names of the files, as the user gave them."""
    return escaped(" + ".join(plan.files))


def said(finding: Finding) -> str:
    """`job.x is paused. Remedy: …`: the address is the subject, `what` its predicate."""
    subject = f"{finding.address} " if finding.address else ""
    text = f"{subject}{finding.what}".rstrip()
    if finding.remedy:
        text = f"{text}{'' if text.endswith('.') else '.'} Remedy: {finding.remedy}"
    return escaped(text)


def coded(finding: Finding) -> str:
    """`CODE`, or `CODE: what`, where the address stands above."""
    return escaped(f"{finding.code}: {finding.what}" if finding.what else finding.code)


def coded_whole(finding: Finding) -> str:
    """`CODE: job.x …. Remedy: …`, where nothing stands above."""
    return f"{escaped(finding.code)}: {said(finding)}"


def gathered(findings: Iterable[Finding]) -> list[Finding]:
    """In their order; many that differ only in whom they are about become one."""
    groups: dict[Finding, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(finding._replace(address=None), []).append(finding)
    return [
        one
        for group in groups.values()
        for one in (group if len(group) <= _FEW else [_for_all(*group)])
    ]


def _for_all(first: Finding, *others: Finding) -> Finding:
    addresses = [one.address for one in others if one.address is not None]
    if not addresses:
        return first
    counted = first.code in _ONE_REMEDY
    named = kinds(addresses) if counted else ", ".join(map(str, addresses))
    return first._replace(what=f"{first.what.rstrip('.')}. The same holds for {named}.")


def kinds(addresses: Iterable[Address]) -> str:
    """`2 jobs, 1 setting`."""
    counted = Counter(address.kind for address in addresses)
    return ", ".join(count(number, kind) for kind, number in sorted(counted.items()))


def unmanaged(plan: Plan, *, verbose: bool) -> list[str]:
    """How many resources nobody declared, and which they are."""
    if not plan.unmanaged or plan.undoes is not None:
        return []
    counted = f"Unmanaged: {kinds(plan.unmanaged)}"
    if not verbose:
        return [f"{counted} (--verbose)."]
    return [f"{counted}.", *(f"  {escaped(str(address))}" for address in plan.unmanaged)]


def remarks(plan: Plan, *, leave_out: str = "") -> list[str]:
    """Everything that deserves a word although it is no change."""
    return [*_not_compared(plan), *(said(note) for note in plan.notes if note.code != leave_out)]


def _not_compared(plan: Plan) -> list[str]:
    """A plan that cannot know must not look as if it knew; a note of the same is not repeated."""
    noted = {note.address for note in plan.notes if note.code == NOT_COMPARED}
    unsaid = [escaped(str(address)) for address in plan.incomplete if address not in noted]
    if not unsaid:
        return []
    verb = "was" if len(unsaid) == 1 else "were"
    secrets = count(len(unsaid), "secret")
    return [f"{secrets} {verb} not compared, for want of a value: {', '.join(unsaid)}."]


def uncompared(plan: Plan) -> tuple[Address, ...]:
    """Secrets of which nobody knows whether they are equal: no source, or the role may not look."""
    noted = (note.address for note in plan.notes if note.code == NOT_COMPARED)
    return tuple(dict.fromkeys((*plan.incomplete, *filter(None, noted))))


def counts(plan: Plan) -> str:
    """`1 to create, 0 to update, 0 to delete (1 statement)`."""
    summary = plan.summary
    parts = f"{summary.create} to create, {summary.update} to update, {summary.delete} to delete"
    return f"{parts} ({count(summary.statements, 'statement')})"


def settled(plan: Plan) -> str:
    """What an empty plan says, and no more than it knows."""
    apart = ", apart from what was not compared" if uncompared(plan) else ""
    return f"No changes. The database matches {files(plan)}{apart}."


def matching(plan: Plan) -> int:
    """How many resources are known to be as the file has them."""
    changed = {change.address for change in plan.changes}
    unknown = sum(address not in changed for address in uncompared(plan))
    return plan.summary.unchanged - unknown
