"""A task in front of a server: what the file declares there, and what must be asked about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple

from cpctl.core.capabilities import Capabilities
from cpctl.core.finding import Finding
from cpctl.core.kind import Context, Kind, Query, Rows
from cpctl.core.ledger import NOBODY, Run
from cpctl.core.plan import Plan, Target
from cpctl.core.resource import Address, Resource, Sealed, State
from cpctl.core.target import Expected
from cpctl.core.text import Wrong
from cpctl.document import Document
from cpctl.errors import CpctlError, DeclaredError, Fault
from cpctl.kinds import registry
from cpctl.postgres.ledger import code_query, memory_queries
from cpctl.postgres.session import Session
from cpctl.secrets import Secrets


class Approved(NamedTuple):
    """A saved plan's file, and the database it is for: no other will do."""

    path: str
    target: Target


@dataclass(frozen=True, eq=False, repr=False)
class Task:
    """What one run was asked to do, apart from the database it is done to.

    `run`: who asks. `look`: what makes the plan, where it is not made from the file.
    `approved`: it executes a saved plan.
    """

    document: Document
    secrets: Secrets
    allow: frozenset[str] = frozenset()
    run: Run = NOBODY
    look: Callable[[Task, Session], tuple[Plan, Scene]] | None = None
    approved: Approved | None = None


class Surveyed(NamedTuple):
    """A plan, and the rows that it was made from."""

    rows: Rows
    plan: Plan


class Scene(NamedTuple):
    """A task in front of one server: what the probe found, and what the file declares there.

    `undoes`: the apply whose past is declared instead of the file. `foresaid`: what such a rollback
    cannot bring back. `surveyed`: what has been planned here already.
    """

    context: Context
    declared: Mapping[str, State]
    undoes: int | None = None
    foresaid: tuple[Finding, ...] = ()
    surveyed: Surveyed | None = None


def expected(document: Document) -> Expected:
    """What the file says of the database that it is for."""
    globs = {key: glob for key, glob in document.expect if glob is not None}
    default = getattr(document.defaults, "username", None)
    jobs = document.entries.get("jobs", {}).values()
    nobodys = default is None and any(spec.username is None for spec in jobs)
    place = partial(document.heading_place, "expect")
    extensions = document.entries.get("extensions", {}).items()
    versions = {str(name): spec.version for name, spec in extensions}
    return Expected(document.files[0], nobodys, globs, place, versions)


def declared_owners(document: Document) -> frozenset[str]:
    """The roles whose resources the file names, apart from the one that connects."""
    named = {getattr(document.defaults, "username", None)}
    for entries in document.entries.values():
        named.update(getattr(spec, "username", None) for spec in entries.values())
    return frozenset(owner for owner in named if owner)


def set_scene(task: Task, capabilities: Capabilities, owners: frozenset[str]) -> Scene:
    """Declare every entry of the file for this server. Raises Refused, DeclaredError."""
    context = context_of(task, capabilities, owners)
    document = task.document
    task.secrets.fetch(_references(document))
    return Scene(context, {kind.name: declare(kind, document, context) for kind in registry()})


def under_lock(scene: Scene) -> Scene:
    """Without what the probe read of the ledger: another apply may have written there since."""
    capabilities = scene.context.capabilities
    unread = replace(capabilities, ledger=capabilities.ledger._replace(kinds=None))
    return scene._replace(context=scene.context._replace(capabilities=unread))


def context_of(task: Task, capabilities: Capabilities, owners: frozenset[str]) -> Context:
    """What the kinds are told of the file and the server."""
    document = task.document
    default = getattr(document.defaults, "username", None)
    return Context(
        capabilities=capabilities,
        owner=default or capabilities.role,
        store=document.store,
        file=document.files[0],
        scope=document.scope,
        owners=owners | {default or capabilities.role},
        seal=task.secrets.seal,
        secret=task.secrets.sealed,
        holds=task.secrets.holds,
        fits=task.secrets.fits,
    )


def _references(document: Document) -> Iterator[str]:
    """The secrets that entries of the file take their values from."""
    for kind in registry():
        specs = document.entries.get(kind.document_key, {}).values()
        if specs and _secretive(kind):
            yield from (spec.secret for spec in specs if spec.secret)


def _secretive(kind: Kind) -> bool:
    """Whether its entries can take their values from secrets."""
    return "secret" in kind.spec().model_fields


def incomplete(scene: Scene) -> tuple[Address, ...]:
    """What is declared with a secret whose value is not known here."""
    unknown = Sealed(None)
    return tuple(
        address
        for kind in registry()
        if (declared := scene.declared[kind.name]) and _secretive(kind)
        for address, resource in declared.items()
        if unknown in resource.fields.values()
    )


def declare(kind: Kind, document: Document, context: Context) -> State:
    """The file's entries of one kind, for this server. Raises DeclaredError."""
    entries = document.entries.get(kind.document_key, {})
    declared: dict[Address, Resource] = {}
    faults: list[Fault] = []
    for key, spec in entries.items():
        try:
            kind.judge(key, spec, context.capabilities.pg_cron_version or "")
            resource = kind.declare(key, spec, context, key)
            _declare_once(declared, resource)
        except Wrong as wrong:
            place = document.place_of(kind.document_key, key, wrong.field or None)
            faults.append(Fault(wrong.what, str(place), wrong.remedy))
        except CpctlError as error:
            faults.append(Fault(error.fault.what, str(key.place), error.fault.remedy))
    if faults:
        raise DeclaredError(tuple(faults))
    return declared


def _declare_once(declared: dict[Address, Resource], resource: Resource) -> None:
    """Raises Wrong: two entries may name one thing of the server."""
    twin = declared.setdefault(resource.address, resource)
    if twin is not resource:
        where = f" at {twin.origin.place}" if twin.origin else ""
        what = f"{resource.address} is declared already{where}"
        raise Wrong(what, "give one of them another name")


def queries(scene: Scene) -> tuple[Query, ...]:
    """Everything that the kinds ask, for one pipeline."""
    return tuple(
        query
        for kind in registry()
        for query in kind.queries(scene.context, tuple(scene.declared[kind.name].values()))
    )


def memories(task: Task, scene: Scene) -> tuple[Query, ...]:
    """What is asked of the ledger, where there is one that can be read, and of all our tables."""
    capabilities = scene.context.capabilities
    foreign = capabilities.table.schema and not capabilities.ledger.mine
    code = (code_query(),) if foreign else ()
    if not (task.document.ledger and capabilities.ledger.usable):
        return code
    return (*memory_queries(names_of(task.document)), *code)


def names_of(document: Document) -> tuple[str, ...]:
    """The file's name, and the one that it had before."""
    return tuple(filter(None, (document.name, document.was)))
