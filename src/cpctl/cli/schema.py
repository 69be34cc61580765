"""`cpctl schema`: the JSON Schemas of the file and of every JSON output."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Annotated

import typer


class Name(StrEnum):
    scheduler = "scheduler"
    overlay = "overlay"
    plan = "plan"
    drift = "drift"
    outcome = "outcome"
    errors = "errors"
    history = "history"
    status = "status"
    jobs = "jobs"
    health = "health"
    runs = "runs"
    doctor = "doctor"
    pause = "pause"
    trigger = "trigger"


def schema(
    name: Annotated[Name, typer.Argument(help="Which one.")] = Name.scheduler,
) -> int:
    """Print a JSON Schema, for editors and for programs."""
    print(json.dumps(schema_of(name), indent=2))
    return 0


def schema_of(name: Name) -> dict[str, object]:
    """The schema that `cpctl schema NAME` prints and schemas/NAME.schema.json holds."""
    if name in (Name.scheduler, Name.overlay):
        from cpctl.document.schema import schema as document_schema

        return document_schema("scheduler" if name == Name.scheduler else "overlay")
    from cpctl.render.schemas import schema as output_schema

    return output_schema(name.value)
