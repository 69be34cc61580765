"""A COMMIT whose acknowledgement was lost: the server knows, or the state does, or nobody."""

from __future__ import annotations

from cpctl.core.plan import Plan
from cpctl.errors import CpctlError
from cpctl.postgres.connect import Server
from cpctl.postgres.session import Session
from cpctl.postgres.settle import Fate, settle
from cpctl.postgres.transaction import Identity
from cpctl.reconcile import survey
from cpctl.scene import Task
from cpctl.verify import is_done


def fate_of(task: Task, server: Server, fresh: Plan, identity: Identity) -> Fate:
    """What became of the transaction that was to make these changes."""
    found = settle(server, fresh.target.system_identifier, identity)
    if found != "ambiguous":
        return found
    try:
        with Session(server, "cpctl settle") as session:
            return _as_the_state_says(task, session, fresh)
    except CpctlError:
        return "unknown"


def _as_the_state_says(task: Task, session: Session, fresh: Plan) -> Fate:
    seen = survey(task, session)[0].actual
    ours = {s.address for s in fresh.statements if s.channel == "transaction"}
    done = {is_done(change, seen) for change in fresh.changes if change.address in ours}
    if done == {False}:
        return "aborted"
    return "committed" if done <= {True} else "unknown"
