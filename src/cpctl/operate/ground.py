"""What every look at a running scheduler begins with: the file's jobs, and where runs are kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from cpctl.core.acting import grant
from cpctl.core.capabilities import Capabilities
from cpctl.core.job_address import address_of
from cpctl.core.kind import Query
from cpctl.core.plan import Target, target_of
from cpctl.core.resource import Address
from cpctl.core.speech import Clock
from cpctl.core.target import check_target
from cpctl.core.watched import LOOKED_AT, Looked, Watched
from cpctl.document import Document
from cpctl.errors import Refused
from cpctl.kinds import sql as kind_sql
from cpctl.operate.runtime import (
    Declared,
    Present,
    about,
    caller_of,
    declared_runtime,
    present_runtime,
    there_query,
)
from cpctl.postgres.session import Session
from cpctl.scene import declared_owners, expected

_ENDS = (
    "select min(runid), max(runid), 'cron.job_run_details'::regclass::oid::int8 "
    "from cron.job_run_details"
)


class Ground(NamedTuple):
    """A document in front of a database that is only looked at, in one snapshot.

    `jobs`: all that may be seen, without their runs, by address. `missing`: declared, and not
    there; `strangers`: who has a job of its name.
    `after`: the ids of runs after which one looks, in cron.job_run_details and in job_runs.
    `readers`: the roles as which pg_cron's tables are read; empty: as ourselves.
    """

    document: Document
    capabilities: Capabilities
    jobs: tuple[Watched, ...]
    missing: tuple[Address, ...]
    strangers: Mapping[Address, str]
    runtime: Present | None
    looked: Looked
    after: tuple[int, int]
    readers: tuple[str, ...]

    @property
    def target(self) -> Target:
        return target_of(self.capabilities)

    @property
    def clock(self) -> Clock:
        found = self.capabilities
        return Clock(found.pg_cron_version or "", found.timezone, found.as_of)


class _Whose(NamedTuple):
    """`owner`: whose jobs the file's are. `owners`: of all jobs that it names.

    `jobs`: each of those by name and owner.
    """

    owner: str
    owners: frozenset[str]
    jobs: Mapping[tuple[str, str], Address]


def stand(document: Document, session: Session) -> Ground:
    """Connect file and database, and find the jobs. The snapshot stays open for what is asked next.

    Raises CpctlError; Refused where this is not the file's database, or rows are hidden.
    """
    named = declared_owners(document)
    capabilities = session.probe(sorted(named))
    check_target(expected(document), capabilities)
    owner = getattr(document.defaults, "username", None) or capabilities.role
    whose = _Whose(owner, named | {owner}, _declared(document, owner))
    declared = declared_runtime(document)
    readers = _readers(capabilities, whose)
    asked = [Query("jobs", kind_sql("job"), role=role) for role in readers]
    asked += [Query("ends", _ENDS, role=role) for role in readers]
    rows = session.ask([*asked, *([there_query(declared)] if declared else [])], doing=_DOING)
    jobs = tuple(_jobs(rows["jobs"], document, whose, declared))
    runtime = present_runtime(declared, rows["there"], capabilities) if declared else None
    cron, cron_whole = _after([ends for *ends, _ in rows["ends"]])
    edge, edge_whole = _edge_after(runtime, session)
    table = runtime.table if runtime else ""
    lacking = declared is not None and runtime is None
    return Ground(
        document,
        capabilities,
        jobs,
        missing := _missing(jobs, whose),
        _strangers(missing, jobs, whose),
        runtime,
        Looked(table, cron_whole and edge_whole, lacking, rows["ends"][0][-1]),
        (cron, edge),
        readers,
    )


_DOING = "reading the jobs"


def _readers(capabilities: Capabilities, whose: _Whose) -> tuple[str, ...]:
    """As whom to read what row security shows to its owner alone. Raises Refused."""
    role = capabilities.role
    names = sorted({role, *whose.owners}) if capabilities.rows_hidden else [role]
    for name in names:
        rights = capabilities if name == role else capabilities.owners[name]
        if not rights.runs_readable:
            raise Refused(
                f"{name} may not read cron.job_run_details; hidden is not absent. "
                "Nothing was written.",
                remedy=grant("SELECT ON cron.job_run_details", name),
            )
    return tuple("" if name == role else name for name in names)


def _after(ends: Sequence[Sequence[Any]]) -> tuple[int, bool]:
    """The id after which one looks, and whether that leaves nothing out."""
    known = [(first, last) for first, last in ends if last is not None]
    if not known:
        return 0, True
    first, last = min(first for first, _ in known), max(last for _, last in known)
    after = max(0, last - LOOKED_AT)
    return after, first > after


def _edge_after(runtime: Present | None, session: Session) -> tuple[int, bool]:
    if runtime is None:
        return 0, True
    query = Query("ends", about(runtime.schema, "edge_ends"), role=runtime.role)
    return _after(session.ask([query], doing="reading the runs")["ends"])


def _jobs(
    rows: Sequence[tuple[Any, ...]], document: Document, whose: _Whose, runtime: Declared | None
) -> Iterator[Watched]:
    called, upkeep = caller_of(runtime), runtime.upkeep if runtime else ()
    found = {jobid: rest for jobid, *rest in rows}
    for jobid, (name, schedule, command, database, username, active) in found.items():
        yield Watched(
            address=address_of(name, username, whose.owner, jobid),
            jobid=jobid,
            name=name,
            username=username,
            schedule=schedule,
            command=command,
            database=database,
            active=active,
            declared=(name, username) in whose.jobs,
            managed=_managed(name, username, document, whose),
            upkeep=name in upkeep and username == whose.owner,
            function=called(command),
        )


def _declared(document: Document, owner: str) -> Mapping[tuple[str, str], Address]:
    jobs = document.entries.get("jobs", {}).items()
    named = ((str(spec.name or key), spec.username or owner) for key, spec in jobs)
    return {(name, whose): address_of(name, whose, owner) for name, whose in named}


def _missing(jobs: Sequence[Watched], whose: _Whose) -> tuple[Address, ...]:
    there = {(job.name, job.username) for job in jobs}
    return tuple(sorted(at for name, at in whose.jobs.items() if name not in there))


def _strangers(
    missing: Sequence[Address], jobs: Sequence[Watched], whose: _Whose
) -> Mapping[Address, str]:
    """Who has jobs of these names: to make them here would run them twice."""
    if not missing:
        return {}
    owners = {job.name: job.username for job in jobs}
    names = {at: name for (name, _), at in whose.jobs.items()}
    return {at: owners[names[at]] for at in missing if names[at] in owners}


def _managed(name: str | None, username: str, document: Document, whose: _Whose) -> bool:
    """Whether the file has it, or its scope."""
    if name is None or (name, username) in whose.jobs:
        return name is not None
    scope = document.scope.get("jobs")
    return scope is not None and username in whose.owners and scope.covers(name)
