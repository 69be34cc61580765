"""Kind `job`: a row of cron.job, which belongs to (name, username).

Updates go through `cron.alter_job` by jobid, so the job and its run history stay; no pg_cron
function changes a name or an owner. What each call may change is in docs/facts.md, section 1.4.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from cpctl.core.change import Change
from cpctl.core.cron_calls import Calls
from cpctl.core.foresee import PG_CRON
from cpctl.core.job_address import address_of
from cpctl.core.job_spec import Defaults, Spec
from cpctl.core.kind import NOT_THERE, Context, Kind, Query, Rows, Survey
from cpctl.core.ledger import Remembered
from cpctl.core.renames import heirs, renamed
from cpctl.core.resource import NAME, Address, Fields, Resource, State, Value
from cpctl.core.runs import Run, mode_of
from cpctl.core.speech import Clock, Speech
from cpctl.core.statement import Statement
from cpctl.core.text import Text, Wrong
from cpctl.kinds import sql
from cpctl.lints import jobs as lints
from cpctl.lints.jobs import name_fault
from cpctl.lints.schedules import codes_wrong, schedule_wrong

if TYPE_CHECKING:
    from cpctl.core.migration import Offline, Script
    from cpctl.core.rights import Request, Right

RUNS = 1000
"""So many of the last runs are looked at, whatever there are."""

LONGEST_NAME = 2000
"""Bytes; from about 2,700 on the server's index cannot hold it (54000)."""


def _check(key: Text, spec: Spec) -> None:
    name = spec.name or key
    if not name:
        raise Wrong("a job needs a name", "write one before the colon")
    if len(name.encode(errors="surrogatepass")) > LONGEST_NAME:
        raise Wrong("the job's name is over 2,000 bytes", "shorten it")
    if spec.was == name:
        raise Wrong("`was` is the name that the job has", "remove this line", "was")


def _formerly(_: str, spec: Spec) -> tuple[object, Text] | None:
    return ((str(spec.was), spec.username), spec.was) if isinstance(spec.was, Text) else None


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
    return address_of(name, owner, context.owner)


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
    facts: dict[str, object] = {
        "name": name,
        "username": owner,
        "implied": _implied(fields, context.capabilities.home),
        "protect": spec.protect,
        "ignored": spec.ignore_changes,
    }
    if spec.was is not None:
        fields[NAME] = name
        facts |= {"was": spec.was, "predecessor": _address(spec.was, owner, context)}
        facts["implied"] = (*_implied(fields, context.capabilities.home), NAME)
    return Resource(_address(name, owner, context), fields, facts, origin)


_IMPLIED = {
    (False, False): (),
    (False, True): ("active",),
    (True, False): ("database",),
    (True, True): ("database", "active"),
}
"""By whether it runs in the home database, and is active."""


def _implied(fields: Fields, home: str) -> tuple[str, ...]:
    """Fields that say nothing a reader would not assume."""
    return _IMPLIED[fields["database"] == home, fields.get("active") is True]


def _queries(context: Context, _: Sequence[Resource]) -> tuple[Query, ...]:
    role, capabilities = context.capabilities.role, context.capabilities
    if PG_CRON in capabilities.foreseen:
        return ()
    owners = sorted({role, *context.owners}) if capabilities.rows_hidden else [role]
    jobs, runs, first = sql("job"), sql("job_runs"), max(0, capabilities.last_runid - RUNS)
    asked = [Query("jobs", jobs, role="" if owner == role else owner) for owner in owners]
    for owner in owners:
        rights = capabilities if owner == role else capabilities.owners[owner]
        if rights.runs_readable and capabilities.last_runid:
            asked.append(Query("runs", runs, (first,), role="" if owner == role else owner))
    return tuple(asked)


def _actual(rows: Rows, declared: State, context: Context) -> Iterable[Resource]:
    renaming = heirs(declared)
    found = _seen(rows, context)
    if not renaming:
        return found
    capabilities = context.capabilities
    in_place = capabilities.jobs_writable and not capabilities.rows_hidden
    seen = {resource.address: resource for resource in found}
    return renamed(seen, declared, renaming, in_place=in_place).values()


def _seen(rows: Rows, context: Context) -> Iterable[Resource]:
    home, mode = context.capabilities.home, mode_of(context.capabilities)
    runs = {
        jobid: Run(status, pid, started or "", mode)
        for jobid, status, pid, started in rows.get("runs", ())
    }
    for jobid, name, schedule, command, database, username, active in rows.get("jobs", ()):
        fields: Fields = {
            "schedule": schedule,
            "command": command,
            "database": database,
            "active": active,
        }
        implied = _implied(fields, home)
        facts = {"name": name, "username": username, "jobid": jobid, "implied": implied}
        if jobid in runs:
            facts["run"] = runs[jobid]
        address = address_of(name, username, context.owner, jobid)
        yield Resource(address, fields, facts)


def _adopt(declared: Resource, seen: Resource, _: Context) -> Resource:
    fields = {**seen.fields, **declared.fields}
    for ignored in _ignored(declared):
        fields[ignored] = seen.fields[ignored]
    command, there = fields["command"], seen.fields["command"]
    if command != there and str(command).strip() == str(there).strip():
        fields["command"] = there
    # Of a renamed job the seen name is the old one.
    facts = {**declared.facts, **seen.facts, "name": declared.facts["name"]}
    # Most jobs are in sync: one mapping for both sides is half the memory, and compared at once.
    same = fields == seen.fields
    return Resource(declared.address, seen.fields if same else fields, facts, declared.origin)


def _ignored(declared: Resource) -> Iterable[str]:
    ignored = declared.facts.get("ignored")
    return ignored if isinstance(ignored, tuple) else ()


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
    calls = Calls(context.capabilities).of(change)
    return tuple(Statement(c.sql, c.params, change.address, role=c.role) for c in calls)


def _migrate(entries: Mapping[Text, Spec], offline: Offline) -> Script:
    from cpctl.core.job_migration import Texts, job_script

    return job_script(entries, offline, Texts(sql("job_migration"), sql("job_migration_removal")))


def _rights(survey: Survey, request: Request) -> Iterable[Right]:
    from cpctl.core.job_rights import rights

    return rights(survey, request)


def _recall(address: Address, past: Remembered | None, _: Sequence[Remembered | None]) -> Resource:
    """As it was, under the jobid that it has now or will get."""
    if past is None:
        return Resource(address, {}, {"because": NOT_THERE})
    facts = {name: value for name, value in past.facts.items() if name != "jobid"}
    return Resource(address, past.fields, facts)


KIND = Kind(
    name="job",
    document_key="jobs",
    spec=lambda: Spec,
    defaults=Defaults,
    check=_check,
    judge=_judge,
    identity=lambda key, spec: (str(spec.name or key), spec.username),
    formerly=_formerly,
    scope_name=lambda key, spec: str(spec.name or key),
    declare=_declare,
    queries=_queries,
    actual=_actual,
    adopt=_adopt,
    recall=_recall,
    removable=_removable,
    speak=_speak,
    statements=_statements,
    migrate=_migrate,
    refusals=lints.refusals,
    hazards=lints.hazards,
    notes=lints.notes,
    rights=_rights,
)
