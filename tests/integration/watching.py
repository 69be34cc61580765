"""Runs made up for jobs, and what `cpctl` tells of them; the queries are the tests' own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from tests.runner import Result
from tests.servers import Database

SCHEMAS = Path(__file__).parents[2] / "schemas"
SCHEDULE = "0 0 1 1 *"
FILE = """\
version: 1
name: pipeline
scope: {jobs: [pipe_*]}
urls: {gone: "${NOBODY_SETS_THIS}/functions"}
secrets: {key: {from: "env:NOR_THIS"}}
jobs:
  pipe_good: {schedule: "0 0 1 1 *", command: SELECT 1;}
  pipe_bad: {schedule: "*/5 * * * *", command: "SELECT 1/0;", active: false}
  pipe_new: {schedule: "0 0 1 1 *", command: SELECT 3;}
  pipe_paused: {schedule: "0 0 1 1 *", command: SELECT 4;}
  pipe_absent: {schedule: "0 0 1 1 *", command: SELECT 5;}
"""
"""`pipe_absent` is never made; what pipe_bad does at each fifth minute must not mix with tests."""


def schedule(database: Database, name: str | None, cron: str = SCHEDULE, owner: str = "") -> int:
    """A job by hand; its jobid."""
    command = f"select '{name}'"
    if name is None:
        ((jobid,),) = database.rows("select cron.schedule(%s, %s)", cron, command)
    elif owner:
        ((jobid,),) = database.rows(
            "select cron.schedule_in_database(%s, %s, %s, 'postgres', %s)",
            name, cron, command, owner,
        )  # fmt: skip
    else:
        ((jobid,),) = database.rows("select cron.schedule(%s, %s, %s)", name, cron, command)
    return int(jobid)


def pause(database: Database, jobid: int) -> None:
    database.run("select cron.alter_job(%s, active := false)", jobid)


def ran(
    database: Database, jobid: int, status: str = "succeeded", ago: str = "1 min", said: str = ""
) -> int:
    """A run of pg_cron's own history that took half a second; its runid."""
    ((runid,),) = database.rows(
        "insert into cron.job_run_details (jobid, database, username, command, status, "
        "return_message, start_time, end_time) "
        "select %s, 'postgres', username, command, %s, %s, now() - %s::interval, "
        "case when %s in ('succeeded', 'failed') then now() - %s::interval + interval '500 ms' end "
        "from cron.job where jobid = %s returning runid",
        jobid, status, said, ago, status, ago, jobid,
    )  # fmt: skip
    return int(runid)


def looked(database: Database, command: str, *options: str, user: str = "postgres") -> Any:
    """Its JSON, which is as its schema says."""
    done = database.cpctl(command, *options, "--format", "json", user=user)
    assert done.code == 0, done
    found = json.loads(done.out)
    schema = json.loads((SCHEMAS / f"{command}.schema.json").read_text("utf-8"))
    Draft202012Validator(schema).validate(found)
    return found


def told(done: Result, code: int = 0) -> str:
    assert done.code == code, done
    return done.out + done.err


def moment(database: Database, expression: str, *parameters: object) -> str:
    """A moment as the JSON has it: UTC, to the millisecond."""
    form = 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'
    query = f"select to_char(({expression}) at time zone 'UTC', '{form}')"
    ((found,),) = database.rows(query, *parameters)
    return str(found)
