"""Reading a scheduler: a few round trips in one read-only snapshot, and nothing that could fail.

What the role may not see is not asked; the checks then say so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from cpctl.core.acting import acting
from cpctl.core.capabilities import Capabilities
from cpctl.core.kind import Query, Rows
from cpctl.core.resource import Address
from cpctl.core.sql import identifier
from cpctl.core.target import check_expect
from cpctl.document.runtime import Runtime
from cpctl.errors import CpctlError
from cpctl.kinds import sql as kind_sql
from cpctl.kinds.job import RUNS
from cpctl.operate.commands import named
from cpctl.operate.doctor.case import Case, Job, Options, Role, Server
from cpctl.operate.doctor.reach import reach
from cpctl.postgres.connect import elsewhere
from cpctl.postgres.session import Session
from cpctl.scene import Scene, Task, declared_owners, expected, memories, set_scene

HISTORY = 100_000
"""Rows of cron.job_run_details from which on their growth deserves a word."""

MOST_DATABASES = 20
"""Other databases that are looked into."""

TRIGGER = "trigger_"
"""What the name of a function that calls an edge function begins with."""


def look(task: Task, session: Session, options: Options) -> Case:
    """Everything that the checks read. Raises CpctlError; Refused where `expect` says no."""
    owners = declared_owners(task.document)
    capabilities = session.probe(sorted(owners))
    check_expect(expected(task.document), capabilities)
    scene = set_scene(task, capabilities, owners)
    first = session.ask(tuple(_first(scene, task)), doing="reading the scheduler")
    known = _Known(scene, first, tuple(_jobs(first, scene)))
    rows = {**first, **session.inspect(tuple(_second(known, task)))}
    urls = dict(_urls(known, rows))
    return Case(
        document=task.document,
        scene=scene,
        server=Server(*first["server"][0])._replace(
            history=next(iter(rows.get("history", ())), None)
        ),
        roles={name: Role(*rest) for name, *rest in first.get("roles", ())},
        jobs=known.jobs,
        rows=rows,
        places=_elsewhere(known, session),
        urls=urls,
        reached=reach(sorted(set(urls.values())), probe=options.probe),
        options=options,
    )


class _Known(NamedTuple):
    """What the first round trip told."""

    scene: Scene
    rows: Rows
    jobs: Sequence[Job]

    @property
    def capabilities(self) -> Capabilities:
        return self.scene.context.capabilities


def _sql(name: str) -> str:
    return (Path(__file__).parent / "sql" / f"{name}.sql").read_text(encoding="utf-8")


def _first(scene: Scene, task: Task) -> Iterator[Query]:
    capabilities = scene.context.capabilities
    yield Query("server", _sql("server"))
    yield Query("overrides", _sql("overrides"))
    if capabilities.file_settings:
        yield Query("files", _sql("files"))
    if capabilities.extension_version and capabilities.cron_usage and capabilities.jobs_readable:
        for role in _readers(capabilities):
            for name in ("jobs", "roles", "databases"):
                yield Query(name, _sql(name), role=role)
    runtime = task.document.headings.get("runtime")
    if isinstance(runtime, Runtime):
        yield Query("tables", _sql("tables"), (runtime.in_schema, list(runtime.readers)))


def _readers(capabilities: Capabilities) -> Iterator[str]:
    """As whom cron.job is read: row security shows a role its own jobs only."""
    yield ""
    for name, rights in sorted(capabilities.owners.items()):
        assumed = acting(name, capabilities) == "assumed" and rights.cron_usage
        if capabilities.rows_hidden and assumed:
            yield name


def _jobs(rows: Rows, scene: Scene) -> Iterator[Job]:
    declared = scene.declared["job"]
    wanted = {(it.facts["name"], it.facts["username"]): it for it in declared.values()}
    for jobid, name, schedule, command, database, username, active, *node in rows.get("jobs", ()):
        found = wanted.get((name, username))
        yield Job(
            jobid=jobid,
            address=found.address if found else _address(jobid, name, username, scene),
            name=name,
            schedule=schedule,
            command=command,
            database=database,
            username=username,
            active=active,
            nodename=node[0],
            nodeport=node[1],
            declared=found,
            named=named(command),
        )


def _address(jobid: int, name: str | None, username: str, scene: Scene) -> Address:
    if name is None:
        return Address("job", f"(unnamed, jobid {jobid})")
    return Address("job", name if username == scene.context.owner else f"{username}/{name}")


def _second(known: _Known, task: Task) -> Iterator[Query]:
    capabilities, jobs = known.capabilities, known.jobs
    names = {it.name for job in jobs for it in job.named.settings} | set(_settings(known.scene))
    yield Query("settings", _sql("settings"), (sorted(names | {"search_path"}),))
    yield from _of_functions([job for job in jobs if job.database == capabilities.database])
    yield from _of_secrets(capabilities, jobs)
    if capabilities.runs_readable and "jobs" in known.rows:
        yield Query("runs", _sql("runs"))
        yield Query("last_runs", kind_sql("job_runs"), (max(0, capabilities.last_runid - RUNS),))
        yield Query("stuck", _sql("stuck"))
        yield Query("history", _sql("history"), (HISTORY,))
    runtime = task.document.headings.get("runtime")
    readable = {name for name, seen in known.rows.get("tables", ()) if seen}
    if isinstance(runtime, Runtime):
        schema = identifier(runtime.in_schema)
        if "job_runs" in readable:
            functions = sorted({name for job in jobs for name in triggered(job)})
            yield Query("edge_runs", _sql("edge_runs").format(schema=schema), (functions,))
        if "monitoring_alerts" in readable:
            yield Query("alerts", _sql("alerts").format(schema=schema))
    yield from memories(task, known.scene)


def triggered(job: Job) -> Iterator[str]:
    """The edge functions that a job's command calls."""
    return (it.name[len(TRIGGER) :] for it in job.named.calls if it.name.startswith(TRIGGER))


