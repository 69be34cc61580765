"""The case: everything that was seen of one scheduler, as the checks read it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from cpctl.core.capabilities import Capabilities
from cpctl.core.diagnosis import Diagnosis, Found, Level
from cpctl.core.kind import Rows
from cpctl.core.resource import Address, Resource
from cpctl.document import Document
from cpctl.document.runtime import Runtime
from cpctl.operate.commands import Named
from cpctl.scene import Scene


class Job(NamedTuple):
    """A row of cron.job. `declared`: what the file says of it; None: it says nothing."""

    jobid: int
    address: Address
    name: str | None
    schedule: str
    command: str
    database: str
    username: str
    active: bool
    nodename: str
    nodeport: int
    declared: Resource | None
    named: Named


class Server(NamedTuple):
    """What only this command asks of the server; None: the role may not see it.

    `loaded`: pg_cron's library is. `history`: rows of cron.job_run_details (counted up to a limit),
    what statistics estimate, and bytes.
    """

    loaded: bool
    launchers: int | None
    launching: bool | None
    port: int
    cron_host: str | None
    most_running: int | None
    history: tuple[int, int, int] | None = None


class Role(NamedTuple):
    """A role that owns jobs."""

    exists: bool
    can_login: bool


class Reached(NamedTuple):
    """What came of a URL: `trouble` is empty where it resolved and, if it was called, answered."""

    unresolved: str = ""
    refused: str = ""
    status: int | None = None


class Options(NamedTuple):
    """What the command line says. `zone`: the terminal's time zone; empty where nobody knows."""

    probe: bool = False
    zone: str = ""


class Case(NamedTuple):
    """One scheduler in front of its doctor.

    `places`: the rows of other databases, or why one could not be entered. `urls`: by address of
    the setting or secret; `reached`: by URL.
    """

    document: Document
    scene: Scene
    server: Server
    roles: Mapping[str, Role]
    jobs: Sequence[Job]
    rows: Rows
    places: Mapping[str, Rows | str]
    urls: Mapping[str, str]
    reached: Mapping[str, Reached]
    options: Options

    @property
    def capabilities(self) -> Capabilities:
        return self.scene.context.capabilities

    @property
    def runtime(self) -> Runtime | None:
        found = self.document.headings.get("runtime")
        return found if isinstance(found, Runtime) else None

    def pairs(self, query: str) -> dict[str, Any]:
        """The rows of a query of two columns; none where it was not asked."""
        return {row[0]: row[1] for row in self.rows.get(query, ())}

    @property
    def ours(self) -> Sequence[Job]:
        """The jobs that the file declares, and has."""
        return [job for job in self.jobs if job.declared is not None]

    def place(self, resource: Resource) -> str:
        """`scheduler.yaml:52`, where the file declares it; of a job, its command."""
        if resource.origin is None:
            return ""
        place = resource.origin.place
        if resource.address.kind == "job":
            place = self.document.place_of("jobs", resource.origin, "command")
        return f"{place.file}:{place.line}"

    def about(self, job: Job, code: str, level: Level, what: str, **more: str) -> Diagnosis:
        """A diagnosis of a job, with its place in the file."""
        place = self.place(job.declared) if job.declared else ""
        return Diagnosis(code, level, what, job.address, place=place, **more)


class Check(NamedTuple):
    """One check: its code, what it asks, and whether that can be asked of this case.

    `reads`: the query without whose rows nothing can be said.
    """

    code: str
    asks: str
    look: Callable[[Case], Found]
    applies: Callable[[Case], bool] = lambda _: True
    reads: str = ""
