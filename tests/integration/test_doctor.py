"""The doctor is silent on a scheduler that is well, and names each fault by its code."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.edge_server import EdgeServer
from tests.integration.doctoring import Fault, examined, told
from tests.integration.pipeline import FILES, apply, pipeline
from tests.servers import Database

RARE = "(select jobid from cron.job where jobname = 'content_pipeline_cleanup')"


def altered(change: str) -> str:
    return f"select cron.alter_job({RARE}, {change})"


def scheduled(name: str, command: str, owner: str = "postgres", database: str = "postgres") -> str:
    return (
        f"select cron.schedule_in_database('{name}', '0 2 * * *', $${command}$$, "
        f"'{database}', '{owner}')"
    )


WELL = altered("command := 'SELECT trigger_cleanup();', database := 'postgres'")


@pytest.fixture
def edge(database: Database) -> Iterator[EdgeServer]:
    with pipeline(database) as edge:
        apply(database)
        yield edge


@pytest.mark.usefixtures("edge")
def test_the_demo_is_well(database: Database) -> None:
    for options in ((), ("--probe",)):
        done = database.cpctl("doctor", *FILES, *options)
        assert done.code == 0, done
        first, last = done.out.splitlines()
        assert first.startswith("content-pipeline -> postgres@")
        assert " pg_cron 1." in first
        assert last.endswith(" good.")
        assert last.split(" checks: ")[0] == last.split(" checks: ")[1].split()[0]


JOBS = [
    Fault(
        "D201",
        ["select cron.unschedule('content_pipeline_cleanup')"],
        [scheduled("content_pipeline_cleanup", "SELECT trigger_cleanup();")],
        ["job.content_pipeline_cleanup is in the file, and not in the database", "cpctl apply"],
    ),
    Fault(
        "D202",
        [altered("active := false")],
        [altered("active := true")],
        [
            "job.content_pipeline_cleanup is paused outside cpctl",
            "cpctl resume content_pipeline_cleanup",
            "scheduler.yaml:",
        ],
        "warn",
    ),
    Fault(
        "D202 D203",
        [altered("command := 'COPY (SELECT 1) TO STDOUT', active := false")],
        [WELL, altered("active := true")],
        ["D203", "spins", "change the command in the file (COPY to a file, or INSERT), then cpctl"],
        "warn",
    ),
    Fault(
        "D203",
        [
            scheduled("c", "COPY (SELECT 1) TO STDOUT"),
            "select cron.alter_job(jobid, active := false) from cron.job where jobname = 'c'",
        ],
        ["select cron.unschedule('c')"],
        ["job.c copies from or to the client", "SELECT cron.unschedule("],
    ),
    Fault(
        "D301",
        [altered("command := 'SELECT trigger_cleanu();'")],
        [WELL],
        [
            "calls trigger_cleanu(), which does not exist",
            "command: SELECT trigger_cleanup();",
            "scheduler.yaml:",
        ],
    ),
    Fault(
        "D301",
        [altered("command := 'SELECT elsewhere.f();'")],
        [WELL],
        ["calls elsewhere.f(), which does not exist"],
    ),
    Fault(
        "D302",
        [
            "create role clerk login",
            "create schema hall",
            "create function hall.f() returns int language sql return 1",
            "revoke execute on function hall.f() from public",
            scheduled("c", "select hall.f()", "clerk"),
        ],
        [
            "select cron.unschedule(jobid) from cron.job where jobname = 'c'",
            "drop schema hall cascade",
            "drop role clerk",
        ],
        [
            "job.clerk/c calls hall.f(), which clerk may not execute",
            "GRANT USAGE ON SCHEMA hall TO clerk; GRANT EXECUTE ON FUNCTION hall.f() TO clerk;",
        ],
    ),
    Fault(
        "D303",
        [altered("command := $$SELECT current_setting('app.no_such')$$")],
        [WELL],
        [
            "reads the setting app.no_such, which is not set",
            "every run fails",
            "settings: {app.no_such: VALUE} in the file",
        ],
    ),
    Fault(
        "D304",
        [
            altered(
                "command := $$SELECT decrypted_secret "
                "FROM vault.decrypted_secrets WHERE name = 'gone'$$"
            )
        ],
        [WELL],
        ["reads the secret gone, which is not in Vault"],
    ),
    Fault(
        "D310",
        ["alter role postgres set app.sweeper_url = 'http://127.0.0.1/'"],
        ["alter role postgres reset app.sweeper_url"],
        [
            "setting.app.sweeper_url is overruled by ALTER ROLE postgres SET",
            "ALTER ROLE postgres RESET app.sweeper_url;",
            "a job that runs as postgres sees that value, not the file's",
        ],
        "warn",
    ),
    Fault(
        "D310",
        ["alter database postgres set app.sweeper_url = 'http://127.0.0.1/'"],
        ["alter database postgres reset app.sweeper_url"],
        ["ALTER DATABASE postgres SET: every job sees that value, not the file's"],
        "warn",
    ),
]
"""What is wrong with the jobs, and with what they name."""


@pytest.mark.usefixtures("edge")
def test_faults_of_jobs_and_of_what_they_name(database: Database) -> None:
    told(database, JOBS)


@pytest.mark.usefixtures("edge")
def test_a_paused_job_is_told_with_who_paused_it_when_and_why(database: Database) -> None:
    rare, upkeep = "content_pipeline_cleanup", "content_pipeline_recovery"
    assert database.cpctl("pause", rare, upkeep, *FILES, "--reason", "release").code == 0
    said = {one["code"]: one for one in examined(database)}
    who = r'is paused since \d\d:\d\d by postgres \("release"\)'
    assert re.fullmatch(rf"job\.{rare} {who}", said["D202"]["what"])
    assert re.fullmatch(rf"job\.{upkeep} {who}: failed runs are .+", said["D602"]["what"])
    for one in said.values():
        assert database.cpctl(*one["remedy"].split()[1:], *FILES).code == 0
    assert examined(database) == []
    database.run(altered("active := false"))
    database.run("drop schema cpctl cascade")
    assert examined(database)[0]["what"] == f"job.{rare} is paused"
