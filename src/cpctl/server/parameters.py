"""The parameters of the API: each named once, and none that means nothing."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Final, Literal

from fastapi import Query, Request

from cpctl.core.pauses import LONGEST_REASON
from cpctl.server.problems import BadRequest

LONGEST_NAME: Final = 512
"""Bytes of an address: an owner and a name of 63 each, quoted, and more for newer pg_crons."""

Reading = Annotated[
    Literal["status", "jobs", "health"],
    Query(
        description="status: in numbers; jobs: each with its next run; health: each, well or not."
    ),
]
Acting = Annotated[
    Literal["toggle", "trigger"],
    Query(description="toggle: pause or resume a job; trigger: run its command now."),
]
JobName = Annotated[
    str,
    Query(
        min_length=1,
        max_length=LONGEST_NAME,
        description="The job's name, or its address (job.NAME). It is one of the file's.",
        examples=["content_pipeline_main"],
    ),
]
Enable = Annotated[
    Literal["true", "false"] | None,
    Query(description="With toggle, which needs it: false pauses the job, true resumes it."),
]
Reason = Annotated[
    str,
    Query(
        max_length=LONGEST_REASON,
        description="With toggle: why. Others will read it in `cpctl diff` and `cpctl history`.",
    ),
]


async def strict(request: Request) -> None:
    """Raises BadRequest: a misspelt parameter must not be one that is left out."""
    allowed = {"action"} if request.method == "GET" else {"action", "job", "enable", "reason"}
    counted = Counter(name for name, _ in request.query_params.multi_items())
    for name, times in counted.items():
        if times > 1:
            raise BadRequest(
                "it is given twice. Nothing was done", where=name, remedy="once is enough"
            )
        if name not in allowed:
            remedy = f"{request.method} has {', '.join(sorted(allowed))}"
            raise BadRequest(
                "there is a parameter that means nothing here. Nothing was done", remedy=remedy
            )
