"""A plan's counts as every JSON output has them."""

from __future__ import annotations

from cpctl.core.plan import Plan
from cpctl.render.shapes import SummaryShape


def summary_shape(plan: Plan) -> SummaryShape:
    summary = plan.summary
    return {
        "create": summary.create,
        "update": summary.update,
        "delete": summary.delete,
        "unchanged": summary.unchanged,
        "unmanaged": summary.unmanaged,
        "statements": summary.statements,
    }
