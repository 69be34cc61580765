"""The rights that jobs need: EXECUTE on those functions of pg_cron that not everybody may call."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cpctl.core.cron_calls import Call, Calls, CronJob, cron_job
from cpctl.core.kind import Survey
from cpctl.core.resource import Address, Resource
from cpctl.core.rights import Request, Right
from cpctl.core.sql import identifier


def rights(survey: Survey, request: Request) -> Iterator[Right]:
    """For what would change today, and for bringing the file to a server that has none of it."""
    if not request.applies:
        return
    calls = Calls(survey.context.capabilities)
    for change in survey.changes:
        yield from _missing(calls.of(change), change.address)
    for address, resource in survey.declared.items():
        if resource.fields:
            job = cron_job(resource)
            yield from _missing([calls.create(job)], address)
            yield from _missing(_later(calls, job, resource, survey), address, optional=True)
    yield from _logins(survey)


def _missing(calls: Iterable[Call], address: Address, *, optional: bool = False) -> Iterator[Right]:
    for call in calls:
        if call.missing is not None:
            when = "later changes" if optional else "call"
            why = f"{when}: cron.{call.missing.what}"
            yield Right(call.missing.remedy, why, address, optional)


def _later(calls: Calls, job: CronJob, declared: Resource, survey: Survey) -> Iterator[Call]:
    """What somebody's hand, or the next version of the file, may make necessary."""
    if job.database != survey.context.capabilities.home:
        yield calls.alter(job, ("schedule",))
    if "active" in declared.fields:
        yield calls.alter(job, ("active",))
    if "jobs" in survey.context.scope:
        yield calls.unschedule(job)


def _logins(survey: Survey) -> Iterator[Right]:
    owners = survey.context.capabilities.owners
    declared = {str(r.facts["username"]) for r in survey.declared.values() if r.fields}
    for name in sorted(declared & owners.keys()):
        if not owners[name].can_login:
            say = f"{name} may not log in, and a new job of it is refused"
            yield Right("", f"{say}: ALTER ROLE {identifier(name)} LOGIN;")
