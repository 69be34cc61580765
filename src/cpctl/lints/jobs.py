"""What can be said about changes of jobs beyond their diff: refusals, hazards and notes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cpctl.core.change import Change, Create, Delete, Update
from cpctl.core.copying import copies
from cpctl.core.cron_calls import Calls
from cpctl.core.finding import Finding
from cpctl.core.job_spec import NAME_LIMIT
from cpctl.core.kind import Context, Survey
from cpctl.core.paused import pause_of
from cpctl.core.pauses import OUTSIDE, Pause, note, since
from cpctl.core.resource import NAME, Resource
from cpctl.core.runs import last_run
from cpctl.core.speech import Clock
from cpctl.core.sql import identifier

_CALLS = (("net.http_", "pg_net"), ("http_header(", "http"))
"""What only these two extensions provide, as far as a name can tell."""


def refusals(survey: Survey) -> tuple[Finding, ...]:
    """Missing rights, and creations that would make a job run twice."""
    changes, context = survey.changes, survey.context
    owners: dict[object, str] = {}
    if any(_named(change) for change in changes):
        jobs = survey.actual.values()
        owners = {seen.facts["name"]: str(seen.facts["username"]) for seen in jobs}
    checks = (_rights(change, context) or _unsafe(change, owners, context) for change in changes)
    return tuple(finding for finding in checks if finding is not None)


def _unsafe(change: Change, owners: Mapping[object, str], context: Context) -> Finding | None:
    """Why a job of this name would go wrong although every right is there."""
    name, capabilities = _named(change), context.capabilities
    if not name:
        return None
    if name in owners:
        return Finding(
            "DUPLICATE_JOB",
            f"exists and belongs to {owners[name]}; you are {capabilities.role}. "
            "A second one would run beside it",
            change.address,
            f"defaults: {{username: {owners[name]}}}",
        )
    fault = name_fault(name, capabilities.pg_cron_version or "")
    remedy = "shorten it, or update pg_cron to 1.5"
    return Finding("NAME_TOO_LONG", fault, change.address, remedy) if fault else None


def _named(change: Change) -> str:
    """The name that a change gives to a job that did not have it."""
    match change:
        case Create(after=after):
            return str(after.facts["name"])
        case Update(after=after) if change.was is not None:
            return str(after.fields[NAME])
        case _:
            return ""


def name_fault(name: str, pg_cron: str) -> str:
    """Why this version of pg_cron would take the name for another one; empty if it would not."""
    if pg_cron >= "1.5":
        return ""
    size = len(name.encode(errors="surrogatepass"))
    if size <= NAME_LIMIT:
        return ""
    return f"has a name of {size} bytes; pg_cron {pg_cron} keeps the first {NAME_LIMIT}"


def _rights(change: Change, context: Context) -> Finding | None:
    """The right that the change's statement needs and its caller lacks."""
    capabilities = context.capabilities
    resource = change.before if isinstance(change, Delete) else change.after
    owner = str(resource.facts["username"])
    rights = capabilities.owners.get(owner)
    if rights is not None and not rights.exists and not isinstance(change, Delete):
        what = f"belongs to the role {owner}, which does not exist: that would stop every job"
        return Finding("NO_ROLE", what, change.address, f"CREATE ROLE {identifier(owner)} LOGIN;")
    if rights is not None and not rights.can_login and isinstance(change, Create):
        what = f"belongs to the role {owner}, which may not log in: every run of it would fail"
        return Finding("NO_LOGIN", what, change.address, f"ALTER ROLE {identifier(owner)} LOGIN;")
    calls = Calls(capabilities).of(change)
    missing = next((call.missing for call in calls if call.missing), None)
    return missing and Finding("MISSING_RIGHT", missing.what, change.address, missing.remedy)


def hazards(change: Change, context: Context) -> tuple[Finding, ...]:
    """What a reviewer must not overlook."""
    return (*_hangs(change, context), *_goes(change))


def _hangs(change: Change, context: Context) -> Iterator[Finding]:
    """docs/facts.md, section 1.6: background workers have no client and only fail."""
    if isinstance(change, Delete) or context.capabilities.background_workers:
        return
    if copies(str(change.after.fields["command"])):
        what = "pg_cron hangs at a COPY to or from the client: no job runs; use a file, or INSERT"
        yield Finding("HANGS_LAUNCHER", what, change.address)


def _goes(change: Change) -> tuple[Finding, ...]:
    """Of jobs that would not run any more."""
    match change:
        case Delete() if change.heir is not None:
            return _running(change)
        case Delete():
            return (Finding("DELETES_JOB", "", change.address), *_running(change))
        case Update() if change.pauses:
            return (Finding("DISABLES_JOB", "", change.address), *_running(change))
        case _:
            return ()


def _running(change: Delete | Update) -> tuple[Finding, ...]:
    run = last_run(change.before)
    if run is None or not run.in_progress:
        return ()
    what = f"its run in progress (pid {run.pid}) {run.fate}"
    return (Finding("RUN_IN_PROGRESS", what, change.address),)


def notes(survey: Survey) -> tuple[Finding, ...]:
    """Jobs that the file leaves alone although somebody may think otherwise."""
    return (*_paused(survey), *_foreign(survey), *_unserved(survey))


def _unserved(survey: Survey) -> Iterator[Finding]:
    """Commands that call what no extension of this database provides."""
    capabilities = survey.context.capabilities
    there = capabilities.extensions.keys() | capabilities.foreseen
    absent = [(sign, name) for sign, name in _CALLS if name not in there]
    for address, declared in survey.declared.items() if absent else ():
        command, database = declared.fields.get("command"), declared.fields.get("database")
        for sign, name in absent:
            if sign in str(command) and database == capabilities.home:
                what = f"calls {sign}…, and the extension {name}, which has it, is not here."
                yield Finding("NO_EXTENSION", what, address, f"CREATE EXTENSION {name};")


def _foreign(survey: Survey) -> Iterator[Finding]:
    """In scope by name, but of an owner whose jobs the file does not declare."""
    scope, owners = survey.context.scope.get("jobs"), survey.context.owners
    for address, seen in survey.actual.items() if scope else ():
        name, owner = seen.facts["name"], seen.facts["username"]
        if owner in owners or address in survey.declared or not isinstance(name, str):
            continue
        if scope is not None and scope.covers(name):
            what = f"is in scope by its name, but belongs to {owner}: it is left alone."
            yield Finding("FOREIGN_OWNER", what, address)


def _ignored(declared: Resource) -> tuple[str, ...]:
    ignored = declared.facts.get("ignored")
    return ignored if isinstance(ignored, tuple) else ()


def _paused(survey: Survey) -> Iterator[Finding]:
    """Paused jobs that the file wants to be there, and whether an apply will resume them."""
    known = survey.context.memory.pauses
    paused = {a: seen for a, seen in survey.actual.items() if seen.fields["active"] is False}
    for address, wanted in survey.declared.items() if paused else ():
        if address not in paused or not wanted.fields:
            continue
        pause = pause_of(paused[address], known)
        words = _since(pause, survey.context) if pause else OUTSIDE
        if "active" not in wanted.fields or "active" in _ignored(wanted):
            yield Finding("PAUSED", note(words, managed=False), address)
        elif pause is not None and wanted.fields["active"] is True:
            yield Finding("PAUSED", note(words, managed=True), address)


def _since(pause: Pause, context: Context) -> str:
    from cpctl.schedule.speech import day_and_time

    capabilities = context.capabilities
    version, zone = capabilities.pg_cron_version or "", capabilities.timezone
    return since(pause, day_and_time(pause.at, Clock(version, zone, capabilities.as_of)))
