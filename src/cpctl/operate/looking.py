"""The jobs of a file as a server has them, found by whatever a person calls them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import NamedTuple

from cpctl.core.capabilities import Capabilities
from cpctl.core.job_address import adopting, meant, stranger
from cpctl.core.kind import Kind, Query, Rows
from cpctl.core.ledger import Memory
from cpctl.core.ledger_codec import read_memory
from cpctl.core.resource import Address, Resource, State
from cpctl.core.speech import Clock
from cpctl.core.sql import identifier
from cpctl.core.target import Expected, check_target
from cpctl.document import Document
from cpctl.errors import CpctlError, Place, Refused
from cpctl.kinds import registry
from cpctl.postgres.session import Session
from cpctl.scene import (
    Scene,
    Task,
    context_of,
    declare,
    declared_owners,
    expected,
    memories,
    names_of,
)


class Jobs(NamedTuple):
    """`seen`: all jobs that this role may see; `declared`: those of the file."""

    document: Document
    scene: Scene
    seen: State
    declared: State
    memory: Memory

    @property
    def clock(self) -> Clock:
        capabilities = self.scene.context.capabilities
        version = capabilities.pg_cron_version or ""
        return Clock(version, capabilities.timezone, capabilities.as_of)

    @property
    def of_the_file(self) -> Iterator[Resource]:
        """What the file declares, or may remove: in its scope, or made by its applies."""
        context = self.scene.context._replace(memory=self.memory)
        for address, resource in self.seen.items():
            if address in self.declared or _kind().removable(resource, context) is not None:
                yield resource

    def named(self, word: str | Address) -> Resource:
        """By key of the file, address, or name on the server, in this order. Raises CpctlError.

        What a program has found is told as Address: as text it may be the key of another job.
        """
        if isinstance(word, Address):
            return self._at(word)
        keys = {str(r.origin): address for address, r in self.declared.items() if r.origin}
        addresses = (keys[word],) if word in keys else meant(word, self.scene.context.owner)
        for known in (self.seen, self.declared):
            for address in addresses:
                if address in known:
                    return self._at(address)
        return self._by_name(word, keys)

    def _at(self, address: Address) -> Resource:
        if address in self.seen:
            return self.seen[address]
        if address in self.declared:
            raise self._missing(self.declared[address])
        raise CpctlError(f"there is no {address} any more", remedy="look again")

    def _missing(self, job: Resource) -> CpctlError:
        same = [it for it in self.seen.values() if it.facts["name"] == job.facts["name"]]
        if not same:
            what = f"{job.address} is declared, but the database has no such job"
            return CpctlError(what, remedy="cpctl apply makes it")
        owner = str(same[0].facts["username"])
        what = f"{job.address} {stranger(owner, self.scene.context.capabilities.role)}"
        return CpctlError(what, remedy=f"{adopting(owner)}, or name it {same[0].address}")

    def _by_name(self, word: str, keys: Mapping[str, Address]) -> Resource:
        found = [job for job in self.seen.values() if job.facts["name"] == word]
        if len(found) == 1:
            return found[0]
        if found:
            addresses = ", ".join(str(job.address) for job in found)
            what = f"{len(found)} jobs are called {word}"
            raise CpctlError(what, remedy=f"name it by its address: {addresses}")
        if "/" in word and not word.startswith("job."):
            return self.named(f"job.{word}")
        names = (str(job.facts["name"]) for job in self.seen.values())
        known = dict.fromkeys((*keys, *names, *map(str, self.seen)))
        near = get_close_matches(word, known, 1)
        remedy = f"did you mean {near[0]}?" if near else "cpctl plan --verbose lists all jobs"
        raise CpctlError(f"there is no job {word}", remedy=remedy)

    def place_of_active(self, address: Address) -> Place | None:
        """Where the file says whether the job is active; None where it does not, or ignores it."""
        declared = self.declared.get(address)
        if declared is None or declared.origin is None or "active" not in declared.fields:
            return None
        ignored = declared.facts.get("ignored")
        if isinstance(ignored, tuple) and "active" in ignored:
            return None
        return self.document.place_of(_kind().document_key, declared.origin, "active")


def probe(task: Task, session: Session, *, anywhere: bool = False) -> Scene:
    """The file in front of this server, with its jobs only: no secret is looked for.

    `anywhere`: also where `expect` names another database. Raises Refused, CpctlError.
    """
    owners = declared_owners(task.document)
    capabilities = session.probe(sorted(owners))
    wanted = expected(task.document)
    check_target(_any_database(wanted) if anywhere else wanted, capabilities)
    _alive(capabilities)
    context = context_of(task, capabilities, owners)
    return Scene(context, {_kind().name: declare(_kind(), task.document, context)})


def _any_database(wanted: Expected) -> Expected:
    return wanted._replace(globs={})


def _alive(capabilities: Capabilities) -> None:
    """Raises Refused on a standby, where alter_job reports success and does nothing."""
    role = identifier(capabilities.role)
    if capabilities.standby:
        what = "this server is a standby, where pg_cron runs nothing. Nothing was written."
        raise Refused(what, remedy="connect to the primary")
    if capabilities.read_only:
        what = "sessions are read-only here (default_transaction_read_only). Nothing was written."
        raise Refused(what, remedy=f"ALTER ROLE {role} SET default_transaction_read_only = off;")


def questions(task: Task, scene: Scene) -> tuple[Query, ...]:
    """The jobs, their runs, and what the ledger knows of them."""
    return (*job_queries(scene), *memories(task, scene))


def job_queries(scene: Scene) -> tuple[Query, ...]:
    """The jobs and their runs."""
    declared = tuple(scene.declared[_kind().name].values())
    return _kind().queries(scene.context, declared)


def found(task: Task, scene: Scene, rows: Rows) -> Jobs:
    """The answers to `questions`."""
    declared = scene.declared[_kind().name]
    # A file's new name for a job says nothing of what the job is called today.
    seen: Sequence[Resource] = tuple(_kind().actual(rows, {}, scene.context))
    memory = read_memory(rows, names_of(task.document))
    return Jobs(task.document, scene, {job.address: job for job in seen}, declared, memory)


def _kind() -> Kind:
    (kind,) = (kind for kind in registry() if kind.name == "job")
    return kind
