"""When somebody changed a command by hand: between two runs, as pg_cron's run history has them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from cpctl.core.change import Update
from cpctl.core.kind import Query
from cpctl.core.plan import Plan
from cpctl.core.resource import Address
from cpctl.postgres.session import Session


def dated(plan: Plan, session: Session) -> Plan:
    """The plan with the bracket of each command that changed in the database since its apply."""
    queries = dict(_queries(plan))
    if not queries:
        return plan
    rows = session.ask(tuple(queries.values()), doing="reading the run history")
    found = {address: rows[query.name] for address, query in queries.items()}
    return replace(
        plan,
        dated={a: (seen[0][0], seen[0][1] or "") for a, seen in found.items() if seen},
    )


def _queries(plan: Plan) -> Iterator[tuple[Address, Query]]:
    text = (Path(__file__).parent / "dating.sql").read_text(encoding="utf-8")
    for change in plan.changes:
        last = plan.remembered.get(change.address)
        if last is None or not isinstance(change, Update) or "command" not in change.changed:
            continue
        old, now = last.fields.get("command"), change.before.fields["command"]
        if old != now:
            jobid = change.before.facts["jobid"]
            yield change.address, Query(str(change.address), text, (jobid, old, now))
