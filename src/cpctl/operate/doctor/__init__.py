"""What is wrong with a running scheduler: checks, each with a code that docs/doctor.md explains.

One check is one function over a Case. To add one: write it where its subject is, list it in that
file's CHECKS, explain its code.
"""

from __future__ import annotations

from cpctl.core.acting import grant
from cpctl.core.diagnosis import Checked, Diagnosis, Report, Unknown
from cpctl.core.plan import target_of
from cpctl.operate.doctor import functions, jobs, runs, runtime, scheduler, stores, urls
from cpctl.operate.doctor.case import Case, Check, Options
from cpctl.operate.doctor.look import look
from cpctl.postgres.session import Session
from cpctl.scene import Task

__all__ = ["CHECKS", "Options", "examine"]

CHECKS: tuple[Check, ...] = (
    *scheduler.CHECKS,
    *jobs.CHECKS,
    *functions.CHECKS,
    *stores.CHECKS,
    *runs.CHECKS,
    *urls.CHECKS,
    *runtime.CHECKS,
)

FAILURES = "D401"
"""Runs that fail are told with their cause, where that is known."""


def examine(task: Task, session: Session, options: Options) -> Report:
    """Look, and judge. Raises CpctlError; Refused where `expect` names another database."""
    case = look(task, session, options)
    checked = [_checked(check, case) for check in CHECKS if check.applies(case)]
    capabilities = case.capabilities
    return Report(
        name=case.document.name,
        target=target_of(capabilities),
        superuser=capabilities.superuser,
        as_of=capabilities.as_of,
        checks=tuple(_explained(checked, case)),
    )


def _checked(check: Check, case: Case) -> Checked:
    if check.reads and check.reads not in case.rows:
        return Checked(check.code, check.asks, (), (_unreadable(case, check.reads),))
    found = list(check.look(case))
    unknown = dict.fromkeys(it.why for it in found if isinstance(it, Unknown))
    diagnoses = tuple(it for it in found if isinstance(it, Diagnosis))
    return Checked(check.code, check.asks, diagnoses, tuple(unknown))


def _unreadable(case: Case, query: str) -> str:
    """Why the rows of a query are not there, and the right that is missing."""
    capabilities, role = case.capabilities, case.capabilities.role
    rights = [] if capabilities.cron_usage else ["USAGE ON SCHEMA cron"]
    table = "cron.job_run_details" if query == "runs" else "cron.job"
    readable = capabilities.runs_readable if query == "runs" else capabilities.jobs_readable
    rights += [] if readable else [f"SELECT ON {table}"]
    return f"{role} may not read {table}: {' '.join(grant(right, role) for right in rights)}"


def _explained(checked: list[Checked], case: Case) -> list[Checked]:
    """A job whose runs fail for a reason that was found is told once, with both."""
    failing = {it.address for one in checked if one.code == FAILURES for it in one.found}
    found = [it for one in checked for it in one.found if it.code.startswith("D3")]
    causes = {it.address for it in found if it.level == "fail"} & failing
    known, jobs_of = runs.streaks(case), {job.address: job.jobid for job in case.jobs}

    def told(it: Diagnosis) -> Diagnosis:
        if it.address not in causes or not it.code.startswith("D3") or it.address is None:
            return it
        return it._replace(why=runs.since(case, known[jobs_of[it.address]]))

    return [
        one._replace(
            found=tuple(
                told(it) for it in one.found if it.code != FAILURES or it.address not in causes
            )
        )
        for one in checked
    ]
