"""A job's command, now: in the job's database, as its owner, with what came of it.

pg_cron has no "run now", so the command runs over a connection of our own, in the foreground, and
pg_cron's history does not know of it. What the runtime's functions call is in theirs, as manual.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any, NamedTuple

from cpctl.core.acting import acting, membership
from cpctl.core.capabilities import Capabilities
from cpctl.core.copying import copies
from cpctl.core.kind import Query
from cpctl.core.ran import Ran, Triggered
from cpctl.core.resource import Address, Resource
from cpctl.core.sql import identifier
from cpctl.document import Document
from cpctl.errors import CpctlError, OutcomeUnknown, Refused
from cpctl.operate.looking import found, probe, questions
from cpctl.postgres.command import beside, run_command
from cpctl.postgres.connect import Server
from cpctl.postgres.session import Session
from cpctl.postgres.wire import ConnectionLost
from cpctl.scene import Task

APPLICATION = "cpctl trigger"
"""Not pg_cron's: so the runtime's functions record a manual run."""

PAUSE = 0.5
"""Seconds between two looks at whether the answer has come."""

_RUNS = ".job_runs"
_UNDER_WAY = "running"
_COLUMNS = {
    "status": "status",
    "http_status": "http_status",
    "error_code": "error_code",
    "error": "error_message",
    "processing_time_ms": "processing_time_ms",
}
"""What a trigger function calls the columns of a run."""


class CommandFailed(CpctlError):
    """The command ran, and it failed, or what it called did."""


class Wanted(NamedTuple):
    """What to run, and how. `seconds`: for the command, and for the answer it waits for.

    `as_owner`: also in a session of ours that the command could leave.
    """

    job: str | Address
    wait: bool
    as_owner: bool
    seconds: float


class _Found(NamedTuple):
    job: Resource
    capabilities: Capabilities


def trigger(task: Task, server: Server, wanted: Wanted) -> Triggered:
    """Run it. Raises Refused with nothing run; CommandFailed; OutcomeUnknown."""
    job, capabilities = _look(task, server, wanted.job)
    owner, database = str(job.facts["username"]), str(job.fields["database"])
    assumed = _assuming(job, owner, capabilities, as_owner=wanted.as_owner)
    with Session(beside(server, database), APPLICATION) as session:
        if assumed:
            session.ask([Query("owner", assumed)], doing=f"becoming {owner}")
        ran = _run(session, job, wanted)
        run = _recorded(task.document, session, ran, wanted)
    jobid = job.facts["jobid"]
    assert isinstance(jobid, int)  # noqa: S101 - what cron.job has
    host = capabilities.host
    done = Triggered(str(job.address), jobid, host, database, owner, ran, run)
    _check_recorded(done)
    return done


def _look(task: Task, server: Server, word: str | Address) -> _Found:
    """The job as it is on the server. Raises Refused where that is not the file's database."""
    with Session(server, APPLICATION) as session:
        scene = probe(task, session)
        capabilities = scene.context.capabilities
        asked = questions(task, scene)
        job = found(task, scene, session.ask(asked, doing="reading the jobs")).named(word)
        owner = str(job.facts["username"])
        if owner not in capabilities.owners:
            capabilities = session.probe_again([owner])
    return _Found(job, capabilities)


def _assuming(job: Resource, owner: str, capabilities: Capabilities, *, as_owner: bool) -> str:
    """The statement that makes the session the owner's; empty where it is. Raises Refused."""
    how, role = acting(owner, capabilities), capabilities.role
    if how == "self":
        return ""
    where = str(job.address)
    if how is None:
        what = f"belongs to {owner}, and {role} may not act for it. Nothing was run."
        raise Refused(what, where=where, remedy=membership(owner, capabilities))
    if not as_owner:
        raise Refused(
            f"belongs to {owner}, and you are {role}: its code could leave {owner}'s rights for "
            "yours (RESET ROLE). Nothing was run.",
            where=where,
            remedy=f"connect as {owner}, or if you trust that code: --as-owner",
        )
    verb = "SET SESSION AUTHORIZATION" if how == "superuser" else "SET ROLE"
    return f"{verb} {identifier(owner)}"


