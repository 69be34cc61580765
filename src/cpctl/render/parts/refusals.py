"""Why an apply would write nothing, with the lines that a superuser can paste."""

from __future__ import annotations

from collections.abc import Sequence

from cpctl.core.finding import Finding
from cpctl.core.plan import Plan
from cpctl.render.parts.escape import escaped
from cpctl.render.parts.sentences import MISSING_RIGHT, said
from cpctl.render.parts.values import width


def refusal_lines(plan: Plan) -> list[str]:
    """One table of all missing rights, then a line for each other refusal."""
    others = [finding for finding in plan.refusals if finding.code != MISSING_RIGHT]
    return [*_rights(plan), *(f"Refused: {said(finding)}" for finding in others)]


def _rights(plan: Plan) -> list[str]:
    missing = [finding for finding in plan.refusals if finding.code == MISSING_RIGHT]
    if not missing:
        return []
    rows = [(str(f.address or ""), f.what, f.remedy) for f in missing]
    cells = [tuple(map(escaped, row)) for row in rows]
    first, second = width(row[0] for row in cells), width(row[1] for row in cells)
    return [
        f"Refused: {escaped(plan.target.role)} may not do {_share(plan, missing)}.",
        *(f"  {a:<{first}}   {what:<{second}}    {right}".rstrip() for a, what, right in cells),
        "Remedy: have a superuser run these lines, then run the same command again.",
    ]


def _share(plan: Plan, missing: Sequence[Finding]) -> str:
    changes = len(plan.changes)
    stopped = len({finding.address for finding in missing})
    return "this change" if changes == 1 else f"{stopped} of these {changes} changes"
