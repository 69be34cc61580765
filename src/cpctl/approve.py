"""Before the first write: nothing forbids the plan, and it is the one that was approved."""

from __future__ import annotations

from cpctl.core.change import Delete
from cpctl.core.plan import Plan
from cpctl.core.references import absent
from cpctl.core.resource import Sealed
from cpctl.errors import CpctlError, Refused, Stale
from cpctl.render.parts.refusals import refusal
from cpctl.render.parts.since import moved_lines, statement_lines


def refuse(planned: Plan) -> None:
    """Raises Refused for a plan that may not be applied, CpctlError for one that lacks a secret.

    Nothing has been written.
    """
    _need_secrets(planned)
    if planned.refusals:
        found = refusal(planned)
        raise Refused(found.what, where=found.where, details=found.details, remedy=found.remedy)


def _need_secrets(planned: Plan) -> None:
    unknown = frozenset(planned.incomplete)
    lacking = [c.after for c in planned.changes if not isinstance(c, Delete)]
    for after in lacking:
        if after.address in unknown and Sealed(None) in after.fields.values():
            reference = str(after.facts["reference"])
            raise CpctlError(
                f"{reference} has no value. Nothing was written.",
                where=str(after.origin.place if after.origin else after.address),
                remedy=absent(reference),
            )


def check_fresh(fresh: Plan, approved: Plan, *, pinned: bool) -> None:
    """Under the lock. `pinned`: what was approved is this plan, and not whatever the file asks for.

    Raises Refused, Stale; nothing has been written.
    """
    refuse(fresh)
    if approved.undoes is not None and fresh.last != approved.last:
        raise Stale(
            "somebody else applied since the rollback was planned. Nothing was written.",
            remedy="run the same command again and look at the new plan",
        )
    changed = moved_lines(approved, fresh) or statement_lines(approved, fresh) if pinned else ()
    if changed:
        raise Stale(
            "the database changed since the plan was approved. Nothing was written.",
            details=tuple(changed),
            remedy="run the same command again and look at the new plan",
        )
