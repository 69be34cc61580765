"""Why an apply would write nothing, with the lines that a superuser can paste."""

from __future__ import annotations

from collections.abc import Sequence
from shlex import quote
from typing import NamedTuple

from cpctl.core.finding import Finding
from cpctl.core.plan import Plan
from cpctl.render.parts.escape import escaped
from cpctl.render.parts.sentences import MISSING_RIGHT, gathered, said
from cpctl.render.parts.values import width

USUAL, STDIN = "scheduler.yaml", "<stdin>"


class Refusal(NamedTuple):
    """Why an apply stops before it writes anything, as the parts of one error."""

    where: str
    what: str
    details: tuple[str, ...]
    remedy: str


def refusal(plan: Plan) -> Refusal:
    """All refusals of a plan that has some, as one error."""
    missing, others = _parted(plan)
    if not missing:
        first, *rest = others
        details = tuple(f"{said(finding)}" for finding in rest)
        what = f"{_sentence(first)} Nothing was written."
        return Refusal("", what, details, escaped(first.remedy))
    if len(missing) == 1:
        return _one_right(plan, missing[0], others)
    details = (*_table(missing), *map(said, others), "Nothing was written.")
    return Refusal("", _may_not(plan, missing), details, _superuser(plan))


def _one_right(plan: Plan, missing: Finding, others: Sequence[Finding]) -> Refusal:
    what = f"{plan.target.role} may not do this: {missing.what}. Nothing was written."
    where = str(missing.address or "")
    return Refusal(escaped(where), escaped(what), tuple(map(said, others)), escaped(missing.remedy))


def refusal_lines(plan: Plan) -> list[str]:
    """One table of all missing rights, then a line for each other refusal."""
    missing, others = _parted(plan)
    lines = [f"Refused: {said(finding)}" for finding in others]
    if not missing:
        return lines
    table = (f"  {line}" for line in _table(missing))
    return [f"Refused: {_may_not(plan, missing)}", *table, f"Remedy: {_superuser(plan)}", *lines]


def _superuser(plan: Plan) -> str:
    """Who can mend it: all rights of the file at once, where the file can be read again."""
    if STDIN in plan.files or plan.undoes is not None:
        return "have a superuser run these lines, then run the same command again."
    files = "" if plan.files == (USUAL,) else "".join(f" -f {quote(file)}" for file in plan.files)
    command = f"cpctl grants --for apply --role {quote(plan.target.role)}{files} | psql"
    return escaped(f"have a superuser run: {command}")


def _parted(plan: Plan) -> tuple[list[Finding], list[Finding]]:
    missing = [finding for finding in plan.refusals if finding.code == MISSING_RIGHT]
    others = (finding for finding in plan.refusals if finding.code != MISSING_RIGHT)
    return missing, gathered(others)


def _sentence(finding: Finding) -> str:
    text = said(finding._replace(remedy=""))
    return text if text.endswith(".") else f"{text}."


def _may_not(plan: Plan, missing: Sequence[Finding]) -> str:
    return f"{escaped(plan.target.role)} may not do {_share(plan, missing)}."


def _table(missing: Sequence[Finding]) -> list[str]:
    rows = [(str(f.address or ""), f.what, f.remedy) for f in missing]
    cells = [tuple(map(escaped, row)) for row in rows]
    first, second = width(row[0] for row in cells), width(row[1] for row in cells)
    return [f"{a:<{first}}   {what:<{second}}    {right}".rstrip() for a, what, right in cells]


def _share(plan: Plan, missing: Sequence[Finding]) -> str:
    changes = len(plan.changes)
    stopped = len({finding.address for finding in missing})
    return "this change" if changes == 1 else f"{stopped} of these {changes} changes"
