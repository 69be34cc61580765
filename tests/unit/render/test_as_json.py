from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from cpctl.core.change import Create, Delete
from cpctl.core.finding import Finding
from cpctl.core.plan import fingerprint
from cpctl.core.resource import Address, Sealed
from cpctl.core.statement import Hole, Statement
from cpctl.errors import CpctlError, Fault, InputError, Refused
from cpctl.render.as_json import drift_json, dumps, errors_json, plan_json
from cpctl.render.schemas import SHAPES, schema
from tests.unit.render.plans import WHY, changed, hazard, job, plan, setting

SCHEMAS = Path(__file__).parents[3] / "schemas"
MAIN = job("main", "*/5 * * * *")
KEY = setting("app.key", Sealed("digest-one"), "env:KEY")


def valid(name: str, document: Any) -> Any:
    """The document as a program reads it, once its schema agrees."""
    read = json.loads(dumps(document))
    Draft202012Validator(schema(name)).validate(read)
    return read


@pytest.mark.parametrize("name", sorted(SHAPES))
def test_the_schema_in_the_repository_is_the_generated_one(name: str) -> None:
    file = (SCHEMAS / f"{name}.schema.json").read_text("utf-8")
    assert file == json.dumps(schema(name), indent=2) + "\n"


@pytest.mark.parametrize("name", sorted(SHAPES))
def test_a_schema_is_valid_and_explains_every_key(name: str) -> None:
    made = schema(name)
    Draft202012Validator.check_schema(made)
    shapes = [made, *made["$defs"].values()]
    assert all(shape["description"] for shape in shapes)
    properties = [key for shape in shapes for key in shape["properties"].values()]
    assert all("description" in key or "$ref" in key for key in properties)


def test_a_plan_has_the_keys_of_the_contract() -> None:
    read = valid("plan", plan_json(plan(Create(MAIN))))
    assert list(read) == [
        "format_version",
        "cpctl_version",
        "as_of",
        "target",
        "base_fingerprint",
        "inputs",
        "changes",
        "statements",
        "unmanaged",
        "notes",
        "refusals",
        "summary",
        "complete",
        "applyable",
        "record",
    ]
    assert list(read["changes"][0]) == [
        "address",
        "action",
        "before",
        "after",
        "sensitive",
        "reason",
        "hazards",
    ]
    assert list(read["statements"][0]) == ["sql", "address", "channel"]


def test_a_plan_for_programs() -> None:
    gone = Delete(job("old"), WHY)
    made = plan(
        changed(MAIN, schedule="1 * * * *"),
        gone,
        Create(setting("search_path", ("a", "b"))),
        unchanged=4,
        hazards=hazard(gone, "DELETES_JOB"),
        notes=(Finding("PAUSED", "is paused.", Address("job", "same_0")),),
        refusals=(Finding("STANDBY", "it is a standby", None, "connect to the primary"),),
        unmanaged=(Address("job", "theirs"),),
    )
    read = valid("plan", plan_json(made))
    assert read["target"] == {
        "system_identifier": "7345",
        "host": "db.internal",
        "database": "postgres",
        "server_version": "17.12",
        "pg_cron_version": "1.6",
        "role": "deploy",
    }
    assert read["base_fingerprint"] == fingerprint(made)
    updated, deleted, created = read["changes"]
    assert updated["address"] == "job.main"
    assert updated["before"]["schedule"] == "*/5 * * * *"
    assert updated["after"] == {
        "schedule": "1 * * * *",
        "command": "SELECT 1;",
        "database": "postgres",
        "active": True,
    }
    assert (deleted["after"], deleted["reason"], deleted["hazards"]) == (None, WHY, ["DELETES_JOB"])
    assert (created["before"], created["after"]["value"]) == (None, ["a", "b"])
    assert read["unmanaged"] == ["job.theirs"]
    assert read["notes"] == ["job.same_0 is paused."]
    assert read["refusals"] == ["STANDBY: it is a standby. Remedy: connect to the primary"]
    assert read["summary"] == {
        "create": 1,
        "update": 1,
        "delete": 1,
        "unchanged": 4,
        "unmanaged": 1,
        "statements": 3,
    }
    assert (read["complete"], read["applyable"]) == (True, False)


