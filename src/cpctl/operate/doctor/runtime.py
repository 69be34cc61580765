"""D6: what the runtime of edge functions, and the ledger, tell."""

from __future__ import annotations

from cpctl.core.diagnosis import Diagnosis, Found, Level, Unknown
from cpctl.core.ledger_codec import read_memory
from cpctl.core.sql import identifier
from cpctl.operate.doctor.case import Case, Check
from cpctl.operate.doctor.jobs import declared, hidden, paused, resume, strangers, upkeep
from cpctl.operate.doctor.messages import shown
from cpctl.operate.doctor.scheduler import installed
from cpctl.render.parts.moments import moment
from cpctl.scene import names_of

_MATTERS = frozenset({"warning", "critical", "error", "high", "medium", ""})
"""What an alert that somebody should look at calls its severity; `info` is none."""

_CONSEQUENCES = {
    "recover_edge_functions": "failed runs are not repeated, and runs that hang are not ended",
    "remove_old_runs": "runs and logs grow for ever",
}


def _alerts(case: Case) -> Found:
    seen = case.pairs("tables")
    if seen.get("monitoring_alerts") is False:
        yield Unknown(f"{case.capabilities.role} may not read monitoring_alerts")
    schema = identifier(case.runtime.in_schema) if case.runtime else ""
    for severity, message, at, function, number in case.rows.get("alerts", ()):
        if severity.lower() in _MATTERS:
            since = moment(at, case.capabilities.timezone)
            grave = severity.lower() in {"critical", "error", "high"}
            level: Level = "fail" if grave else "warn"
            what = f"an alert is open since {since}: {shown(message)}"
            closed = f"{schema}.monitoring_alerts SET status = 'resolved' WHERE id = {number};"
            dealt_with = f"when it is dealt with: UPDATE {closed}"
            remedy = "its next success closes it" if function else dealt_with
            yield Diagnosis("D601", level, what, remedy=remedy)


def _has_upkeep(case: Case) -> bool:
    return case.runtime is not None and installed(case)


def _upkeep(case: Case) -> Found:
    others = strangers(case)
    for resource, job in declared(case):
        does = upkeep(resource)
        if not does or (job is not None and job.active):
            continue
        if job is None and (unseen := hidden(case, resource)):
            yield unseen
            continue
        absent = others.get(resource.facts["name"]) or ("is not in the database", "cpctl apply")
        state, remedy = (paused(case, job), resume(job)) if job else absent
        what = f"{state}: {_CONSEQUENCES[does]}"
        yield Diagnosis("D602", "warn", what, resource.address, remedy=remedy)


def _unfinished(case: Case) -> Found:
    rights = case.capabilities.ledger
    if rights.exists and not rights.usable:
        yield Unknown(f"{case.capabilities.role} may not read the ledger")
        return
    for one in read_memory(case.rows, names_of(case.document)).unfinished:
        if not one.running:
            begun = moment(one.started, case.capabilities.timezone)
            what = f"apply {one.number} of {one.name}, begun {begun} by {one.by}, did not end"
            remedy = "cpctl plan shows what is left to do; cpctl apply does it"
            yield Diagnosis("D603", "warn", what, remedy=remedy)


CHECKS = (
    Check("D601", "no alert is open", _alerts, lambda case: case.runtime is not None),
    Check("D602", "the runtime's own jobs run", _upkeep, _has_upkeep, "jobs"),
    Check("D603", "every apply ended", _unfinished, lambda case: case.document.ledger),
)
