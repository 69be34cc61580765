"""The rights that a role needs for a file, apart from those that every role has.

Each is one statement for psql. What a kind needs, its own `rights` say; here is what all need.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

from cpctl.core.acting import grant
from cpctl.core.capabilities import Capabilities
from cpctl.core.resource import Address
from cpctl.core.sql import identifier

Purpose = Literal["plan", "apply", "diff"]
HAS_OPTIONS = 160000
"""From here on a membership says by itself whether it is inherited, and allows SET ROLE."""


class Right(NamedTuple):
    """One statement, what it is for, and for which resource.

    Without `sql`: what no statement gives. `optional`: without it all works, and less is said.
    `superuser`: nobody else can grant it, unless he was given it with the option to pass it on.
    `database`: a right on the database, which its owner has, or all of them.
    """

    sql: str
    why: str
    address: Address | None = None
    optional: bool = False
    superuser: bool = False
    database: Literal["", "one", "all"] = ""


@dataclass(frozen=True, eq=False, repr=False)
class Grantee:
    """The role that is to get the rights, whatever it has already.

    `everybody`: what PUBLIC has, as a GRANT would say it. `superusers`: among the owners of the
    file's jobs. `lenders`: those whose right to use cron its members inherit, if members inherit
    at all. `sovereign`: one of them owns what belongs to the server itself.
    """

    name: str
    exists: bool
    superuser: bool
    inherits: bool
    database_owner: str
    owner_superuser: bool
    everybody: frozenset[str]
    superusers: frozenset[str]
    lenders: frozenset[str]
    sovereign: bool

    def gets(self, right: str, option: str = "") -> str:
        """The GRANT of a right to it."""
        return grant(right, self.name, option)


@dataclass(frozen=True, eq=False, repr=False)
class Request:
    """What the rights are for. `owners`: whom the file names; `unnamed`: some jobs name nobody.

    `ledger`: the file wants one. `zone`: it expects a time zone that only some may read.
    `powerful`: a superuser asks, who can grant everything.
    """

    purpose: Purpose
    grantee: Grantee
    owners: tuple[str, ...]
    unnamed: bool
    ledger: bool
    zone: bool
    powerful: bool

    @property
    def applies(self) -> bool:
        return self.purpose == "apply"

    @property
    def others(self) -> tuple[str, ...]:
        """The owners that the role has to act for."""
        return tuple(owner for owner in self.owners if owner != self.grantee.name)

    @property
    def inherits_all(self) -> bool:
        """Whether acting for an owner brings what the server itself owns, but for parameters."""
        return self.applies and self.grantee.inherits and self.grantee.sovereign

    @property
    def dangers(self) -> Iterator[str]:
        """What somebody who pipes the answer into psql would not see."""
        name, bosses = self.grantee.name, self.grantee.superusers.intersection(self.others)
        for boss in sorted(bosses) if self.applies and not self.grantee.superuser else ():
            yield (
                f"the file's jobs belong to {boss}, a superuser: whoever may act for it may do "
                f"anything. Better: defaults: {{username: {name}}}"
            )

    def asks(
        self,
        right: str,
        why: str,
        *,
        address: Address | None = None,
        optional: bool = False,
        superuser: bool = False,
    ) -> Iterator[Right]:
        """The right for the role, unless PUBLIC has it."""
        if right not in self.grantee.everybody:
            yield Right(self.grantee.gets(right), why, address, optional, superuser)

    def on_database(
        self, right: str, why: str, database: str, *, optional: bool = False
    ) -> Iterator[Right]:
        """The same for a right on the database, which whoever owns it has."""
        if f"{right} ON DATABASE" not in self.grantee.everybody:
            sql = self.grantee.gets(f"{right} ON DATABASE {identifier(database)}")
            yield Right(sql, why, None, optional, database="one")


def member_of(owner: str, grantee: Grantee, capabilities: Capabilities) -> str:
    """The membership that lets a role act for another; an older one may forbid just that."""
    new = capabilities.server_version_num >= HAS_OPTIONS
    return grantee.gets(identifier(owner), " WITH SET TRUE" if new else "")


def without_doubles(rights: Iterable[Right], request: Request) -> Iterator[Right]:
    """Without rights on the database where the role comes to own it."""
    found = tuple(rights)
    owns = any(right.database == "all" for right in found)
    owns = owns or (request.inherits_all and request.grantee.owner_superuser)
    yield from (right for right in found if not (owns and right.database == "one"))


def first(request: Request, capabilities: Capabilities) -> Iterator[Right]:
    """To get into the database, and to see the jobs."""
    yield from request.on_database("CONNECT", "connect", capabilities.database)
    yield from _acting(request, capabilities)
    if not _inherited(request):
        why = "see cron.job and call pg_cron" if request.applies else "see cron.job"
        yield from request.asks("USAGE ON SCHEMA cron", why)
    yield from request.asks("SELECT ON cron.job", "see cron.job")
    if request.unnamed or (request.others and not request.applies):
        yield from _all_rows(request, capabilities)
    why, shown = "read cron.timezone and how jobs run; times are shown in GMT otherwise", True
    if request.zone:
        why, shown = "read cron.timezone, which the file expects", False
    yield from request.asks("pg_read_all_settings", why, optional=shown, superuser=True)


def _inherited(request: Request) -> bool:
    lent = request.grantee.lenders.intersection(request.others)
    return request.applies and request.grantee.inherits and bool(lent)


def _acting(request: Request, capabilities: Capabilities) -> Iterator[Right]:
    grantee = request.grantee
    for owner in request.others if request.applies else ():
        boss = owner in grantee.superusers
        why = f"act for {owner}, whose jobs the file declares"
        if boss:
            why = f"{why}: a superuser, and {grantee.name} will be as good as one"
        yield Right(member_of(owner, grantee, capabilities), why, superuser=boss)
        if not boss and not capabilities.owners[owner].cron_usage:
            right = grant("USAGE ON SCHEMA cron", owner)
            yield Right(right, f"{owner} calls pg_cron, and {grantee.name} as {owner}")
        if not boss and "SELECT ON cron.job" not in grantee.everybody:
            yield Right(grant("SELECT ON cron.job", owner), f"{owner} sees cron.job")


def _all_rows(request: Request, capabilities: Capabilities) -> Iterator[Right]:
    """Row security shows a role its own jobs; what it hides might be what the file declares."""
    name, others = request.grantee.name, request.others
    sql = f"ALTER ROLE {identifier(name)} BYPASSRLS;"
    if request.unnamed:
        why = f"see every job, as the file does not say whose its jobs are: they are {name}'s own"
        instead = f"defaults: {{username: {name}}} in the file makes BYPASSRLS needless"
    else:
        why = f"see the jobs of {', '.join(others)}, and change none of them"
        ways = " ".join(member_of(owner, request.grantee, capabilities) for owner in others)
        instead = f"where nobody can give BYPASSRLS, this does, and allows to change them: {ways}"
    yield Right(sql, why, superuser=True)
    yield Right("", instead)


def last(request: Request, capabilities: Capabilities, *, deletes: bool) -> Iterator[Right]:
    """The ledger, and the name of whoever keeps an apply waiting."""
    ledger, needed = capabilities.ledger, request.applies and deletes
    if request.ledger and request.applies and not ledger.exists:
        why = "make the ledger (schema cpctl), for history, rollback and the classes of drift"
        yield from request.on_database("CREATE", why, capabilities.database, optional=True)
    elif request.ledger and ledger.known:
        writes = ", INSERT, UPDATE" if request.applies else ""
        verb = "read and write" if request.applies else "read"
        why = f"{verb} the ledger{', which says what may be deleted' if needed else ''}"
        for right in ("USAGE ON SCHEMA cpctl", f"SELECT{writes} ON cpctl.applies, cpctl.files"):
            yield from request.asks(right, why, optional=not needed)
    if request.applies:
        why = "say who holds a lock that an apply waits for"
        yield from request.asks("pg_read_all_stats", why, optional=True)
