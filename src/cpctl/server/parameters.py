"""The parameters of the API: each named once, and none that means nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from fastapi import Query, Request
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from cpctl.core.pauses import LONGEST_REASON
from cpctl.server.problems import BadRequest

PATH: Final = "/functions/v1/scheduler"
"""Where the guide has it, and so whoever called it there."""

LONGEST_NAME: Final = 512
"""Characters: an owner and a name of 63 each, quoted, and more for newer pg_crons."""

Reading = Annotated[
    Literal["status", "jobs", "health"],
    Query(description="status: in numbers; jobs: with their next runs; health: well or not."),
]
JobName = Annotated[
    str,
    Field(
        min_length=1,
        max_length=LONGEST_NAME,
        description="The job's name, or its address (job.NAME). It is one of the file's.",
        examples=["content_pipeline_main"],
    ),
]


ACTIONS: Final = ("status", "jobs", "health", "toggle", "trigger")


class _Call(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Toggle(_Call):
    """Pause or resume a job."""

    action: Literal["toggle"]
    job: JobName
    enable: Literal["true", "false"] = Field(description="false pauses the job, true resumes it.")
    reason: str = Field(
        "",
        max_length=LONGEST_REASON,
        pattern=r"^[^\x00]*$",
        description="Why. Others will read it in `cpctl diff` and `cpctl history`.",
    )


class Trigger(_Call):
    """Run a job's command now."""

    action: Literal["trigger"]
    job: JobName


_CALLS: Final[TypeAdapter[Toggle | Trigger]] = TypeAdapter(
    Annotated[Toggle | Trigger, Field(discriminator="action")]
)


def call_of(request: Request) -> Toggle | Trigger:
    """What a POST asks for. Raises BadRequest."""
    try:
        return _CALLS.validate_python(_once(request))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
    if first["type"] == "union_tag_not_found":
        raise BadRequest("it is missing. Nothing was done", where="action")
    if first["type"].startswith("union_tag"):
        raise BadRequest("it is neither toggle nor trigger. Nothing was done", where="action")
    what = _SAID.get(first["type"], first["msg"])
    raise BadRequest(f"{what}. Nothing was done", where=str(first["loc"][-1])[:LONGEST_NAME])


def only_action(request: Request) -> None:
    """A GET has no other parameter. Raises BadRequest."""
    if set(_once(request)) - {"action"}:
        raise BadRequest("a GET has no parameter but action. Nothing was done", remedy="POST acts")


def _once(request: Request) -> Mapping[str, str]:
    """Each parameter once; whoever reads only the last must not be told another than we."""
    pairs = request.query_params.multi_items()
    found = dict(pairs)
    if len(found) < len(pairs):
        raise BadRequest("a parameter is given twice. Nothing was done", remedy="once is enough")
    return found


_SAID: Final = {"missing": "it is missing", "extra_forbidden": "there is no such parameter here"}


def described() -> dict[str, Any]:
    """The POST's parameters for its OpenAPI description: which there are depends on the action.

    One object that is spelled as a query (`explode`) is the only way in which OpenAPI can say that.
    """
    schema = _CALLS.json_schema()
    parts = schema.pop("$defs")
    return {
        "name": "call",
        "in": "query",
        "required": True,
        "style": "form",
        "explode": True,
        "description": "action=toggle&job=NAME&enable=false, or action=trigger&job=NAME",
        "schema": {"oneOf": [parts[name] for name in sorted(parts)]},
        "examples": {
            "pause": {"value": {"action": "toggle", **_EXAMPLE, "enable": "false"}},
            "resume": {"value": {"action": "toggle", **_EXAMPLE, "enable": "true"}},
            "trigger": {"value": {"action": "trigger", **_EXAMPLE}},
        },
    }


_EXAMPLE: Final = {"job": "content_pipeline_main"}
