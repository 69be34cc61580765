"""The calls that switch jobs on or off, each as the job's owner, or why they may not be made."""

from __future__ import annotations

from collections.abc import Sequence

from cpctl.core.cron_calls import Call, Calls, cron_job
from cpctl.core.kind import Context
from cpctl.core.resource import Resource
from cpctl.errors import Refused
from cpctl.postgres.session import Session


def alter_active(
    session: Session, context: Context, changed: Sequence[Resource], *, active: bool
) -> tuple[Call, ...]:
    """One alter_job for each. Raises Refused where a right is missing."""
    capabilities = context.capabilities
    owners = {str(job.facts["username"]) for job in changed}
    if not capabilities.superuser and owners - capabilities.owners.keys() - {capabilities.role}:
        capabilities = session.probe_again(sorted(owners | context.owners))
    calling = Calls(capabilities)
    rows = (cron_job(job)._replace(active=active) for job in changed)
    calls = tuple(calling.alter(row, ["active"]) for row in rows)
    _refuse(capabilities.role, changed, calls)
    return calls


def _refuse(role: str, jobs: Sequence[Resource], calls: Sequence[Call]) -> None:
    lacking = [(job.address, c.missing) for job, c in zip(jobs, calls, strict=True) if c.missing]
    if not lacking:
        return
    remedy = " ".join(dict.fromkeys(missing.remedy for _, missing in lacking))
    if len(jobs) == 1:
        ((address, missing),) = lacking
        what = f"{role} may not do this: {missing.what}. Nothing was written."
        raise Refused(what, where=str(address), remedy=remedy)
    raise Refused(
        f"{role} may not do this to {len(lacking)} of {len(jobs)} jobs. Nothing was written.",
        details=tuple(f"{address}    {missing.what}" for address, missing in lacking),
        remedy=remedy,
    )
