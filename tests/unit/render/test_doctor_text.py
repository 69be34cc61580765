"""The doctor's text, line for line, and its JSON."""

from __future__ import annotations

from jsonschema import Draft202012Validator

from cpctl.cli.schema import Name, schema_of
from cpctl.core.diagnosis import Checked, Diagnosis, Report
from cpctl.core.plan import Target
from cpctl.core.resource import Address
from cpctl.render.doctor import doctor_json, doctor_text

TARGET = Target("1", "db.internal", 5432, "postgres", "17.12", "1.6", "postgres")
METRICS = Diagnosis(
    "D301",
    "fail",
    "calls trigger_metrics(), which does not exist",
    Address("job", "content_pipeline_metrics"),
    "every run failed since Sun 22 Nov 14:00 GMT (47 runs)",
    "command: SELECT trigger_metrics_collection();",
    "scheduler.yaml:52",
)
HEADER = (
    "content-pipeline -> postgres@db.internal:5432/postgres "
    "(PostgreSQL 17.12, pg_cron 1.6, not a superuser)"
)
FIRST = (
    "FAIL  D301  job.content_pipeline_metrics calls trigger_metrics(), which does not exist"
    "        scheduler.yaml:52"
)
HISTORY = Diagnosis("D410", "warn", "no job removes old runs\x1b[31m", remedy="add a job")


def report(*checks: Checked) -> Report:
    return Report("content-pipeline", TARGET, False, "2026-11-23T13:37:00Z", checks)  # noqa: FBT003


def test_findings_in_the_order_of_the_checks_and_a_count() -> None:
    found = report(
        Checked("D101", "", ()),
        Checked("D103", "", (), ("only members may see that",)),
        Checked("D301", "", (METRICS, METRICS)),
        Checked("D410", "", (HISTORY,), ("and more",)),
    )
    lines = doctor_text(found).splitlines()
    assert lines == [
        HEADER,
        "skip  D103  only members may see that",
        *2
        * [
            FIRST,
            "            every run failed since Sun 22 Nov 14:00 GMT (47 runs)",
            "            Remedy: command: SELECT trigger_metrics_collection();",
        ],
        "warn  D410  no job removes old runs\\u001b[31m",
        "            Remedy: add a job",
        "skip  D410  and more",
        "4 checks: 1 good, 1 warning, 1 failure, 1 not seen (3 findings).",
    ]
    assert not found.well


def test_what_was_not_seen_is_neither_well_nor_a_fault() -> None:
    unseen = Checked("D103", "", (), ("hidden",))
    assert unseen.result == "unknown"
    assert report(unseen).well
    assert doctor_text(report(unseen)).splitlines()[-1] == "1 check: 0 good, 1 not seen."


def test_findings_are_counted_only_where_checks_have_several() -> None:
    found = report(Checked("D301", "", (METRICS,)), Checked("D410", "", (HISTORY,)))
    last = "2 checks: 0 good, 1 warning, 1 failure."
    assert doctor_text(found).splitlines()[-1] == last


def test_the_json_is_that_of_its_schema() -> None:
    found = doctor_json(report(Checked("D301", "asks", (METRICS,)), Checked("D101", "x", ())))
    Draft202012Validator(schema_of(Name.doctor)).validate(found)
    assert found["summary"] == {
        "checks": 2,
        "good": 1,
        "warnings": 0,
        "failures": 1,
        "unknown": 0,
    }
    assert found["findings"][0]["what"].startswith("job.content_pipeline_metrics calls trigger_m")
    assert [one["result"] for one in found["checks"]] == ["fail", "good"]