def _run(session: Session, job: Resource, wanted: Wanted) -> Ran:
    where, command = str(job.address), str(job.fields["command"])
    if copies(command):
        raise _copying(where, "Nothing was run.")
    try:
        ran = run_command(session, command, wanted.seconds)
    except ConnectionLost as lost:
        what = f"{lost.fault.what}; whether the command ran to its end is not known"
        raise OutcomeUnknown(
            what, where=where, remedy="look for what it should have done"
        ) from None
    if ran.copies:
        raise _copying(where, "Whether the rest of it was done is not known.")
    if ran.failure is not None:
        raise _failed(where, ran)
    return ran


def _copying(where: str, done: str) -> Refused:
    what = f"COPY to or from the client is not for jobs: pg_cron hangs at it, with all jobs. {done}"
    return Refused(what, where=where, remedy="COPY … TO a file or PROGRAM, or INSERT … SELECT")


def _failed(where: str, ran: Ran) -> CommandFailed:
    failure, after = ran.failure, f"after {ran.seconds:.1f} s"
    said = failure.what if failure else ""
    code = f" ({failure.sqlstate})" if failure and failure.sqlstate else ""
    undone = "What it did since its last COMMIT is undone."
    if ran.stopped:
        what = f"was cancelled {ran.stopped}: {said}{code}. {undone}"
        return CommandFailed(
            what, where=where, remedy="a longer --statement-timeout, if it needs it"
        )
    return CommandFailed(
        f"failed {after}: {said}{code}. {undone}",
        where=where,
        details=tuple(
            line for more in (failure.more if failure else ()) for line in more.split("\n")
        ),
        remedy="mend what it names; under pg_cron it would fail the same way",
    )


def _recorded(
    document: Document, session: Session, ran: Ran, wanted: Wanted
) -> Mapping[str, Any] | None:
    """What the runtime says of the run that the command has made; None where it has made none."""
    tables = [name for name in document.entries.get("tables", {}) if name.endswith(_RUNS)]
    run = _told(ran) if tables else None
    if run is None or not wanted.wait:
        return run
    return _waited(session, tables[0], run, wanted.seconds)


def _waited(
    session: Session, table: str, run: Mapping[str, Any], seconds: float
) -> Mapping[str, Any]:
    """The run once it has an outcome, or as it is when time is over, or somebody interrupts."""
    deadline = time.monotonic() + seconds
    # The table's name is quoted where the file is expanded (document/expand/edge_functions.py).
    sql = f"SELECT {', '.join(_COLUMNS.values())} FROM {table} WHERE id = $1"  # noqa: S608
    asked = Query("run", sql, (run["run_id"],))
    try:
        while run["status"] == _UNDER_WAY and time.monotonic() < deadline:
            time.sleep(PAUSE)
            rows = session.ask([asked], doing="waiting for the answer")["run"]
            run = {**run, **(dict(zip(_COLUMNS, rows[0], strict=True)) if rows else {})}
    except KeyboardInterrupt:
        return run
    return run


def _told(ran: Ran) -> dict[str, Any] | None:
    """What a trigger function answers: the number of its run, and how that is."""
    values = [value for result in ran.results for row in result.rows for value in row]
    for value in values:
        try:
            said = json.loads(value or "")
        except ValueError:
            continue
        if isinstance(said, dict) and isinstance(said.get("run_id"), int) and "status" in said:
            return said
    return None


def _check_recorded(done: Triggered) -> None:
    """Raises CpctlError: the command ran, and what it called did not do what it should."""
    run = done.run
    if run is None or run["status"] in (_UNDER_WAY, "succeeded"):
        return
    reason = ", ".join(str(run[name]) for name in ("error_code", "error") if run.get(name))
    what = f"ran, and what it called failed: {reason or run['status']}"
    remedy = f"run {run['run_id']} in job_runs has the answer"
    raise CommandFailed(what, where=done.address, remedy=remedy)
