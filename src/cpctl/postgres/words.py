"""What PostgreSQL says, in words that name the place and the remedy, and never a secret."""

from __future__ import annotations

import psycopg
from psycopg import errors as sqlstates

from cpctl.core.resource import Address
from cpctl.errors import CpctlError, Refused

_NO_SERVER = "check that the server runs and that --database-url (or PGHOST, PGPORT) names it"


def connection_error(error: psycopg.Error, where: str) -> CpctlError:
    """Why no connection could be made; libpq's text names hosts and roles, never a password."""
    text = _first_line(str(error))
    if "password authentication failed" in text or "no password supplied" in text:
        return CpctlError(
            f"{text}", where=where, remedy="check the password (or PGPASSWORD, .pgpass)"
        )
    if "database" in text and "does not exist" in text:
        return CpctlError(text, where=where, remedy="name the database that pg_cron lives in")
    if "role" in text and "does not exist" in text:
        return CpctlError(text, where=where, remedy="name an existing role in --database-url")
    if "timeout" in text or "timed out" in text:
        return CpctlError(text, where=where, remedy="the network may drop packets: " + _NO_SERVER)
    return CpctlError(text, where=where, remedy=_NO_SERVER)


def unreadable_url() -> CpctlError:
    """Libpq's own message would quote the URL, password and all."""
    return CpctlError(
        "the database URL cannot be read",
        remedy="write postgresql://role@host:5432/database; special characters as %40 and so on",
    )


def statement_error(
    address: Address, sqlstate: str, message: str, *, secret: bool, undone: str
) -> CpctlError:
    """A statement failed. PostgreSQL's message can quote the value: not shown for secrets."""
    said = "the server refused the value" if secret else f"PostgreSQL: {_first_line(message)}"
    return CpctlError(
        f"{address} could not be written; {undone}",
        details=(f"{said} ({sqlstate})",),
        remedy=_REMEDIES.get(sqlstate, "mend that, then run the same command again"),
    )


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
            return Refused(f"{text} (while {doing})", remedy="cpctl grants lists what is needed")
        case sqlstates.QueryCanceled():
            return CpctlError(f"the server canceled the query while {doing}", remedy=_AGAIN)
        case _:
            text = _first_line(error.diag.message_primary or str(error))
            return CpctlError(f"{text} (while {doing})", remedy=_AGAIN)


_AGAIN = "run the same command again"


def _first_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[0] if lines else "the server gave no reason"
