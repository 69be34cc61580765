"""What PostgreSQL says, in words that name the place and the remedy, and never a secret."""

from __future__ import annotations

import psycopg
from psycopg import errors as sqlstates

from cpctl.core.statement import Hole, Statement
from cpctl.errors import CpctlError, LockHeld, Refused
from cpctl.postgres.wire import Answer

_NO_SERVER = "check that the server runs and that --database-url (or PGHOST, PGPORT) names it"
_CHECK_LOGIN = "check the password (or PGPASSWORD, .pgpass)"
_CONNECTION_REMEDIES = (
    ("password authentication failed", _CHECK_LOGIN),
    ("no password supplied", _CHECK_LOGIN),
    ("not permitted to log in", "ALTER ROLE … LOGIN, or connect as another role"),
    ("too many", "wait for a free connection, then run the same command again"),
    ("connection slots", "wait for a free connection, then run the same command again"),
    ("timeout", f"the network may drop packets: {_NO_SERVER}"),
    ("timed out", f"the network may drop packets: {_NO_SERVER}"),
    ("database", "name the database that pg_cron lives in"),
    ("role", "name an existing role in --database-url"),
)
"""The first that fits what libpq says."""


def connection_error(error: psycopg.Error, where: str) -> CpctlError:
    """Why no connection could be made; libpq's text names hosts and roles, never a password."""
    text = _first_line(str(error))
    said = text.lower()
    missing = "does not exist" in said
    known = (
        remedy
        for sign, remedy in _CONNECTION_REMEDIES
        if sign in said and (missing or sign not in ("database", "role"))
    )
    return CpctlError(text, where=where, remedy=next(known, _NO_SERVER))


def unreadable_url(source: str) -> CpctlError:
    """Libpq's own message would quote the URL, password and all."""
    return CpctlError(
        f"the database URL cannot be read ({source})",
        remedy="write postgresql://role@host:5432/database; in the password @ as %40, / as %2F",
    )


class StatementFailed(CpctlError):
    """One statement of an apply failed; `address` is what it was to change."""

    def __init__(self, statement: Statement, answer: Answer) -> None:
        """PostgreSQL's message can quote the value: it is not shown where that is a secret."""
        secret = any(isinstance(param, Hole) for param in statement.params)
        said = "the server refused the value" if secret else f"PostgreSQL: {answer.error}"
        verb = "set" if statement.channel == "system" else "written"
        super().__init__(
            f"{statement.address} could not be {verb}; the apply was undone",
            details=(f"{_first_line(said)} ({answer.sqlstate})",),
            remedy=_REMEDIES.get(answer.sqlstate, "mend that, then run the same command again"),
        )
        self.address = statement.address


_REMEDIES = {
    "42501": "cpctl plan names the missing rights",
    "22023": "mend the value in the file, then run the same command again",
    "55P03": "another session holds a lock on cron.job; run the same command again",
    "57014": "the statement took too long; look for locks on cron.job, then run it again",
    "25006": "connect to the primary",
}


def query_error(error: psycopg.Error, doing: str) -> CpctlError:
    """A question of ours failed; none of them carries a value of the user's."""
    match error:
        case sqlstates.InsufficientPrivilege():
            text = _first_line(error.diag.message_primary or str(error))
            return Refused(
                f"{text} (while {doing})",
                remedy="grant that right, then run the same command again",
            )
        case sqlstates.LockNotAvailable():
            return LockHeld("a lock was not to be had in time", remedy=_AGAIN)
        case sqlstates.QueryCanceled():
            return CpctlError(f"the server canceled the query while {doing}", remedy=_AGAIN)
        case _:
            text = _first_line(error.diag.message_primary or str(error))
            return CpctlError(f"{text} (while {doing})", remedy=_AGAIN)


_AGAIN = "run the same command again"


def _first_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[0] if lines else "the server gave no reason"
