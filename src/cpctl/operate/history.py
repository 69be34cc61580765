"""What the ledger tells: the applies of a database, and what one of them changed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from cpctl.core.acting import grant
from cpctl.core.capabilities import Capabilities
from cpctl.core.ledger import FORMAT, Applied, Remembered, remembered
from cpctl.core.ledger_codec import applied
from cpctl.errors import CpctlError
from cpctl.postgres.ledger import changes_query, history_query
from cpctl.postgres.session import Session


class Changed(NamedTuple):
    """One resource of a past apply, with both sides as they were then."""

    address: str
    action: str
    before: Remembered | None
    after: Remembered | None


class History(NamedTuple):
    """`where`: role@host:port/database."""

    where: str
    timezone: str
    applies: tuple[Applied, ...]


def history(session: Session, most: int) -> History:
    """The newest applies of every file, the newest first. Raises CpctlError; Refused."""
    capabilities = _readable(session)
    rows = session.inspect([history_query("true", limit=most)])["history"]
    where = f"{capabilities.role}@{capabilities.host}:{capabilities.port}/{capabilities.database}"
    return History(where, capabilities.timezone, tuple(applied(row) for row in rows))


class Past(NamedTuple):
    """One apply, whole."""

    applied: Applied
    changes: tuple[Changed, ...]
    timezone: str


def past_apply(session: Session, number: int) -> Past:
    """One apply and what it changed. Raises CpctlError; Refused."""
    capabilities = _readable(session)
    asked = (history_query(f"number = {number:d}"), changes_query(number))
    rows = session.inspect(asked)
    if not rows["history"]:
        what = f"the ledger has no apply {number}"
        raise CpctlError(what, remedy="cpctl history lists the applies")
    changes = _changes(rows["changes"])
    return Past(applied(rows["history"][0]), changes, capabilities.timezone)


def _changes(rows: Sequence[tuple[Any, ...]]) -> tuple[Changed, ...]:
    return tuple(
        Changed(
            ".".join(change["address"]),
            change["action"],
            remembered(change["before"]) if change["before"] is not None else None,
            remembered(change["after"]) if change["after"] is not None else None,
        )
        for change in json.loads(rows[0][2])
    )


def _readable(session: Session) -> Capabilities:
    """Raises CpctlError where there is no ledger that this role and this cpctl can read."""
    capabilities = session.probe([])
    rights, role = capabilities.ledger, capabilities.role
    if rights.usable:
        return capabilities
    where = f"database {capabilities.database}"
    if not rights.exists:
        what = "there is no ledger here"
        raise CpctlError(what, where=where, remedy="the first cpctl apply makes it")
    if rights.format is None:
        what = "the schema cpctl is there, but it is not the ledger"
        raise CpctlError(what, where=where, remedy="rename that schema")
    if rights.format > FORMAT:
        what = f"the ledger has format {rights.format}, and this cpctl knows {FORMAT}"
        raise CpctlError(what, where=where, remedy="use a newer cpctl")
    raise CpctlError(
        f"{role} may not read the ledger",
        where=where,
        remedy=f"{grant('USAGE ON SCHEMA cpctl', role)} "
        f"{grant('SELECT ON cpctl.applies, cpctl.files', role)}",
    )
