"""D4: what the history of runs tells."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from cpctl.core.diagnosis import Diagnosis, Found, Level, Unknown
from cpctl.operate.doctor.case import Case, Check, Job
from cpctl.operate.doctor.look import HISTORY, triggered
from cpctl.operate.doctor.messages import shown
from cpctl.operate.doctor.scheduler import installed
from cpctl.render.parts.moments import moment

_REMOVES = ("job_run_details", "remove_old_runs")
_KEEP = "DELETE FROM cron.job_run_details WHERE end_time < now() - interval '7 days'"
_FORGET = "DELETE FROM cron.job_run_details WHERE runid ="
_NO_CONNECTION = (
    "pg_cron does not get a connection for it, or its launcher hangs (D203)",
    "see the server's log; in pg_hba.conf the job's owner must get in without a password",
)


class Streak(NamedTuple):
    """Runs that failed, one after the other, up to the last one. `ever`: an older one succeeded."""

    number: int
    since: str
    message: str
    ever: bool


def streaks(case: Case) -> dict[int, Streak]:
    """By jobid; of a job that calls edge functions, what job_runs says."""
    found = {jobid: Streak(*rest) for jobid, *rest in case.rows.get("runs", ())}
    edges = {name: Streak(*rest) for name, *rest in case.rows.get("edge_runs", ())}
    for job in case.jobs:
        for name in triggered(job):
            if name in edges and job.jobid not in found:
                found[job.jobid] = edges[name]
    return found


def since(case: Case, streak: Streak) -> str:
    """`every run failed since Sun 22 Nov 14:00 (47 runs)`."""
    at = moment(streak.since, case.capabilities.timezone) if streak.since else "its first"
    if streak.number == 1:
        return f"its last run failed, {at}"
    which = "every run" if not streak.ever else f"the last {streak.number} runs"
    how_many = f" ({streak.number} runs)" if not streak.ever else ""
    return f"{which} failed since {at}{how_many}"


def _failures(case: Case) -> Found:
    known, seen = streaks(case), case.pairs("tables")
    for job in case.jobs:
        if case.runtime and not seen.get("job_runs") and any(triggered(job)):
            yield Unknown(f"{case.capabilities.role} may not read job_runs")
        if (streak := known.get(job.jobid)) and job.active:
            level: Level = "fail" if streak.number > 1 else "warn"
            what = "fails" if streak.number > 1 else "failed last"
            remedy = "mend what it calls; its next run tells"
            why = f"{since(case, streak)}: {shown(streak.message)}"
            yield case.about(job, "D401", level, what, why=why, remedy=remedy)


def _stuck(case: Case) -> Found:
    jobs = {job.jobid: job for job in case.jobs}
    for jobid, runid, status, over in case.rows["stuck"]:
        what = f"has a run that is stuck in {status} (runid {runid})"
        level: Level = "warn" if over else "fail"
        why, remedy = _NO_CONNECTION
        if over:
            why = "a restart of the server left it so; pg_cron never looks at it again"
            remedy = f"{_FORGET} {runid};"
        if job := jobs.get(jobid):
            yield case.about(job, "D402", level, what, why=why, remedy=remedy)
        else:
            yield Diagnosis("D402", level, f"jobid {jobid} {what}", why=why, remedy=remedy)


def _growth(case: Case) -> Found:
    counted, estimated, size = case.server.history or (0, 0, 0)
    if counted < HISTORY or any(map(_removes, case.jobs)):
        return
    more = "" if estimated > counted else " or more"
    rows = f"{_many(max(counted, estimated))} rows{more}"
    what = f"cron.job_run_details has {rows} ({_bytes(size)}) and no job removes old ones"
    yield Diagnosis("D410", "warn", what, remedy="add a job: " + _KEEP)


def _removes(job: Job) -> bool:
    command = job.command.lower()
    return job.active and any(name in command for name in _REMOVES)


def _many(number: int) -> str:
    return f"{number / 1e6:.1f} million" if number >= 1e6 else f"{number:,}".replace(",", " ")  # noqa: PLR2004


def _bytes(size: int) -> str:
    units: Iterator[tuple[str, int]] = iter((("GB", 1024**3), ("MB", 1024**2), ("kB", 1024)))
    for unit, length in units:
        if size >= length:
            return f"{size / length:.1f} {unit}"
    return f"{size} B"


CHECKS = (
    Check("D401", "jobs' last runs succeeded", _failures, installed, "runs"),
    Check("D402", "no run is stuck", _stuck, installed, "runs"),
    Check("D410", "old runs are removed", _growth, installed, "runs"),
)
