"""What PostgreSQL says, in words that name the place and the remedy, and never a secret."""

from __future__ import annotations

import psycopg

from cpctl.core.statement import Statement
from cpctl.errors import CpctlError, LockHeld, Refused
from cpctl.postgres.wire import Answer

LIBPQ = "PGHOST and PGPORT"
"""What a server came from that only libpq's own variables name."""

_WAYS = "--database-url, CPCTL_DATABASE_URL or PGHOST and PGPORT"
_RUNS = "check that the server runs and that"
_NO_SERVER = {
    "": f"nothing names a server, and this is libpq's default: name one by {_WAYS}",
    LIBPQ: f"{_RUNS} {_WAYS} name it",
}
_CHECK_LOGIN = "check the password (or PGPASSWORD, .pgpass)"
_CONNECTION_REMEDIES = (
    ("password authentication failed", _CHECK_LOGIN),
    ("no password supplied", _CHECK_LOGIN),
    ("not permitted to log in", "ALTER ROLE NAME LOGIN, or connect as another role"),
    ("too many", "wait for a free connection, then run the same command again"),
    ("connection slots", "wait for a free connection, then run the same command again"),
    ("timeout", "the network may drop packets: "),
    ("timed out", "the network may drop packets: "),
    ("database", "name the database that pg_cron lives in"),
    ("role", "name an existing role in --database-url, CPCTL_DATABASE_URL or PGUSER"),
)
"""The first that fits what libpq says; what ends in a colon goes on with how one is named."""

_PASSING = (
    "the database system is starting up",
    "the database system is shutting down",
    "the database system is in recovery mode",
    "the database system is not yet accepting connections",
    "too many clients already",
    "too many connections",
    "no more connections allowed",
    "connection slots are reserved",
    "server closed the connection unexpectedly",
    "terminating connection",
)
"""What libpq says of 57P03, 53300 and a server that ends; it tells no SQLSTATE of a login.

`Connection refused` is not among them: mostly a wrong address, or a server that is stopped.
"""


class NoConnection(CpctlError):
    """Nobody answered, or nobody let us in; nothing was done."""


class Canceled(CpctlError):
    """The server gave up a question of ours: it took longer than it may."""


class Passing(CpctlError):
    """What may be gone at the next try, and has done nothing; `said` is a sentence about it."""

    def __init__(self, what: str, said: str, *, where: str = "", remedy: str = "") -> None:
        super().__init__(what, where=where, remedy=remedy)
        self.said = said


def connection_error(error: psycopg.Error, where: str, source: str) -> CpctlError:
    """Why no connection could be made; libpq's text names hosts and roles, never a password.

    `source`: what named the server; empty: nothing did, and libpq has its defaults.
    """
    text = _first_line(str(error))
    said = text.lower()
    missing = "does not exist" in said
    known = (
        remedy
        for sign, remedy in _CONNECTION_REMEDIES
        if sign in said and (missing or sign not in ("database", "role"))
    )
    remedy = next(known, "")
    if not remedy or remedy.endswith(": "):
        remedy += _NO_SERVER.get(source, f"{_RUNS} {source} names it")
    sign = next((sign for sign in _PASSING if sign in said), None)
    if sign is not None:
        return Passing(text, f"No connection ({sign})", where=where, remedy=remedy)
    return NoConnection(text, where=where, remedy=remedy)


def unreadable_url(source: str) -> CpctlError:
    """Libpq's own message would quote the URL, password and all."""
    return CpctlError(
        f"the database URL cannot be read ({source})",
        remedy="write postgresql://role@host:5432/database; in the password @ as %40, / as %2F",
    )


class StatementFailed(CpctlError):
    """One statement of an apply failed; `address` is what it was to change."""

    def __init__(
        self, statement: Statement, answer: Answer, waited: float = 0.0, why: str = ""
    ) -> None:
        """PostgreSQL's message can quote the value: it is not shown where that is a secret."""
        refused = why or "the server refused the value"
        said = refused if statement.holes else f"PostgreSQL: {answer.error}"
        if answer.sqlstate == LOCKED:
            said = f"another session holds a lock that it needs; waited {waited:g} s for it"
        verb = "set" if statement.channel == "system" else "written"
        super().__init__(
            f"{statement.address} could not be {verb}; the apply was undone",
            details=(f"{_first_line(said)} ({answer.sqlstate})",),
            remedy=_REMEDIES.get(answer.sqlstate, "mend that, then run the same command again"),
        )
        self.address = statement.address
        self.sqlstate = answer.sqlstate


LOCKED = "55P03"

_REMEDIES = {
    "42501": "cpctl plan names the missing rights",
    "22023": "mend the value in the file, then run the same command again",
    "22P05": "the database's encoding lacks a sign of it: store it without, or in base64",
    LOCKED: "look for it in pg_stat_activity (state 'idle in transaction'), and when it has ended "
    "run the same command again, or with a longer --lock-timeout",
    "57014": "look into pg_stat_activity for what keeps the server busy, then run the same command "
    "again, or with a longer --statement-timeout",
    "23505": "somebody has made it meanwhile: run the same command again, which takes it over",
    "25006": "connect to the primary",
    "0A000": "set allow_alter_system = on in postgresql.conf, or use store: database",
}

_AGAIN = "run the same command again"


def query_error(answer: Answer, doing: str) -> CpctlError:
    """A question of ours failed; none of them carries a value of the user's."""
    text = f"{_first_line(answer.error)} (while {doing})"
    match answer.sqlstate:
        case "42501":
            return Refused(text, remedy="grant that right, then run the same command again")
        case "55P03":
            return LockHeld("a lock was not to be had in time", remedy=_AGAIN)
        case "57014":
            return Canceled(f"the server canceled the query while {doing}", remedy=_AGAIN)
        case "40001" | "40P01":
            said = f"The server gave way to another session while {doing}"
            return Passing(text, said, remedy=_AGAIN)
        case _:
            return CpctlError(text, remedy=_AGAIN)


def _first_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[0] if lines else "the server gave no reason"
