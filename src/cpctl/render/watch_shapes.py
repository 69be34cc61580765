"""The JSON of a running scheduler as types, as `shapes.py` has that of plans.

What the Scheduler Management API has, has its names here.
"""

from __future__ import annotations

import sys
from typing import Annotated, Literal

from cpctl.render.shapes import AddressText, Format, Says, TargetShape

if sys.version_info >= (3, 12):
    from typing import TypedDict
else:
    from typing_extensions import TypedDict

AsOf = Annotated[str, Says("The database's clock when it was read, ISO 8601.")]
Name = Annotated[str, Says("The name of the file.")]
LastRun = Annotated[str | None, Says("When its last run began, ISO 8601; null: none is known.")]
NextRun = Annotated[
    str | None,
    Says("When it runs next, ISO 8601; null: never, paused, or only pg_cron's launcher knows."),
]
Missing = Annotated[list[str], Says("Addresses of jobs in the file that the database lacks.")]
Error = Annotated[
    str | None, Says("What its last run said, if the last one that is over has failed.")
]


class PausedShape(TypedDict):
    """Who paused a job, where the ledger remembers that."""

    paused_by: Annotated[str | None, Says("Who paused it with cpctl; null: nobody, or not known.")]
    paused_since: Annotated[str | None, Says("When that was, ISO 8601.")]
    paused_because: Annotated[str | None, Says("The reason that was given.")]


class PausedJobShape(PausedShape):
    """One paused job."""

    address: AddressText


class LookedShape(TypedDict):
    """Where runs were looked for."""

    tables: Annotated[list[str], Says("The tables; job_runs of the runtime comes first.")]
    runs: Annotated[int, Says("How many of the newest runs were looked at, at the most.")]
    complete: Annotated[bool, Says("Whether those were all.")]


class JobShape(TypedDict):
    """One job, with the keys that the scheduler's guide has."""

    job_name: Annotated[str | None, Says("Its name; null where it has none.")]
    schedule: Annotated[str, Says("Its schedule, as the database has it.")]
    command: Annotated[str, Says("Its command.")]
    active: Annotated[bool, Says("False: it is paused.")]
    last_run: LastRun
    next_run: NextRun


class WatchedShape(JobShape, PausedShape):
    """One job of cron.job."""

    address: AddressText
    jobid: Annotated[str, Says("Its jobid.")]
    username: Annotated[str, Says("Its owner.")]
    database: Annotated[str, Says("The database that it runs in.")]
    declared: Annotated[bool, Says("False: it is in the file's scope, and not in the file.")]
    function: Annotated[str | None, Says("The edge function that it calls.")]
    last_status: Annotated[str | None, Says("What became of its last run; running: not over yet.")]
    error: Error


class StatusShape(TypedDict):
    """`cpctl status --format json`: how the file's jobs are, in numbers."""

    format_version: Format
    as_of: AsOf
    target: TargetShape
    name: Name
    total_jobs: Annotated[int, Says("Jobs of the file and in its scope; not the runtime's own.")]
    active_jobs: Annotated[int, Says("Those that are not paused.")]
    failed_jobs: Annotated[int, Says("Those whose last run that is over has failed.")]
    last_run: LastRun
    next_run: NextRun
    paused: Annotated[list[str], Says("Addresses of those that are paused.")]
    paused_jobs: Annotated[list[PausedJobShape], Says("The same, with who paused them.")]
    failed: Annotated[list[str], Says("Addresses of those that failed last.")]
    running: Annotated[list[str], Says("Addresses of those whose last run is not over.")]
    missing: Missing
    unmanaged: Annotated[int, Says("Jobs of the database that are none of the file's.")]
    looked: LookedShape


class JobsShape(TypedDict):
    """`cpctl jobs --format json`: the file's jobs as the database has them."""

    format_version: Format
    as_of: AsOf
    target: TargetShape
    name: Name
    jobs: Annotated[list[WatchedShape], Says("Sorted by address.")]
    count: Annotated[int, Says("How many those are.")]
    upkeep: Annotated[list[WatchedShape], Says("The runtime's own jobs.")]
    missing: Missing
    unmanaged: Annotated[
        list[WatchedShape], Says("Jobs that are none of the file's; listed with --verbose.")
    ]
    looked: LookedShape


class ComponentShape(TypedDict):
    """How one job is, with the keys that the guide has."""

    component: Annotated[str, Says("Its name.")]
    status: Annotated[
        Literal["healthy", "unhealthy", "inactive"],
        Says("unhealthy: it failed last, or an alert is open; inactive: it is paused."),
    ]
    last_run: LastRun
    next_run: NextRun
    error_count: Annotated[int, Says("Runs that failed in seven days.")]
    success_rate: Annotated[
        float | None, Says("In percent, of seven days; null where nothing ran.")
    ]


class WatchedComponentShape(ComponentShape, PausedShape):
    """How one job is."""

    address: AddressText
    alerted: Annotated[bool, Says("Whether an alert about its function is open.")]
    error: Error


class HealthSummaryShape(TypedDict):
    """Counts."""

    total_jobs: Annotated[int, Says("Jobs of the file and in its scope; not the runtime's own.")]
    healthy_jobs: Annotated[int, Says("Those that run, and did not fail last.")]
    inactive_jobs: Annotated[int, Says("Those that are paused.")]
    overall_health: Annotated[
        float | None, Says("Healthy jobs in percent of all; null where there are none.")
    ]


class HealthShape(TypedDict):
    """`cpctl health --format json`: how each of the file's jobs is."""

    format_version: Format
    as_of: AsOf
    target: TargetShape
    name: Name
    health: Annotated[list[WatchedComponentShape], Says("Sorted by address.")]
    summary: HealthSummaryShape
    missing: Missing
    looked: LookedShape


class RunShape(TypedDict):
    """One run."""

    source: Annotated[
        Literal["cron.job_run_details", "job_runs"], Says("The table that it is from.")
    ]
    id: Annotated[str, Says("Its runid, or its id in job_runs.")]
    address: AddressText
    jobid: Annotated[str | None, Says("The job that began it; null: somebody by hand.")]
    function: Annotated[str | None, Says("The edge function that was called.")]
    status: Annotated[str, Says("succeeded, failed; or running, starting, connecting, sending.")]
    started_at: Annotated[str | None, Says("When it began, ISO 8601.")]
    completed_at: Annotated[str | None, Says("When it was over, ISO 8601.")]
    processing_time_ms: Annotated[int | None, Says("How long it took.")]
    error_message: Annotated[str | None, Says("What went wrong.")]
    error_code: Annotated[str | None, Says("Which sort of failure, as job_runs has it.")]
    http_status: Annotated[int | None, Says("The status of the answer.")]
    attempts: Annotated[
        int | None, Says("How often it was tried, this time included; null: not told.")
    ]
    trigger_type: Annotated[str | None, Says("scheduled or manual; null: not told.")]
    return_message: Annotated[str | None, Says("What pg_cron noted of a run that did not fail.")]


class RunsShape(TypedDict):
    """`cpctl runs --format json`: single runs, the newest first."""

    format_version: Format
    as_of: AsOf
    target: TargetShape
    name: Name
    runs: Annotated[list[RunShape], Says("The newest first.")]
    looked: LookedShape
