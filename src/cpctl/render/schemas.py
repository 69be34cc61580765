"""JSON Schemas, generated from the shapes of the outputs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cpctl.render.doctor_shapes import DoctorShape
from cpctl.render.history_shapes import AppliesShape
from cpctl.render.pause_shapes import PauseShape, TriggerShape
from cpctl.render.shapes import DriftShape, ErrorsShape, OutcomeShape, PlanShape
from cpctl.render.watch_shapes import HealthShape, JobsShape, RunsShape, StatusShape

SHAPES: Mapping[str, Any] = {
    "plan": PlanShape,
    "drift": DriftShape,
    "outcome": OutcomeShape,
    "errors": ErrorsShape,
    "history": AppliesShape,
    "status": StatusShape,
    "jobs": JobsShape,
    "health": HealthShape,
    "runs": RunsShape,
    "doctor": DoctorShape,
    "pause": PauseShape,
    "trigger": TriggerShape,
}


def schema(name: str) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of one output."""
    from pydantic import TypeAdapter

    generated = TypeAdapter(SHAPES[name]).json_schema()
    dialect = "https://json-schema.org/draft/2020-12/schema"
    return {"$schema": dialect, **generated, "title": f"cpctl {name}"}
