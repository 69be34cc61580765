"""The JSON of `cpctl doctor` as types, as `shapes.py` has that of plans."""

from __future__ import annotations

import sys
from typing import Annotated, Literal

from cpctl.render.shapes import Format, Says, TargetShape

if sys.version_info >= (3, 12):
    from typing import TypedDict
else:
    from typing_extensions import TypedDict


class CheckShape(TypedDict):
    """One check that was made."""

    code: Annotated[str, Says("Its code, as docs/doctor.md explains it.")]
    asks: Annotated[str, Says("What is so if it is good.")]
    result: Annotated[
        Literal["good", "warn", "fail", "unknown"],
        Says("The worst of what it found; unknown: nothing, but it could not see all."),
    ]
    unknown: Annotated[list[str], Says("What it could not see, and why.")]


class DiagnosisShape(TypedDict):
    """One thing that is wrong."""

    code: Annotated[str, Says("The code of the check that found it.")]
    level: Annotated[Literal["fail", "warn"], Says("Whether it is a failure or a warning.")]
    what: Annotated[str, Says("What is wrong, as a sentence.")]
    address: Annotated[str | None, Says("The job, setting or secret: job.nightly.")]
    place: Annotated[str | None, Says("Where the file declares it: FILE:LINE.")]
    why: Annotated[str, Says("What follows from it, or how it is known; may be empty.")]
    remedy: Annotated[str, Says("What to do; may be empty.")]


class DoctorSummaryShape(TypedDict):
    """Counts of checks."""

    checks: Annotated[int, Says("Checks that were made.")]
    good: Annotated[int, Says("Those that found nothing, and saw all.")]
    warnings: Annotated[int, Says("Those that found warnings only.")]
    failures: Annotated[int, Says("Those that found a failure.")]
    unknown: Annotated[int, Says("Those that found nothing, and could not see all.")]


class DoctorShape(TypedDict):
    """`cpctl doctor --format json`: what is wrong with a scheduler."""

    format_version: Format
    cpctl_version: Annotated[str, Says("The version of cpctl that looked.")]
    as_of: Annotated[str, Says("The database's clock, ISO 8601.")]
    target: TargetShape
    checks: Annotated[list[CheckShape], Says("Every check, in order.")]
    findings: Annotated[list[DiagnosisShape], Says("What is wrong, in the order of the checks.")]
    summary: DoctorSummaryShape
