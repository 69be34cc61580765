"""A new name, a last run, a run that goes on: how each format says it."""

from __future__ import annotations

import pytest

from cpctl.apply import Outcome
from cpctl.core.change import Create, Delete, Update
from cpctl.core.resource import Address, Resource
from cpctl.core.runs import Mode, Run
from cpctl.render.as_json import drift_json, plan_json
from cpctl.render.drift import drift_text
from cpctl.render.markdown import drift_markdown, plan_markdown
from cpctl.render.outcome import outcome_text
from cpctl.render.text import plan_text
from tests.unit.render.plans import WHY, job, plan

JOBID = 9

DONE = Outcome(plan(), {}, 0.1, settled=False)


def named(resource: Resource, name: str, **facts: object) -> Resource:
    fields = {**resource.fields, "name": name}
    facts = {**resource.facts, "implied": ("database", "active", "name"), "jobid": JOBID, **facts}
    return resource._replace(fields=fields, facts=facts)


RENAMED = Update(named(job("report"), "rpt"), named(job("report", line=5), "report"))
BOTH = Update(named(job("report"), "rpt"), named(job("report", "*/5 * * * *", line=5), "report"))
OLD = job("rpt")._replace(facts={**job("rpt").facts, "jobid": JOBID})
NEW = Create(job("report")._replace(facts={**job("report").facts, "replaces": OLD}))
GONE = Delete(
    OLD._replace(facts={**OLD.facts, "heir": Address("job", "report")}), "job.report replaces it"
)


LIBPQ = Mode("libpq mode", kills=False)


def with_run(status: str, started: str, mode: Mode = LIBPQ) -> Delete:
    run = Run(status, 9921, started, mode)
    return Delete(OLD._replace(facts={**OLD.facts, "run": run}), WHY)


def test_a_rename_in_place_as_text() -> None:
    shown = plan_text(plan(RENAMED))
    assert "# job.report will be renamed in-place (was rpt)" in shown
    assert "hidden" not in shown
    assert "jobid 9 and its history stay" in shown
    shown = plan_text(plan(BOTH))
    assert shown.index("~ name") < shown.index("~ schedule")
    assert "(3 unchanged attributes hidden)" in shown


def test_a_rename_in_place_as_drift() -> None:
    assert "drifted. It still has its old name, rpt" in drift_text(plan(RENAMED))
    assert '    file      "report"\n    database  "rpt"' in drift_text(plan(RENAMED))
    assert "schedule and name differ from the file" in drift_text(plan(BOTH))
    (row,) = [line for line in drift_markdown(plan(RENAMED)).splitlines() if "drifted |" in line]
    assert row == "| drifted | `job.report` | named `report` | named `rpt` |"


def test_a_rename_in_place_as_data() -> None:
    (change,) = plan_json(plan(RENAMED))["changes"]
    assert change["action"] == "update"
    assert change["before"] is not None
    assert change["after"] is not None
    assert (change["before"]["name"], change["after"]["name"]) == ("rpt", "report")
    (found,) = drift_json(plan(RENAMED))["resources"]
    assert found["fields"] == [{"name": "name", "file": "report", "database": "rpt"}]


def test_a_rename_in_place_as_a_row() -> None:
    row = "| ~ | `job.report` | named `rpt` | renamed, history kept |"
    assert row in plan_markdown(plan(RENAMED))
    assert "| renamed, history kept |" not in plan_markdown(plan(BOTH))
    assert "renamed, history kept" in plan_markdown(plan(BOTH))


def test_a_replacement_as_text_and_as_rows() -> None:
    shown = plan_text(plan(NEW, GONE))
    assert (
        "# job.report will be replaced (rename), was rpt\n  # history stays under jobid 9" in shown
    )
    assert "Plan: 1 to create, 0 to update, 1 to delete" in shown
    rows = plan_markdown(plan(NEW, GONE))
    assert "**Deletes**" not in rows
    assert "| named `rpt`, whose history stays under jobid 9 |" in rows
    assert "| replaced by `job.report` |" in rows
    drift = drift_text(plan(NEW, GONE))
    assert "# job.report: missing. The database still has it as job.rpt" in drift
    assert "# job.rpt: extra. The database has it, but job.report replaces it" in drift


@pytest.mark.parametrize(
    ("status", "started", "said"),
    [
        ("succeeded", "2026-11-23T13:30:00Z", "every minute; last ran 13:30, succeeded"),
        ("failed", "2026-11-22T23:59:00Z", "every minute; last ran Sun 22 Nov 23:59, failed"),
        ("failed", "2025-12-31T23:59:00Z", "last ran Wed 31 Dec 2025 23:59, failed"),
        ("running", "2026-11-23T13:30:00Z", "every minute; running since 13:30"),
        ("starting", "", "every minute\n"),
    ],
)
def test_the_last_run_stands_beside_the_schedule(status: str, started: str, said: str) -> None:
    gone = with_run(status, started)
    assert said in plan_text(plan(gone))
    expected = said.strip().replace("minute;", "minute,")
    assert expected in plan_markdown(plan(gone)).splitlines()[3]


def test_the_last_run_is_told_in_the_schedulers_zone() -> None:
    gone = with_run("succeeded", "2026-11-23T13:30:00Z")
    assert "last ran 14:30" in plan_text(plan(gone, timezone="Europe/Berlin"))


@pytest.mark.parametrize(
    ("mode", "said"),
    [
        (LIBPQ, "1 run in progress goes on (libpq mode, pid 9921)"),
        (
            Mode("background worker", kills=True),
            "1 run in progress was killed and rolled back (background worker, pid 9921)",
        ),
        (
            Mode("background worker", kills=False),
            "1 run in progress goes on (background worker, pid 9921)",
        ),
        (Mode("", None), "1 run in progress may go on (pid 9921)"),
    ],
)
def test_the_outcome_says_what_becomes_of_a_run(mode: Mode, said: str) -> None:
    gone = with_run("running", "2026-11-23T13:30:00Z", mode)
    line = outcome_text(plan(gone), {}, DONE).splitlines()[0]
    assert line == f"  job.rpt    deleted    was jobid 9; {said}"


def test_the_outcome_of_a_rename() -> None:
    after = {RENAMED.address: RENAMED.after}
    line = outcome_text(plan(RENAMED), after, DONE).splitlines()[0]
    assert line == "  job.report    renamed    jobid 9"
