"""pg_cron's functions: which one does what, as whom, and the right it takes.

What each call may and may not change was found by running it: docs/facts.md, section 1.4.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from cpctl.core.acting import acting, caller, cron_usage, functions_for, grant, membership
from cpctl.core.capabilities import Capabilities
from cpctl.core.change import Change, Create, Delete, Update
from cpctl.core.resource import NAME, Resource
from cpctl.core.statement import Parameter

SIGNATURES = {
    "alter_job": "bigint,text,text,text,text,boolean",
    "schedule": "text,text,text",
    "schedule_in_database": "text,text,text,text,text,boolean",
    "unschedule": "bigint",
}


def executing(function: str) -> str:
    """The right to call one of them."""
    return f"EXECUTE ON FUNCTION cron.{function}({SIGNATURES[function]})"


def public_functions(everybody: Collection[str]) -> frozenset[str]:
    """Those that PUBLIC may call. `everybody`: all its rights."""
    return frozenset(name for name in SIGNATURES if executing(name) in everybody)


class CronJob(NamedTuple):
    """A row of cron.job as its functions see it; `jobid` is None before it exists."""

    name: str
    owner: str
    schedule: str
    command: str
    database: str
    active: bool
    jobid: int | None


def cron_job(resource: Resource) -> CronJob:
    """The row that a resource of kind `job` stands for."""
    fields, facts = resource.fields, resource.facts
    jobid = facts.get("jobid")
    return CronJob(
        name=str(fields.get(NAME, facts["name"])),
        owner=str(facts["username"]),
        schedule=str(fields["schedule"]),
        command=str(fields["command"]),
        database=str(fields["database"]),
        active=fields.get("active") is not False,
        jobid=jobid if isinstance(jobid, int) else None,
    )


class Missing(NamedTuple):
    """A right that is not there: for what, and the GRANT that gives it."""

    what: str
    remedy: str


class Call(NamedTuple):
    """One call: its SQL with `$1` …, its parameters, the role to act as, the right it lacks."""

    sql: str
    params: tuple[Parameter, ...]
    role: str | None
    missing: Missing | None


@dataclass(frozen=True, slots=True)
class Calls:
    """The calls that a role with these capabilities makes."""

    capabilities: Capabilities

    def of(self, change: Change) -> tuple[Call, ...]:
        """The one call that makes this change; a job in a new name with other changes takes two."""
        match change:
            case Create(after=after):
                return (self.create(cron_job(after)),)
            case Update(after=after):
                job, changed = cron_job(after), [it for it in change.changed if it != NAME]
                altered = (self.alter(job, changed),) if changed else ()
                return altered if change.was is None else (self.rename(job), *altered)
            case Delete(before=before):
                return (self.unschedule(cron_job(before)),)

    def rename(self, job: CronJob) -> Call:
        """No function changes a name; an UPDATE does, and the jobid and the run history stay."""
        params = (job.name, job.jobid)
        return Call("UPDATE cron.job SET jobname = $1 WHERE jobid = $2", params, None, None)

    def create(self, job: CronJob) -> Call:
        """One `schedule`, or `schedule_in_database` where it alone can say what is asked."""
        arguments: dict[str, Parameter] = {
            "job_name": job.name,
            "schedule": job.schedule,
            "command": job.command,
        }
        superuser = acting(job.owner, self.capabilities) == "superuser"
        if not superuser and job.active and job.database == self.capabilities.home:
            return self._call("schedule", arguments, job)
        arguments["database"] = job.database
        if superuser:
            arguments["username"] = job.owner
        if not job.active:
            arguments["active"] = False
        return self._call("schedule_in_database", arguments, job)

    def alter(self, job: CronJob, changed: Collection[str]) -> Call:
        """One `alter_job` of the changed fields: the jobid and the run history stay.

        Without EXECUTE on it, `schedule` changes schedule and command of a job that runs in
        pg_cron's own database (from 1.6.3 on it would move any other back there).
        """
        granted = functions_for(job.owner, self.capabilities)
        at_home = job.database == self.capabilities.home
        if "alter_job" not in granted and at_home and {"schedule", "command"} >= set(changed):
            arguments = {"job_name": job.name, "schedule": job.schedule, "command": job.command}
            return self._call("schedule", arguments, job)
        values = job._asdict()
        altered = {"job_id": job.jobid, **{name: values[name] for name in changed}}
        # Without a username PostgreSQL asks whether the *caller* may connect to the new database,
        # and where cron.enable_superuser_jobs is off a superuser may alter nothing at all.
        superuser = acting(job.owner, self.capabilities) == "superuser"
        if superuser and ("database" in changed or not self.capabilities.superuser_jobs):
            altered["username"] = job.owner
        return self._call("alter_job", altered, job)

    def unschedule(self, job: CronJob) -> Call:
        """By jobid: a name finds only the caller's own job."""
        return self._call("unschedule", {"job_id": job.jobid}, job)

    def _call(self, function: str, arguments: Mapping[str, Parameter], job: CronJob) -> Call:
        assumed = acting(job.owner, self.capabilities) == "assumed"
        return Call(
            _named(function, tuple(arguments)),
            tuple(arguments.values()),
            job.owner if assumed else None,
            _missing(function, job.owner, self.capabilities),
        )


# Thousands of jobs make the same few calls for the same few owners.


@lru_cache(maxsize=256)
def _named(function: str, arguments: tuple[str, ...]) -> str:
    named = ", ".join(f"{name} := ${n}" for n, name in enumerate(arguments, 1))
    return f"SELECT cron.{function}({named})"


@lru_cache(maxsize=1024)
def _missing(function: str, owner: str, capabilities: Capabilities) -> Missing | None:
    who = caller(owner, capabilities)
    if acting(owner, capabilities) is None:
        return Missing(f"belongs to {owner}", membership(owner, capabilities))
    if not cron_usage(owner, capabilities):
        return Missing("schema cron", grant("USAGE ON SCHEMA cron", who))
    if function not in functions_for(owner, capabilities):
        return Missing(function, grant(executing(function), who))
    return None
