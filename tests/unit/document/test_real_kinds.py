"""The document with the kinds that cpctl has: the files of the design, and YAML's traps for SQL."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from cpctl.core.text import Source
from cpctl.document import load
from cpctl.document.schema import schema
from cpctl.errors import InputError

ENV = {"SUPABASE_URL": "https://abc.supabase.co"}
DESIGN = """\
version: 1
name: content-pipeline
expect: {host: "db.internal*"}
scope:
  jobs: [content_pipeline_*]
  settings: [app.*]
store: system
defaults: {username: postgres}
urls:
  content_automation: ${SUPABASE_URL}/functions/v1/content-automation
secrets:
  service_role_key: {from: "env:SUPABASE_SERVICE_ROLE_KEY"}
settings:
  cron.log_min_messages: warning
jobs:
  content_pipeline_main:
    description: Main content automation
    schedule: "*/5 * * * *"
    command: SELECT trigger_content_automation();
"""
JOB = "version: 1\nname: x\njobs:\n  a:\n    schedule: '* * * * *'\n"


def found(text: str) -> list[str]:
    try:
        load([Source("s", text)], ENV)
    except InputError as error:
        return [str(fault) for fault in error.faults]
    return []


def test_the_file_of_the_design() -> None:
    made = load([Source("s", DESIGN)], ENV)
    job = made.entries["jobs"][made.origin("jobs", "content_pipeline_main")]
    assert (job.schedule, job.command, job.username) == (
        "*/5 * * * *",
        "SELECT trigger_content_automation();",
        "postgres",
    )
    url = made.entries["settings"][made.origin("settings", "app.content_automation_url")]
    assert url.value == "https://abc.supabase.co/functions/v1/content-automation"
    assert set(made.entries["settings"]) == {
        "app.content_automation_url",
        "app.service_role_key",
        "cron.log_min_messages",
    }


def test_the_editor_accepts_the_file_of_the_design() -> None:
    seen = yaml.load(DESIGN, Loader=yaml.SafeLoader)
    Draft202012Validator(schema("scheduler")).validate(seen)


def test_the_file_of_this_repository() -> None:
    text = (Path(__file__).parents[3] / "scheduler.yaml").read_text(encoding="utf-8")
    made = load([Source("scheduler.yaml", text)], ENV)
    assert (len(made.entries["jobs"]), len(made.entries["settings"])) == (6, 7)


@pytest.mark.parametrize(
    ("command", "expected"),
    {
        "DELETE FROM t WHERE id = 1 # AND tenant = 2": "YAML drops everything from # on",
        "SELECT a #>> '{b}'": "YAML drops everything from # on",
        ">\n      SELECT 1 -- x\n      , 2": "folded text (>) joins lines",
        "SELECT 1\n      , 2": "SQL over several lines would be joined into one",
        '"SELECT 1\n      , 2"': "SQL over several lines would be joined into one",
        "''": "the command is empty",
        "SELECT 'a: b'": "a plain value cannot hold a colon followed by a blank",
    }.items(),
)
def test_yaml_that_would_eat_sql(command: str, expected: str) -> None:
    (fault,) = found(f"{JOB}    command: {command}\n")
    assert expected in fault


def test_a_comma_in_braces_that_would_end_the_sql() -> None:
    (fault,) = found(
        "version: 1\nname: x\njobs:\n  a: {schedule: '* * * * *', command: SELECT f(1, 2)}\n"
    )
    assert fault.startswith("s:4:39: in { } a comma ends this value. Remedy: put it in quotes")


@pytest.mark.parametrize("command", ["SELECT '$1 $$ ${X}', a #>> '{b}'", "'x'", "SELECT 1;"])
def test_sql_is_taken_exactly_as_written(command: str) -> None:
    made = load([Source("s", f"{JOB}    command: |\n      {command}\n      -- # x: y\n")], {})
    job = made.entries["jobs"][made.origin("jobs", "a")]
    assert job.command == f"{command}\n-- # x: y\n"
