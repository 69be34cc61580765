"""Plans by hand: what a render test says is what differs from an ordinary plan."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cpctl.core.change import Change, Create, Delete, Update
from cpctl.core.finding import Finding
from cpctl.core.inputs import Inputs
from cpctl.core.plan import Plan, Target
from cpctl.core.resource import Address, Resource, Value
from cpctl.core.statement import Statement
from cpctl.core.text import Source, Text, text

TARGET = Target(
    system_identifier="7345",
    host="db.internal",
    port=5432,
    database="postgres",
    server_version="17.12",
    pg_cron_version="1.6",
    role="deploy",
)
WHY = "it is not in scheduler.yaml, and scope.jobs has content_pipeline_*"


def at_line(line: int) -> Text:
    """A key on that line of scheduler.yaml."""
    return text("key", Source("scheduler.yaml", "\n" * (line - 1) + "key:"), line - 1, line + 2, "")


def resource(
    address: Address, fields: Mapping[str, Value], line: int = 0, **facts: object
) -> Resource:
    return Resource(address, fields, facts, at_line(line) if line else None)


def job(
    name: str, schedule: str = "* * * * *", command: str = "SELECT 1;", line: int = 0
) -> Resource:
    fields: dict[str, Value] = {
        "schedule": schedule,
        "command": command,
        "database": "postgres",
        "active": True,
    }
    return resource(Address("job", name), fields, line, implied=("database", "active"))


def setting(name: str, value: Value, reference: str | None = None) -> Resource:
    fields: dict[str, Value] = {"value": value, "store": "system"}
    return resource(Address("setting", name), fields, implied=("store",), reference=reference)


def changed(before: Resource, **fields: Value) -> Update:
    return Update(before, before._replace(fields={**before.fields, **fields}))


def plan(*changes: Change, unchanged: int = 0, **others: Any) -> Plan:
    same = {Address("job", f"same_{n}"): job(f"same_{n}") for n in range(unchanged)}
    after = {c.address: c.after for c in changes if not isinstance(c, Delete)}
    before = {c.address: c.before for c in changes if not isinstance(c, Create)}
    usual: dict[str, Any] = {
        "name": "content-pipeline",
        "files": ("scheduler.yaml",),
        "inputs": Inputs({"scheduler.yaml": "cd34"}, ("HOST",), "ab12"),
        "target": TARGET,
        "timezone": "GMT",
        "as_of": "2026-11-23T13:37:00Z",
        "desired": {**same, **after},
        "actual": {**same, **before},
        "changes": tuple(sorted(changes, key=lambda change: change.address)),
        "statements": tuple(Statement("SELECT 1", (), c.address) for c in changes),
        "hazards": {},
        "refusals": (),
        "notes": (),
        "unmanaged": (),
        "incomplete": (),
    }
    return Plan(**{**usual, **others})


def hazard(change: Change, code: str, what: str = "") -> dict[Address, tuple[Finding, ...]]:
    return {change.address: (Finding(code, what, change.address),)}