def test_a_secret_is_null_and_a_hole() -> None:
    sql = 'ALTER SYSTEM SET "app"."key" = $1'
    statement = Statement(sql, (Hole("env:KEY"),), KEY.address, "system", placeholder="app.key")
    made = plan(changed(KEY, value=Sealed("digest-two")), statements=(statement,))
    read = valid("plan", plan_json(made))
    (change,) = read["changes"]
    assert (change["before"]["value"], change["after"]["value"]) == (None, None)
    assert change["sensitive"] == ["value"]
    assert read["statements"] == [
        {
            "sql": 'ALTER SYSTEM SET "app"."key" = :\'secret_KEY\'',
            "address": "setting.app.key",
            "channel": "system",
        }
    ]
    assert "digest" not in dumps(plan_json(made)) + dumps(drift_json(made))


def test_what_was_not_compared_makes_a_plan_incomplete() -> None:
    read = valid("plan", plan_json(plan(incomplete=(KEY.address,))))
    assert read["complete"] is False
    assert read["notes"] == ["1 secret was not compared, for want of a value: setting.app.key."]


def test_drift_for_programs() -> None:
    made = plan(
        changed(MAIN, schedule="1 * * * *"),
        Create(job("new", "2 * * * *")),
        Delete(job("old"), WHY),
        unchanged=2,
        notes=(
            Finding("PAUSED", "is paused.", Address("job", "same_0")),
            Finding("SHADOWED", "is overruled.", Address("setting", "a.b")),
        ),
        unmanaged=(Address("job", "theirs"),),
    )
    read = valid("drift", drift_json(made))
    drifted, missing, extra = read["resources"]
    assert drifted == {
        "address": "job.main",
        "class": "drifted",
        "fields": [{"name": "schedule", "file": "1 * * * *", "database": "*/5 * * * *"}],
        "sensitive": [],
        "reason": "",
    }
    assert (missing["class"], extra["class"]) == ("missing", "extra")
    assert missing["fields"][0] == {"name": "schedule", "file": "2 * * * *", "database": None}
    assert extra["fields"][0] == {"name": "schedule", "file": None, "database": "* * * * *"}
    assert extra["reason"] == WHY
    assert (read["paused"], read["unmanaged"]) == (["job.same_0"], ["job.theirs"])
    assert read["notes"] == ["setting.a.b is overruled."]
    assert read["summary"] == {
        "drifted": 1,
        "both": 0,
        "missing": 1,
        "extra": 1,
        "pending": 0,
        "matching": 2,
        "unmanaged": 1,
    }


def test_errors_for_programs() -> None:
    faults = (Fault("unknown key", "a.yaml:1:2", "remove it"), Fault("no jobs"))
    read = valid("errors", errors_json(InputError(faults)))
    assert read == {
        "format_version": "1.0",
        "errors": [
            {
                "what": "unknown key",
                "where": "a.yaml:1:2",
                "remedy": "remove it",
                "details": [],
                "exit_code": 1,
            },
            {"what": "no jobs", "where": "", "remedy": "", "details": [], "exit_code": 1},
        ],
    }


def test_an_error_has_its_details_and_exit_code() -> None:
    (refused,) = valid("errors", errors_json(Refused("no", details=("a", "b"))))["errors"]
    assert (refused["details"], refused["exit_code"]) == (["a", "b"], 3)
    (plain,) = valid("errors", errors_json(CpctlError("no")))["errors"]
    assert plain["exit_code"] == 1


def test_json_is_ascii_with_a_line_for_each_item() -> None:
    text = dumps(plan_json(plan(Create(job("naïve\x1b[31m\u202e\ud800")), unchanged=1)))
    assert text.isascii()
    assert text.replace("\n", "").isprintable()
    assert json.loads(text)["changes"][0]["address"] == "job.naïve\x1b[31m\u202e\ud800"
    assert text.startswith('{\n "format_version": "1.0",\n "cpctl_version": ')
    assert '\n "changes": [\n  {"address": ' in text
    assert '\n "unmanaged": [],\n' in text