def _settings(scene: Scene) -> Iterator[str]:
    return (resource.address.name for resource in scene.declared["setting"].values())


def _of_functions(jobs: Sequence[Job]) -> Iterator[Query]:
    names = sorted({call.name for job in jobs for call in job.named.calls})
    owners = sorted({job.username for job in jobs})
    yield Query("functions", _sql("functions"), (names, owners))
    yield Query("known", _sql("known"), (names,))
    yield Query("near", _sql("near"))


def _of_secrets(capabilities: Capabilities, jobs: Sequence[Job]) -> Iterator[Query]:
    vault, table = capabilities.vault, capabilities.table
    if table.exists and table.names:
        yield Query("table_names", "select name from cpctl.secrets")
    if vault is not None and vault.usage and vault.names:
        yield Query("vault_names", "select name from vault.secrets where name is not null")
    if vault is not None and vault.usage:
        owners = sorted({job.username for job in jobs})
        yield Query("vault_readers", _sql("vault_readers"), (owners,))


def _elsewhere(known: _Known, session: Session) -> Mapping[str, Rows | str]:
    """What is asked in other databases that jobs run in; of one that cannot be entered, why."""
    there = {name for name, exists in known.rows.get("databases", ()) if exists}
    here = known.capabilities.database
    found: dict[str, Rows | str] = {}
    for database in sorted(there - {here})[:MOST_DATABASES]:
        jobs = [job for job in known.jobs if job.database == database and job.named.calls]
        if jobs:
            found[database] = _in(database, jobs, session)
    return found


def _in(database: str, jobs: Sequence[Job], session: Session) -> Rows | str:
    try:
        with Session(elsewhere(session.server, database), session.application) as other:
            other.probe([])
            return other.inspect(tuple(_of_functions(jobs)))
    except CpctlError as error:
        return error.fault.what


def _urls(known: _Known, rows: Rows) -> Iterator[tuple[str, str]]:
    """By address: what the database has, where that can be seen, else what the file says."""
    live = {name: value for name, _, value, _ in rows["settings"] if value}
    for kind in ("setting", "secret"):
        for address, resource in known.scene.declared[kind].items():
            for value in (live.get(address.name), resource.fields.get("value")):
                if isinstance(value, str) and value.lower().startswith(("http://", "https://")):
                    yield str(address), value
                    break
