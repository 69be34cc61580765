"""schemas/ is what the models generate, and valid JSON Schema."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from cpctl.cli.schema import Name, schema_of

SCHEMAS = Path(__file__).parents[2] / "schemas"


@pytest.mark.parametrize("name", list(Name))
def test_the_committed_schema_is_the_generated_one(name: Name) -> None:
    committed = json.loads((SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8"))
    assert committed == json.loads(json.dumps(schema_of(name)))


@pytest.mark.parametrize("name", list(Name))
def test_it_is_a_json_schema(name: Name) -> None:
    Draft202012Validator.check_schema(schema_of(name))


def test_nothing_else_is_committed_there() -> None:
    assert {path.name for path in SCHEMAS.iterdir()} == {f"{name}.schema.json" for name in Name}
