"""The rights that a role needs for a file, apart from those that every role has.

Each is one statement for psql. What a kind needs, its own `rights` say; here is what all need.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

from cpctl.core.acting import grant
from cpctl.core.capabilities import Capabilities
from cpctl.core.resource import Address
from cpctl.core.sql import identifier

Purpose = Literal["plan", "apply", "diff"]
HAS_SET_OPTION = 160000
"""From here on a membership says by itself whether SET ROLE is allowed."""


class Right(NamedTuple):
    """One statement, what it is for, and for which resource.

    Without `sql`: what no statement gives. `optional`: without it all works, and less is said.
    `superuser`: nobody else can grant it, unless he was given it with the option to pass it on.
    """

    sql: str
    why: str
    address: Address | None = None
    optional: bool = False
    superuser: bool = False


class Public(NamedTuple):
    """What PUBLIC may do, and so every role. `parameters`: like `SET app.x`."""

    connect: bool
    temporary: bool
    cron_usage: bool
    jobs_readable: bool
    functions: frozenset[str]
    reload: bool
    files: bool
    files_function: bool
    parameters: frozenset[str]


@dataclass(frozen=True, eq=False, repr=False)
class Grantee:
    """The role that is to get the rights, whatever it has already.

    `superusers`: among the owners of the file's jobs. `lenders`: those whose right to use cron its
    members inherit, if members inherit at all. `sovereign`: one of them owns the server's own
    functions and parameters, as the first superuser does.
    """

    name: str
    exists: bool
    superuser: bool
    inherits: bool
    database_owner: str
    owner_superuser: bool
    public: Public
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
        """Whether acting for an owner brings whatever a GRANT could give."""
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


def member_of(owner: str, grantee: Grantee, capabilities: Capabilities) -> str:
    """The membership that lets a role act for another; an older one may forbid just that."""
    new = capabilities.server_version_num >= HAS_SET_OPTION
    return grantee.gets(identifier(owner), " WITH SET TRUE" if new else "")


def first(request: Request, capabilities: Capabilities) -> Iterator[Right]:
    """To get into the database, and to see the jobs."""
    grantee, public = request.grantee, request.grantee.public
    if not public.connect:
        right = f"CONNECT ON DATABASE {identifier(capabilities.database)}"
        yield Right(grantee.gets(right), "connect")
    yield from _acting(request, capabilities)
    if not public.cron_usage and not _inherited(request):
        why = "see cron.job and call pg_cron" if request.applies else "see cron.job"
        yield Right(grantee.gets("USAGE ON SCHEMA cron"), why)
    if not public.jobs_readable:
        yield Right(grantee.gets("SELECT ON cron.job"), "see cron.job")
    if request.unnamed or (request.others and not request.applies):
        yield from _all_rows(request, capabilities)
    yield from _settings(request)


def _inherited(request: Request) -> bool:
    lent = request.grantee.lenders.intersection(request.others)
    return request.applies and request.grantee.inherits and bool(lent)


def _acting(request: Request, capabilities: Capabilities) -> Iterator[Right]:
    grantee, public = request.grantee, request.grantee.public
    for owner in request.others if request.applies else ():
        boss = owner in grantee.superusers
        why = f"act for {owner}, whose jobs the file declares"
        if boss:
            why = f"{why}: a superuser, and {grantee.name} will be as good as one"
        yield Right(member_of(owner, grantee, capabilities), why, superuser=boss)
        if boss:
            continue
        if not capabilities.owners[owner].cron_usage:
            right = grant("USAGE ON SCHEMA cron", owner)
            yield Right(right, f"{owner} calls pg_cron, and {grantee.name} as {owner}")
        if not public.jobs_readable:
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


def _settings(request: Request) -> Iterator[Right]:
    sql = request.grantee.gets("pg_read_all_settings")
    if request.zone:
        yield Right(sql, "read cron.timezone, which the file expects", superuser=True)
    else:
        why = "read cron.timezone and how jobs run; times are shown in GMT otherwise"
        yield Right(sql, why, optional=True)


def last(request: Request, capabilities: Capabilities, *, deletes: bool) -> Iterator[Right]:
    """The ledger, and the name of whoever keeps an apply waiting."""
    grantee, ledger = request.grantee, capabilities.ledger
    if request.ledger and request.applies and not ledger.exists:
        right = f"CREATE ON DATABASE {identifier(capabilities.database)}"
        why = "make the ledger (schema cpctl), for history, rollback and the classes of drift"
        yield Right(grantee.gets(right), why, optional=True)
    elif request.ledger and ledger.known:
        writes = ", INSERT, UPDATE" if request.applies else ""
        tables = f"SELECT{writes} ON cpctl.applies, cpctl.files"
        needed = request.applies and deletes
        verb = "read and write" if request.applies else "read"
        why = f"{verb} the ledger{', which says what may be deleted' if needed else ''}"
        for right in ("USAGE ON SCHEMA cpctl", tables):
            yield Right(grantee.gets(right), why, optional=not needed)
    if request.applies:
        why = "say who holds a lock that an apply waits for"
        yield Right(grantee.gets("pg_read_all_stats"), why, optional=True)
