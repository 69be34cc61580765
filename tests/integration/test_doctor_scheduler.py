"""What keeps pg_cron, or a single job, from running at all."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from ground import Cluster
from tests.integration.doctoring import Fault, broken, codes, examined, told
from tests.integration.running import until
from tests.integration.steps import document, job
from tests.runner import Runner
from tests.servers import VERSIONS, Database

FILE = ("-f", "scheduler.yaml")
LAUNCHER = "select count(*) from pg_stat_activity where backend_type = 'pg_cron launcher'"
SOON = "select pg_sleep(0.2)"
RELOAD = ("select pg_reload_conf()", SOON)


def crowd(number: int) -> str:
    return (
        f"select cron.schedule('crowd' || n, '0 3 * * *', 'select 1') "
        f"from generate_series(1, {number}) n"
    )


def job_of(owner: str, name: str) -> str:
    call = "cron.schedule_in_database('{}', '0 3 * * *', 'select 1', 'postgres', '{}')"
    return f"select {call.format(name, owner)}"


ROW = "update cron.job set {} where jobname = 'mine'"
NO_CROWD = "select cron.unschedule(jobid) from cron.job where jobname like 'crowd%'"
FAULTS = [
    Fault(
        "D111",
        ["create role sleeper login", job_of("sleeper", "s"), "alter role sleeper nologin"],
        ["select cron.unschedule(jobid) from cron.job where jobname = 's'", "drop role sleeper"],
        ["job.sleeper/s belongs to sleeper, which may not log in", "ALTER ROLE sleeper LOGIN;"],
    ),
    Fault(
        "D112",
        [crowd(32)],
        [NO_CROWD],
        ["33 jobs begin at 03:00 GMT, and cron.max_running_jobs is 32"],
        "warn",
    ),
    Fault(
        "D113",
        [ROW.format("nodeport = 1")],
        [ROW.format("nodeport = current_setting('port')::int")],
        ["job.mine connects to port 1, and this server is at"],
    ),
    Fault(
        "D113",
        [ROW.format("nodename = 'other.example'")],
        [ROW.format("nodename = current_setting('cron.host')")],
        ["job.mine connects to other.example, and cron.host is"],
        "warn",
    ),
    Fault(
        "D114",
        [ROW.format("database = 'nowhere'")],
        [ROW.format("database = 'postgres'")],
        [
            "job.mine runs in the database nowhere, which does not exist",
            "change `database:` of the job in the file, then cpctl apply",
        ],
    ),
    Fault(
        "D306",
        ["alter system reset app.x", *RELOAD],
        ["select set_config('app.x', '', false)", "alter system set app.x = 'y'", *RELOAD],
        ["setting.app.x is in the file, and is not set in the database", "cpctl apply"],
    ),
]  # fmt: skip
NOT_LAUNCHED = Fault(
    "D105",
    ["alter system set cron.launch_active_jobs = off", *RELOAD],
    ["alter system reset cron.launch_active_jobs", *RELOAD],
    [
        "cron.launch_active_jobs is off",
        json.dumps(
            'psql -c "ALTER SYSTEM RESET cron.launch_active_jobs" -c "SELECT pg_reload_conf()"'
        ),
    ],
)


@pytest.fixture
def well(database: Database) -> Database:
    """One job that seldom runs, one setting."""
    database.write(document(jobs={"mine": job()}, settings={"app.x": "y"}))
    assert database.cpctl("apply", "--auto-approve").code == 0
    return database


def test_faults_of_the_scheduler(well: Database) -> None:
    told(well, FAULTS, files=FILE)
    if well.version != "15":  # pg_cron 1.4 has no such setting
        told(well, [NOT_LAUNCHED], files=FILE)
    with broken(well, Fault("", [crowd(31)], [NO_CROWD])):
        assert examined(well, files=FILE) == []


def test_a_job_whose_owner_is_gone(well: Database) -> None:
    well.run("create role ghost login")
    well.run(job_of("ghost", "g"))
    assert examined(well, files=FILE) == []
    well.run("drop role ghost")
    try:
        found = examined(well, files=FILE)
        assert codes(found) == "D110"
        assert "the role ghost is gone, and job.ghost/g still belongs to it" in found[0]["what"]
        assert "no job of this server runs" in found[0]["why"]
    finally:
        well.run("select cron.unschedule(jobid) from cron.job where username = 'ghost'")
    until(lambda: well.rows(LAUNCHER) == [(1,)], "the launcher")
    assert examined(well, files=FILE) == []


def test_another_database_than_that_of_pg_cron(well: Database) -> None:
    well.run("create database other")
    found = examined(
        well, files=FILE, environment={"CPCTL_DATABASE_URL": well.url(database="other")}
    )
    assert "D101" in codes(found)
    assert "pg_cron lives in the database postgres, and this is other" in found[0]["what"]


def test_the_local_time_of_a_daily_job(well: Database) -> None:
    assert examined(well, files=FILE, environment={"TZ": "UTC"}) == []
    found = examined(well, files=FILE, environment={"TZ": "Asia/Tokyo"})
    assert codes(found) == "D220"
    assert found[0]["what"] == 'cron.timezone is GMT; "0 3 * * *" is 12:00 in Asia/Tokyo today'
    said = document(jobs={"mine": job()}, settings={"app.x": "y"}, expect={"timezone": "GMT"})
    well.write(said)
    assert examined(well, files=FILE, environment={"TZ": "Asia/Tokyo"}) == []


@pytest.fixture(params=VERSIONS)
def alone(request: pytest.FixtureRequest, tmp_path: Path, runner: Runner) -> Iterator[Cluster]:
    (tmp_path / "scheduler.yaml").write_text(document(jobs={"mine": job()}), "utf-8")
    with Cluster(request.param, "doctor") as cluster:
        run(cluster, runner, tmp_path, "apply", "--auto-approve")
        yield cluster
        cluster.stop("immediate")


def run(cluster: Cluster, runner: Runner, folder: Path, *arguments: str) -> str:
    command = (*arguments, "--database-url", cluster.url())
    done = runner.run(command, folder, os.environ)
    assert "Traceback" not in done.err
    assert done.err == ""
    return done.out


def configured(cluster: Cluster, line: str) -> None:
    with (cluster.data_directory / "postgresql.conf").open("a", encoding="utf-8") as conf:
        conf.write(f"{line}\n")
    cluster.restart()


def test_a_standby_and_what_only_a_restart_shows(
    alone: Cluster, tmp_path: Path, runner: Runner
) -> None:
    assert "failure" not in run(alone, runner, tmp_path, "doctor")
    with Cluster(alone.version, "follower", source=alone) as standby:
        assert "FAIL  D104  this is a standby" in run(standby, runner, tmp_path, "doctor")
    configured(alone, "max_worker_processes = 0")
    assert "FAIL  D103  pg_cron's launcher is not there" in run(alone, runner, tmp_path, "doctor")
    configured(alone, "max_worker_processes = 20")
    assert "failure" not in run(alone, runner, tmp_path, "doctor")
    configured(alone, "shared_preload_libraries = ''")
    said = run(alone, runner, tmp_path, "doctor")
    assert "FAIL  D102  the server was not started with pg_cron's library" in said
    assert said.endswith(" 1 failure.\n")
    with psycopg.connect(alone.url(), autocommit=True) as admin:
        admin.execute("drop extension pg_cron")
    said = run(alone, runner, tmp_path, "doctor")
    assert "FAIL  D101  the extension pg_cron is not in the database postgres" in said
