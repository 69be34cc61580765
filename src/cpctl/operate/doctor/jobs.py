"""D2: whether the jobs of the file are there, active, and run when one would think."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from itertools import islice
from shlex import quote

from cpctl.core.acting import acting, membership
from cpctl.core.diagnosis import Diagnosis, Found, Unknown
from cpctl.core.job_address import adopting, stranger
from cpctl.core.paused import pause_under
from cpctl.core.pauses import pauses
from cpctl.core.resource import Resource
from cpctl.core.speech import Clock
from cpctl.operate.doctor.case import Case, Check, Job
from cpctl.operate.doctor.scheduler import installed
from cpctl.render.parts.paused import whose
from cpctl.schedule.fires import next_fires
from cpctl.schedule.meaning import Times
from cpctl.schedule.server import release_for
from cpctl.schedule.speech import known_zone, zone_of
from cpctl.schedule.verdict import meaning_of

PAUSES = "ledger_pauses"
"""The query of the ledger that tells of them."""

_ABSENT = "is in the file, and not in the database"

MOST_TIMES = 4
"""So often a day a job may run, and still at times that somebody chose."""

_UPKEEP = re.compile(r"\b(recover_edge_functions|remove_old_runs)\s*\(")


def upkeep(resource: Resource) -> str:
    """Which of the runtime's own jobs this is, by what it calls; empty: none."""
    found = _UPKEEP.search(str(resource.fields.get("command", "")))
    return found[1] if found else ""


def hidden(case: Case, resource: Resource) -> Unknown | None:
    """Whether row security hides such a job: then it is not known to be missing."""
    owner, capabilities = str(resource.facts["username"]), case.capabilities
    if capabilities.rows_hidden and acting(owner, capabilities) is None:
        return Unknown(f"row security hides the jobs of {owner}: {membership(owner, capabilities)}")
    return None


def declared(case: Case) -> list[tuple[Resource, Job | None]]:
    """Each job that the file declares, and the row that it is."""
    rows = {job.address: job for job in case.ours}
    return [(it, rows.get(address)) for address, it in case.scene.declared["job"].items()]


def _missing(case: Case) -> Found:
    others = strangers(case)
    for resource, job in declared(case):
        if job is None and not upkeep(resource):
            what, remedy = others.get(resource.facts["name"]) or (_ABSENT, "cpctl apply")
            address, place = resource.address, case.place(resource)
            found = Diagnosis("D201", "fail", what, address, remedy=remedy, place=place)
            yield hidden(case, resource) or found


def strangers(case: Case) -> Mapping[object, tuple[str, str]]:
    """By name: what is said of a job that is missing while another role has one so called.

    And the remedy: an apply would refuse to make a second one.
    """
    role, owners = case.capabilities.role, {job.name: job.username for job in case.jobs}
    return {name: (stranger(it, role), adopting(it)) for name, it in owners.items()}


def _paused(case: Case) -> Found:
    """Unless the file says so."""
    for resource, job in declared(case):
        meant = resource.fields.get("active") is False
        if job is not None and not job.active and not meant and not upkeep(resource):
            why = "the file says active: true" if resource.fields.get("active") else ""
            remedy = "cpctl apply" if why else resume(job)
            yield case.about(job, "D202", "warn", paused(case, job), why=why, remedy=remedy)


def paused(case: Case, job: Job) -> str:
    """`is paused since Sun 22 Nov 03:12 by anna ("INC-381")`; less where no ledger tells."""
    if (rows := case.rows.get(PAUSES)) is None:
        return "is paused"
    began = {jobid: started or "" for jobid, _, _, started in case.rows.get("last_runs", ())}
    pause = pause_under((job.jobid, job.username), began.get(job.jobid, ""), pauses(rows))
    clock = case.capabilities
    zone = Clock(clock.pg_cron_version or "", clock.timezone, clock.as_of)
    return f"is paused {whose(pause, zone)}"


def resume(job: Job) -> str:
    """The command that lets a job run again; it also says who paused it, and remembers who did."""
    return f"cpctl resume {quote(str(job.address).removeprefix('job.'))}"


def _copies(case: Case) -> Found:
    """docs/facts.md, section 1.6."""
    if case.capabilities.background_workers:
        return
    for job in case.jobs:
        if job.named.copies:
            what = "copies from or to the client, and pg_cron has none to offer"
            why = "its launcher spins for ever then: no job of this server runs"
            yield case.about(job, "D203", "fail", what, why=why, remedy=_instead(job))


def _instead(job: Job) -> str:
    """An apply would make a job of the file again, COPY and all."""
    other = "COPY to a file, or INSERT"
    if job.declared is None:
        return f"SELECT cron.unschedule({job.jobid}); and {other}"
    return f"change the command in the file ({other}), then cpctl apply"


def _zone(case: Case) -> Found:
    """Silent where the file says which zone it expects."""
    zone, there = case.options.zone, case.capabilities.timezone
    expects = any(key == "timezone" and glob is not None for key, glob in case.document.expect)
    if not zone or not known_zone(zone) or not known_zone(there) or expects:
        return
    moved = [(job, local) for job in case.ours if (local := _local(case, job, zone))]
    if moved:
        job, local = moved[0]
        more = f", and so with {len(moved) - 1} more" if len(moved) > 1 else ""
        what = f'cron.timezone is {there}; "{job.schedule}" is {local:%H:%M} in {zone} today{more}'
        remedy = f"if that is meant, say so in the file: expect: {{timezone: {there}}}"
        yield case.about(job, "D220", "warn", what, remedy=remedy)._replace(address=None)


def _local(case: Case, job: Job, zone: str) -> datetime | None:
    """The next run of a job that runs at few times, by a clock of that zone, where it differs."""
    clock = case.capabilities
    meaning = meaning_of(job.schedule, release_for(clock.pg_cron_version or ""))
    if not isinstance(meaning, Times) or len(meaning.hours) * len(meaning.minutes) > MOST_TIMES:
        return None
    there, here = zone_of(clock.timezone), zone_of(zone)
    for fire in islice(next_fires(meaning, datetime.fromisoformat(clock.as_of), there), 1):
        if fire.astimezone(there).utcoffset() != fire.astimezone(here).utcoffset():
            return fire.astimezone(here)
    return None


CHECKS = (
    Check("D201", "the file's jobs are in the database", _missing, installed, "jobs"),
    Check("D202", "the file's jobs are active", _paused, installed, "jobs"),
    Check("D203", "no command copies from or to the client", _copies, installed, "jobs"),
    Check(
        "D220",
        "jobs run at the local time that their schedules seem to say",
        _zone,
        installed,
        "jobs",
    ),
)
