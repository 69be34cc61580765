"""What a role has to be granted for a file, found by planning as if it had been granted it all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from fnmatch import fnmatchcase
from itertools import chain
from typing import NamedTuple

from cpctl.core.adopt import adopt
from cpctl.core.capabilities import Capabilities
from cpctl.core.change import Create, Delete
from cpctl.core.cron_calls import public_functions
from cpctl.core.diff import diff
from cpctl.core.kind import Context, Kind, Rows, Survey
from cpctl.core.ledger_codec import read_memory
from cpctl.core.plan import Target, target_of
from cpctl.core.resource import State
from cpctl.core.rights import Grantee, Purpose, Request, Right, first, last, without_doubles
from cpctl.core.sql import identifier
from cpctl.core.target import check_target
from cpctl.document import Document
from cpctl.errors import CpctlError, Refused
from cpctl.kinds import registry
from cpctl.postgres.grantee import grantee_query, read_grantee
from cpctl.postgres.session import Session
from cpctl.scene import (
    Scene,
    Task,
    declared_owners,
    expected,
    memories,
    names_of,
    queries,
    set_scene,
)

UNREAD_ZONE = "GMT"
"""What counts as the time zone where a role may not read cron.timezone."""


class Grants(NamedTuple):
    """What a role needs to plan, apply or diff a file, and as whom that was found."""

    request: Request
    files: tuple[str, ...]
    target: Target
    rights: tuple[Right, ...]


def find_grants(task: Task, session: Session, role: str, purpose: Purpose) -> Grants:
    """The least rights, whatever the role has already.

    Raises CpctlError; Refused; DeclaredError.
    """
    document = task.document
    owners = declared_owners(document)
    capabilities = session.probe(sorted(owners | {role}))
    check_target(expected(document)._replace(owner_missing=False), capabilities)
    scene = set_scene(task, replace(capabilities, role=role), owners)
    asking = scene._replace(context=scene.context._replace(capabilities=_blind(capabilities)))
    question = grantee_query(role, sorted(owners))
    rows = session.inspect((*queries(asking), *memories(task, scene), question))
    grantee = read_grantee(role, rows["grantee"][0])
    _check_roles(grantee, sorted(owners), capabilities)
    context = scene.context._replace(
        capabilities=_granted(capabilities, grantee), memory=read_memory(rows, names_of(document))
    )
    request = _request(document, grantee, purpose, powerful=capabilities.superuser)
    granted = scene._replace(context=context)
    rights = without_doubles(_rights(request, granted, rows, capabilities), request)
    target = target_of(capabilities)
    return Grants(request, document.files, target, () if grantee.superuser else tuple(rights))


def _request(document: Document, grantee: Grantee, purpose: Purpose, *, powerful: bool) -> Request:
    asked = expected(document)
    zone = asked.globs.get("timezone", UNREAD_ZONE)
    return Request(
        purpose=purpose,
        grantee=grantee,
        owners=tuple(sorted(declared_owners(document))),
        unnamed=asked.owner_missing,
        ledger=document.ledger,
        zone=not fnmatchcase(UNREAD_ZONE, zone),
        powerful=powerful,
    )


def _blind(capabilities: Capabilities) -> Capabilities:
    """Without the values of secrets: the role will not read them, but their verifiers."""
    vault, table = capabilities.vault, capabilities.table._replace(values=False)
    return replace(capabilities, vault=vault and vault._replace(values=False), table=table)


def _check_roles(grantee: Grantee, owners: Iterable[str], capabilities: Capabilities) -> None:
    """Nothing can be granted to, or as, a role that is not there."""
    name = identifier(grantee.name)
    if not grantee.exists:
        what = f"there is no role {grantee.name} here"
        raise CpctlError(what, remedy=f"CREATE ROLE {name} LOGIN;")
    for owner in owners:
        if not capabilities.owners[owner].exists:
            what = f"the file's jobs belong to the role {owner}, which does not exist"
            raise Refused(what, remedy=f"CREATE ROLE {identifier(owner)} LOGIN;")


def _granted(capabilities: Capabilities, grantee: Grantee) -> Capabilities:
    """The role as it is once it may look and act, and may do besides what everybody may."""
    owners = {
        name: rights._replace(member=True, assumable=True, cron_usage=True)
        for name, rights in capabilities.owners.items()
        if name != grantee.name
    }
    return replace(
        capabilities,
        role=grantee.name,
        superuser=False,
        rows_hidden=True,
        cron_usage=True,
        jobs_readable=True,
        jobs_writable=False,
        functions=public_functions(grantee.everybody),
        owners=owners,
    )


def _rights(
    request: Request, scene: Scene, rows: Rows, capabilities: Capabilities
) -> Iterator[Right]:
    context, declared = scene.context, scene.declared
    kinds = registry()
    found = [(kind, _survey(kind, context, declared[kind.name], rows)) for kind in kinds]
    changes = chain.from_iterable(survey.changes for _, survey in found)
    deletes = any(isinstance(change, Delete) for change in changes)
    yield from first(request, capabilities)
    for kind, survey in found:
        yield from kind.rights(survey, request)
    if request.applies and any(_hands_over(*pair) for pair in found):
        why = "hand secrets over in a temporary table, where no log sees them"
        yield from request.on_database("TEMPORARY", why, capabilities.database)
    yield from last(request, capabilities, deletes=deletes)


def _hands_over(kind: Kind, survey: Survey) -> bool:
    """Whether a secret goes into the transaction, today or where nothing is there yet."""
    fresh = (Create(resource) for resource in survey.declared.values() if resource.fields)
    return any(
        statement.hands_over
        for change in (*survey.changes, *fresh)
        for statement in kind.statements(change, survey.context)
    )


def _survey(kind: Kind, context: Context, declared: State, rows: Rows) -> Survey:
    declared = kind.complete(declared, rows, context)
    seen = {resource.address: resource for resource in kind.actual(rows, declared, context)}
    desired, reasons, _ = adopt(declared, seen, kind, context)
    return Survey(diff(desired, seen, reasons), declared, seen, rows, context)
