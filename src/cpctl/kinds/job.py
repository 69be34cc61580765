"""Kind `job`: a row of cron.job, which belongs to (name, username).

Updates go through `cron.alter_job` by jobid, so the job and its run history stay; no pg_cron
function changes a name or an owner. What each call may change is in docs/facts.md, section 1.4.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from cpctl.core.change import Change
from cpctl.core.cron_calls import Calls
from cpctl.core.kind import Context, Kind, Query, Rows
from cpctl.core.ledger import Remembered
from cpctl.core.resource import Address, Fields, Resource, State, Value
from cpctl.core.speech import Clock, Speech
from cpctl.core.statement import Statement
from cpctl.core.text import Text, Wrong, as_flag, as_sql
from cpctl.kinds import sql
from cpctl.lints import jobs as lints
from cpctl.lints.jobs import name_fault
from cpctl.lints.schedules import codes_wrong, schedule_wrong

LONGEST_NAME = 2000
"""Bytes; from about 2,700 on the server's index cannot hold it (54000)."""

Flag = Annotated[bool, BeforeValidator(as_flag)]
Sql = Annotated[str, BeforeValidator(as_sql)]


class Defaults(BaseModel):
    """What jobs take from `defaults:` unless they say it themselves."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    username: str | None = Field(
        None,
        min_length=1,
        description="Whose job it is and as whom it runs; left out: the role that applies.",
        examples=["postgres"],
    )
    database: str | None = Field(
        None,
        min_length=1,
        description="Where it runs; left out: the database that pg_cron lives in.",
        examples=["reporting"],
    )
    active: Flag | None = Field(
        None,
        description="true or false: managed. Left out: not managed, so that a job paused by hand "
        "stays paused.",
    )
    description: str | None = Field(
        None,
        description="What the job is for; shown, never stored or compared.",
        json_schema_extra={"interpolate": False},
    )


class Spec(Defaults):
    """One job under `jobs:`."""

    schedule: str = Field(
        description="When it runs: five cron fields, a macro, or `N seconds` (pg_cron 1.5).",
        examples=["*/5 * * * *", "0 2 * * *", "@daily", "30 seconds"],
    )
    command: Sql = Field(
        description="The SQL to run, exactly as written; for several lines use a block: |",
        examples=["SELECT refresh_metrics();"],
        json_schema_extra={"interpolate": False},
    )
    command_file: str | None = Field(
        None,
        description="A file that holds the command, relative to this one.",
        examples=["sql/nightly.sql"],
    )
    allow: tuple[str, ...] = Field(
        (),
        description="Codes of spellings that pg_cron misreads, where that is meant.",
        examples=[["NEVER_RUNS"]],
    )
    name: str | None = Field(
        None, min_length=1, description="The job's name on the server, where it is not this key."
    )


def _check(key: Text, spec: Spec) -> None:
    name = spec.name or key
    if not name:
        raise Wrong("a job needs a name", "write one before the colon")
    if len(name.encode()) > LONGEST_NAME:
        raise Wrong("the job's name is over 2,000 bytes", "shorten it")


def _judge(key: Text, spec: Spec, pg_cron: str) -> None:
    """Raises Wrong for what this version of pg_cron (empty: any) would not do as it reads."""
    name_wrong = name_fault(spec.name or key, pg_cron) if pg_cron else ""
    if name_wrong:
        raise Wrong(name_wrong, "shorten it, or update pg_cron to 1.5", "name")
    wrong = codes_wrong(spec.allow) if spec.allow else None
    wrong = wrong or schedule_wrong(spec.schedule, spec.allow, pg_cron)
    if wrong is not None:
        raise wrong


def _address(name: str, owner: str, context: Context) -> Address:
    """`job.NAME` for the file's owner, else `job.OWNER/NAME`.

    What could be read both ways is quoted.
    """
    if owner == context.owner and "/" not in name and not name.startswith(("(", '"')):
        return Address("job", name)
    shown = f'"{owner}"' if "/" in owner or '"' in owner else owner
    return Address("job", f"{shown}/{name}")


def _declare(key: str, spec: Spec, context: Context, origin: Text | None) -> Resource:
    name = str(spec.name or key)
    owner = spec.username or context.owner
    fields: dict[str, str | bool] = {
        "schedule": spec.schedule,
        "command": spec.command,
        "database": spec.database or context.capabilities.home,
    }
    if spec.active is not None:
        fields["active"] = spec.active
    facts = {"name": name, "username": owner, "implied": _implied(fields, context)}
    return Resource(_address(name, owner, context), fields, facts, origin)


_USUAL = ("database", "active")


def _implied(fields: Fields, context: Context) -> tuple[str, ...]:
    """Fields that say nothing a reader would not assume."""
    usual = {"database": context.capabilities.home, "active": True}
    return tuple(name for name, value in usual.items() if fields.get(name) == value)


def _queries(context: Context, _: Sequence[Resource]) -> tuple[Query, ...]:
    if not context.capabilities.rows_hidden:
        return (Query("jobs", sql("job")),)
    role = context.capabilities.role
    owners = sorted({role, *context.owners})
    return tuple(Query("jobs", sql("job"), role="" if o == role else o) for o in owners)


def _actual(rows: Rows, _: State, context: Context) -> Iterable[Resource]:
    home = context.capabilities.home
    for jobid, name, schedule, command, database, username, active in rows["jobs"]:
        fields: Fields = {
            "schedule": schedule,
            "command": command,
            "database": database,
            "active": active,
        }
        implied = _USUAL if active and database == home else _implied(fields, context)
        facts = {"name": name, "username": username, "jobid": jobid, "implied": implied}
        if name is None:
            address = Address("job", f"(unnamed, jobid {jobid})")
        else:
            address = _address(name, username, context)
        yield Resource(address, fields, facts)


def _adopt(declared: Resource, seen: Resource, _: Context) -> Resource:
    fields = {**seen.fields, **declared.fields}
    if str(fields["command"]).strip() == str(seen.fields["command"]).strip():
        fields["command"] = seen.fields["command"]
    return declared._replace(fields=fields, facts={**declared.facts, **seen.facts})


def _speak(field: str, value: Value, clock: Clock) -> Speech | None:
    if field != "schedule" or not isinstance(value, str):
        return None
    from cpctl.schedule.speech import speak

    return speak(value, clock)


def _removable(seen: Resource, context: Context) -> str | None:
    name = seen.facts["name"]
    scope = context.scope.get("jobs")
    if not isinstance(name, str) or seen.facts["username"] not in context.owners:
        return None
    if scope is None:
        return context.memory.reason(seen.address, context.file)
    pattern = scope.pattern(name)
    return pattern and f"it is not in {context.file}, and scope.jobs has {pattern}"


def _statements(change: Change, context: Context) -> tuple[Statement, ...]:
    call = Calls(context.capabilities).of(change)
    return (Statement(call.sql, call.params, change.address, role=call.role),)


def _recall(address: Address, past: Remembered) -> Resource:
    """As it was, under the jobid that it has now or will get."""
    facts = {name: value for name, value in past.facts.items() if name != "jobid"}
    return Resource(address, past.fields, facts)


KIND = Kind(
    name="job",
    document_key="jobs",
    spec=Spec,
    defaults=Defaults,
    check=_check,
    judge=_judge,
    identity=lambda key, spec: (str(spec.name or key), spec.username),
    scope_name=lambda key, spec: str(spec.name or key),
    declare=_declare,
    queries=_queries,
    actual=_actual,
    adopt=_adopt,
    recall=_recall,
    removable=_removable,
    speak=_speak,
    statements=_statements,
    refusals=lints.refusals,
    hazards=lints.hazards,
    notes=lints.notes,
)
