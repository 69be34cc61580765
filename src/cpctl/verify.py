"""Before the commit: the database shows what was asked for, and nothing else has moved."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from cpctl.core.change import Change, Delete
from cpctl.core.kind import Rows
from cpctl.core.plan import Plan
from cpctl.core.resource import Address, Resource
from cpctl.errors import CpctlError
from cpctl.postgres.session import Session
from cpctl.reconcile import plan
from cpctl.scene import Scene, Task, queries


def verify(
    task: Task,
    session: Session,
    scene: Scene,
    fresh: Plan,
    memory: Rows,
    later: Collection[Address],
) -> Mapping[Address, Resource]:
    """Read everything again inside the transaction, and compare field by field.

    Row counts prove nothing: every cron call reports one row, whatever it did. `memory`: what the
    ledger said when `fresh` was made. `later`: what is still to be written. Raises CpctlError.
    """
    scene = _as_it_is_now(session, scene, fresh)
    rows = {**memory, **session.ask(queries(scene), doing="verifying")}
    seen = plan(task, scene, rows).actual
    pending = {*later, *(s.address for s in fresh.statements if s.channel == "system")}
    wrong = [c.address for c in fresh.changes if c.address not in pending and not is_done(c, seen)]
    wrong += _disturbed(fresh, seen)
    if wrong:
        names = ", ".join(map(str, wrong))
        raise CpctlError(
            f"the server accepted the changes, but shows something else: {names}; undone",
            remedy="somebody may have changed it in the same moment: run the same command again; "
            "if it says so again, report it with the versions of PostgreSQL and pg_cron",
        )
    return seen


def _as_it_is_now(session: Session, scene: Scene, fresh: Plan) -> Scene:
    """Some statements change what there is to ask."""
    if not any(statement.setup or statement.reshapes for statement in fresh.statements):
        return scene
    capabilities = session.probe_again(sorted(scene.context.owners))
    return scene._replace(context=scene.context._replace(capabilities=capabilities))


def _disturbed(fresh: Plan, seen: Mapping[Address, Resource]) -> list[Address]:
    """What the plan leaves alone, and is not as it was when the plan was made."""
    changed = {change.address for change in fresh.changes}
    return [
        address
        for address, before in fresh.actual.items()
        if address not in changed
        and ((now := seen.get(address)) is None or now.fields != before.fields)
    ]


def is_done(change: Change, seen: Mapping[Address, Resource]) -> bool:
    """Whether the database shows the change."""
    found = seen.get(change.address)
    if isinstance(change, Delete):
        return found is None
    wanted = change.after.fields
    return found is not None and all(found.fields.get(n) == wanted[n] for n in wanted)
