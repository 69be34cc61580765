"""The JSON of the Scheduler Management API, key by key as the scheduler's guide has it."""

from __future__ import annotations

import sys
from typing import Annotated, Literal

from cpctl.render.shapes import Says
from cpctl.render.watch_shapes import ComponentShape, HealthSummaryShape, JobShape, LastRun, NextRun

if sys.version_info >= (3, 12):
    from typing import TypedDict
else:
    from typing_extensions import TypedDict

Success = Annotated[Literal[True], Says("What was asked for was done.")]


class Status(TypedDict):
    """How the file's jobs are, in numbers."""

    total_jobs: Annotated[int, Says("Jobs of the file and in its scope; not the runtime's own.")]
    active_jobs: Annotated[int, Says("Those that are not paused.")]
    failed_jobs: Annotated[int, Says("Those whose last run that is over has failed.")]
    last_run: LastRun
    next_run: NextRun


class Jobs(TypedDict):
    """The file's jobs."""

    jobs: Annotated[list[JobShape], Says("Sorted by name.")]
    count: Annotated[int, Says("How many those are.")]


class Health(TypedDict):
    """How each of the file's jobs is."""

    health: Annotated[list[ComponentShape], Says("Sorted by name.")]
    summary: HealthSummaryShape


class Toggled(TypedDict):
    """A job that is active or paused now."""

    success: Success
    message: Annotated[str, Says("Job disabled: NAME, or Job enabled: NAME.")]


class Triggered(TypedDict):
    """A job whose command has run."""

    job_name: Annotated[str | None, Says("Its name.")]
    function: Annotated[str | None, Says("The function that its command calls; null: none.")]


class StatusAnswer(TypedDict):
    """The answer to action=status."""

    success: Success
    data: Status


class JobsAnswer(TypedDict):
    """The answer to action=jobs."""

    success: Success
    data: Jobs


class HealthAnswer(TypedDict):
    """The answer to action=health."""

    success: Success
    data: Health


class ToggleAnswer(TypedDict):
    """The answer to action=toggle."""

    success: Success
    data: Toggled


class TriggerAnswer(TypedDict):
    """The answer to action=trigger."""

    success: Success
    data: Triggered


class Problem(TypedDict):
    """What went wrong: the guide's envelope with the fields of a problem (RFC 9457)."""

    success: Annotated[Literal[False], Says("It was not done.")]
    type: Annotated[Literal["about:blank"], Says("The status says what kind of problem it is.")]
    title: Annotated[str, Says("The status in words.")]
    status: Annotated[int, Says("The HTTP status.")]
    detail: Annotated[str, Says("What is wrong, and what was and was not done.")]
    where: Annotated[str | None, Says("The job, parameter or host that it is about.")]
    remedy: Annotated[str | None, Says("What to do.")]
