"""Plans, drift and errors for programs: plain data in the shapes of `shapes.py`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from cpctl import __version__
from cpctl.core.change import Change, Create, Delete, Update, sides
from cpctl.core.codec import checksum, encode
from cpctl.core.finding import Finding
from cpctl.core.pauses import since_in
from cpctl.core.plan import Plan, fingerprint
from cpctl.core.resource import Resource, plain
from cpctl.errors import CpctlError
from cpctl.render.parts.classes import class_of, classes
from cpctl.render.parts.sentences import (
    PAUSED,
    coded_whole,
    matching,
    remarks,
    uncompared,
)
from cpctl.render.parts.statements import statement_sql
from cpctl.render.parts.summary import summary_shape
from cpctl.render.parts.target import target_json
from cpctl.render.parts.values import sensitive
from cpctl.render.shapes import (
    FORMAT_VERSION,
    ChangeShape,
    DriftedShape,
    DriftShape,
    DriftSummaryShape,
    ErrorsShape,
    PlanShape,
    SidesShape,
    StatementShape,
)


def plan_json(plan: Plan) -> PlanShape:
    """What an apply would do; what `plan --out` saves, too."""
    shape: PlanShape = {
        "format_version": FORMAT_VERSION,
        "cpctl_version": __version__,
        "as_of": plan.as_of,
        "target": target_json(plan.target),
        "base_fingerprint": fingerprint(plan),
        "inputs": {"files": list(plan.files), "hash": plan.inputs.digest},
        "changes": [_change(plan, change) for change in plan.changes],
        "statements": _statements(plan),
        "unmanaged": [str(address) for address in plan.unmanaged],
        "notes": remarks(plan),
        "refusals": [coded_whole(finding) for finding in plan.refusals],
        "summary": summary_shape(plan),
        "complete": not uncompared(plan),
        "applyable": plan.applyable,
        "record": {**encode(plan), "sha256": ""},  # type: ignore[typeddict-item]
    }
    shape["record"]["sha256"] = checksum(shape)
    return shape


def drift_json(plan: Plan) -> DriftShape:
    """How the database differs from the file."""
    return {
        "format_version": FORMAT_VERSION,
        "cpctl_version": __version__,
        "as_of": plan.as_of,
        "target": target_json(plan.target),
        "last_apply": str(plan.last.number) if plan.last else None,
        "resources": [_drifted(plan, change) for change in plan.changes],
        "paused": [str(note.address) for note in plan.notes if note.code == PAUSED],
        "paused_since": {str(note.address): by for note in plan.notes if (by := _since(note))},
        "unmanaged": [str(address) for address in plan.unmanaged],
        "notes": remarks(plan, leave_out=PAUSED),
        "summary": _drift_summary(plan),
        "complete": not uncompared(plan),
    }


def _since(note: Finding) -> str:
    return since_in(note.what) if note.code == PAUSED else ""


def errors_json(error: CpctlError) -> ErrorsShape:
    """A failure; each fault of a file is an entry of its own."""
    return {
        "format_version": FORMAT_VERSION,
        "errors": [
            {
                "what": fault.what,
                "where": fault.where,
                "remedy": fault.remedy,
                "details": list(error.details),
                "exit_code": error.exit_code,
            }
            for fault in error.faults
        ],
    }


def dumps(document: Mapping[str, object]) -> str:
    """One JSON document in ASCII, so that no terminal or pipe can mistake it.

    A line for each key and for each item of a list; the C encoder writes no other indent.
    """
    lines = (f" {_compact(key)}: {_lines(value)}" for key, value in document.items())
    return "{\n" + ",\n".join(lines) + "\n}"


def _lines(value: object) -> str:
    if not isinstance(value, list) or not value:
        return _compact(value)
    return "[\n" + ",\n".join(f"  {_compact(item)}" for item in value) + "\n ]"


def _compact(value: object) -> str:
    return json.dumps(value, allow_nan=False)


def _change(plan: Plan, change: Change) -> ChangeShape:
    before, after = sides(change)
    secret = sensitive(before, after)
    return {
        "address": str(change.address),
        "action": change.action,
        "before": _fields(before, secret),
        "after": _fields(after, secret),
        "sensitive": sorted(secret),
        "reason": change.reason,
        "hazards": [hazard.code for hazard in plan.hazards.get(change.address, ())],
    }


def _fields(resource: Resource | None, secret: frozenset[str]) -> dict[str, object] | None:
    if resource is None:
        return None
    fields = resource.fields
    return {name: None if name in secret else plain(fields[name]) for name in fields}


def _statements(plan: Plan) -> list[StatementShape]:
    return [
        {"sql": statement_sql(s), "address": str(s.address), "channel": s.channel}
        for s in plan.statements
    ]


def _drifted(plan: Plan, change: Change) -> DriftedShape:
    before, after = sides(change)
    secret = sensitive(before, after)
    database, file = _fields(before, secret) or {}, _fields(after, secret) or {}
    fields: list[SidesShape] = [
        {"name": name, "file": file.get(name), "database": database.get(name)}
        for name in _differing(change)
    ]
    return {
        "address": str(change.address),
        "class": class_of(plan, change),
        "fields": fields,
        "sensitive": sorted(secret),
        "reason": change.reason,
    }


def _differing(change: Change) -> Iterable[str]:
    match change:
        case Create(after=after):
            return after.fields
        case Delete(before=before):
            return before.fields
        case Update():
            return change.changed


def _drift_summary(plan: Plan) -> DriftSummaryShape:
    counted = classes(plan)
    return {
        "drifted": counted["drifted"],
        "both": counted["both"],
        "missing": counted["missing"],
        "extra": counted["extra"],
        "pending": counted["pending"],
        "matching": matching(plan),
        "unmanaged": len(plan.unmanaged),
    }
