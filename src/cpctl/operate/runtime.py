"""The runtime of edge functions that a file has: where it is, and which jobs call what of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from cpctl.core.acting import acting, grant
from cpctl.core.capabilities import Capabilities
from cpctl.core.kind import Query
from cpctl.core.sql import identifier
from cpctl.document import Document
from cpctl.document.expand.edge_functions import upkeep
from cpctl.document.runtime import Runtime
from cpctl.errors import Refused

_TRIGGER = "trigger_"
_TABLES = ("job_runs", "monitoring_alerts")


class Declared(NamedTuple):
    """What the file says. `functions`: by the name of the SQL function that calls each."""

    schema: str
    functions: Mapping[str, str]
    upkeep: frozenset[str]


class Present(NamedTuple):
    """The runtime of the file in this database. `role`: as whom it is read; empty: as ourselves."""

    schema: str
    role: str

    @property
    def table(self) -> str:
        return f"{self.schema}.job_runs"


def sql(name: str) -> str:
    """The text of one of the .sql files beside this one."""
    return (Path(__file__).parent / f"{name}.sql").read_text(encoding="utf-8")


def declared_runtime(document: Document) -> Declared | None:
    """The runtime, if the file has one and a function for it."""
    runtime = document.headings.get("runtime")
    if not isinstance(runtime, Runtime):
        return None
    specs = document.entries.get("functions", {}).values()
    names = (spec.name for spec in specs if spec.in_schema == runtime.in_schema)
    called = {name: name[len(_TRIGGER) :] for name in names if name.startswith(_TRIGGER)}
    if not called:
        return None
    return Declared(runtime.in_schema, called, frozenset(upkeep(runtime, document.name)))


def caller_of(declared: Declared | None) -> Callable[[str], str]:
    """Which function a command calls: the first by name, as the runtime's own SQL decides."""
    if declared is None:
        return lambda _: ""
    names = "|".join(map(re.escape, declared.functions))
    calls, functions = re.compile(rf'(?<!\w)({names})"?\s*\('), declared.functions

    def called(command: str) -> str:
        return min((functions[name] for name in calls.findall(command)), default="")

    return called


def there_query(declared: Declared) -> Query:
    """Whether it is in the database."""
    return Query("there", sql("runtime_there"), (declared.schema,))


def present_runtime(
    declared: Declared, rows: Sequence[tuple[Any, ...]], capabilities: Capabilities
) -> Present | None:
    """The runtime where it is there. Raises Refused: rows that are hidden never count as absent."""
    if {name for name, _, _ in rows} != set(_TABLES):
        return None
    if all(readable for _, readable, _ in rows):
        return Present(declared.schema, "")
    owner, role = str(rows[0][2]), capabilities.role
    if acting(owner, capabilities) in ("assumed", "superuser"):
        return Present(declared.schema, owner)
    table = f"{declared.schema}.job_runs"
    raise Refused(
        f"row security or a missing right hides the runs in {table} from {role}; hidden is not "
        "absent. Nothing was written.",
        remedy=f"in the file: runtime: {{readers: [{role}]}}, and apply it; "
        f"or {grant(identifier(owner), role)}",
    )


def about(schema: str, name: str) -> str:
    """One of the .sql files, of the runtime in that schema."""
    return sql(name).replace("{schema}", identifier(schema))
