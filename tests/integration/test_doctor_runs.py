"""What runs, alerts, upkeep and the ledger tell the doctor."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.edge_server import EdgeServer
from tests.integration.doctoring import Fault, broken, codes, examined, told
from tests.integration.pipeline import apply, pipeline
from tests.servers import Database

RARE = "(select jobid from cron.job where jobname = 'content_pipeline_cleanup')"
FORGET = "truncate cron.job_run_details"


def ran(*runs: tuple[str, str]) -> list[str]:
    """Runs of content_pipeline_cleanup: status and message, an hour ago and a minute apart."""
    return [
        "insert into cron.job_run_details "
        "(jobid, runid, database, username, command, status, return_message, start_time) "
        f"values ({RARE}, nextval('cron.runid_seq'), 'postgres', 'postgres', '', '{status}', "
        f"$${message}$$, now() - interval '1 hour' + interval '{number} minutes')"
        for number, (status, message) in enumerate(runs)
    ]


def edge_ran(*statuses: str) -> list[str]:
    return [
        "insert into job_runs (status, started_at, completed_at, error_message, metadata) values "
        f"('{status}', now() - interval '1 hour' + interval '{number} minutes', now(), 'HTTP 500', "
        "jsonb_build_object('function', 'cleanup', 'trigger_type', 'scheduled'))"
        for number, status in enumerate(statuses)
    ]


KEY = "eyJ0eXAi.eyJyb2xl.c2lnbmF0"
BOOM = ("failed", f"ERROR:  boom\n{KEY} authorization: bearer abcdefghijklmnop0")
WELL = ("succeeded", "1 row")
GONE = f"select cron.alter_job({RARE}, command := 'SELECT gone();')"
BACK = f"select cron.alter_job({RARE}, command := 'SELECT trigger_cleanup();')"
RETENTION = "(select jobid from cron.job where jobname = 'content_pipeline_retention')"
MANY = (
    "insert into cron.job_run_details (jobid, runid, status, end_time) "
    "select 0, nextval('cron.runid_seq'), 'succeeded', now() from generate_series(1, 100000)"
)
RECOVERY = (
    "select cron.schedule('content_pipeline_recovery', '* * * * *', "
    "'SELECT public.recover_edge_functions();')"
)

FAULTS = [
    Fault(
        "D401",
        ran(WELL, BOOM, BOOM, BOOM),
        [FORGET],
        [
            "job.content_pipeline_cleanup fails",
            "the last 3 runs failed since",
            "GMT: ERROR: boom (key) authorization: bearer (key)",
        ],
    ),
    Fault("D401", ran(BOOM, BOOM), [FORGET], ["every run failed since", "(2 runs)"]),
    Fault("D401", ran(WELL, BOOM), [FORGET], ["failed last", "its last run failed"], "warn"),
    Fault("D301", [*ran(BOOM, BOOM), GONE], [BACK, FORGET], ["gone()", "every run failed since"]),
    Fault(
        "D401",
        edge_ran("succeeded", "failed", "failed"),
        ["truncate job_runs"],
        ["job.content_pipeline_cleanup fails", "the last 2 runs failed since", "HTTP 500"],
    ),
    Fault(
        "D402",
        [*ran(("connecting", ""), WELL)],
        [FORGET],
        ["stuck in connecting", "DELETE FROM cron.job_run_details WHERE runid ="],
        "warn",
    ),
    Fault(
        "D402",
        [*ran(("sending", "")), *(it.replace(RARE, "0") for it in ran(WELL))],
        [FORGET],
        ["stuck in sending", "does not get a connection"],
    ),
    Fault(
        "D410 D602",
        [MANY, f"select cron.alter_job({RETENTION}, active := false)"],
        [f"select cron.alter_job({RETENTION}, active := true)", FORGET],
        [
            "cron.job_run_details has 100 000 rows",
            "no job removes old ones",
            "grow for ever",
        ],
        "warn",
    ),
    Fault(
        "D601",
        ["insert into monitoring_alerts (severity, status, message) select 'high', 'open', 'hot'"],
        ["truncate monitoring_alerts"],
        [
            "an alert is open since",
            "hot",
            "UPDATE public.monitoring_alerts SET status = 'resolved' WHERE id = ",
        ],
    ),
    Fault(
        "D602",
        ["select cron.unschedule('content_pipeline_recovery')"],
        [RECOVERY],
        ["job.content_pipeline_recovery is not in the database: failed runs are not repeated"],
        "warn",
    ),
    Fault(
        "D603",
        ["update cpctl.applies set outcome = null"],
        ["update cpctl.applies set outcome = 'applied'"],
        ["apply 1 of content-pipeline", "did not end"],
        "warn",
    ),
]

SILENT = [
    ran(BOOM, BOOM, WELL),
    ran(BOOM, ("failed", "job canceled"))[1:],
    ran(("connecting", "")),
    edge_ran("failed", "succeeded"),
    [MANY],
    ["insert into monitoring_alerts (severity, status) values ('high', 'resolved')"],
    ["insert into monitoring_alerts (severity, status) values ('info', 'open')"],
]
"""What differs by one thing from a fault, and is none."""


@pytest.fixture
def edge(database: Database) -> Iterator[EdgeServer]:
    with pipeline(database) as edge:
        apply(database)
        yield edge


@pytest.mark.usefixtures("edge")
def test_faults_that_runs_and_the_runtime_tell(database: Database) -> None:
    told(database, FAULTS)
    mended = [FORGET, "truncate job_runs", "truncate monitoring_alerts"]
    for statements in SILENT:
        with broken(database, Fault("", statements, mended)):
            assert codes(examined(database)) == "", statements
