"""What the server is and what the connected role may do there: probed, never guessed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from cpctl.core.ledger import LedgerRights


class OwnerRights(NamedTuple):
    """What may be done as the role `name`, whose jobs the file declares.

    `member`: the connected role is granted it; `assumable`: it may also SET ROLE to it, which a
    membership WITH SET FALSE (16 and newer) does not allow. `reads_secrets`: it may call
    cpctl.secret().
    """

    name: str
    exists: bool
    can_login: bool
    member: bool
    assumable: bool
    cron_usage: bool
    functions: frozenset[str]
    runs_readable: bool
    reads_secrets: bool


class Installed(NamedTuple):
    """An extension of this database: its version, and the schema that its objects are in."""

    version: str
    schema: str


class VaultRights(NamedTuple):
    """What the role may do with Supabase Vault. `values`: read the secrets decrypted."""

    usage: bool
    names: bool
    values: bool
    create: bool
    update: bool
    delete: bool


class TableRights(NamedTuple):
    """What the role may do with cpctl.secrets, where that is.

    `schema`: the schema cpctl is there; `usage`: it may be used. `creatable`: the role may make
    the table. `names`: it may read everything but the values. `gives`: it may let others call the
    reader, cpctl.secret(). `owner`: who owns it, if that is another role and no superuser.
    """

    schema: bool
    usage: bool
    exists: bool
    creatable: bool
    names: bool
    values: bool
    insert: bool
    update: bool
    delete: bool
    gives: bool
    owner: str


@dataclass(frozen=True, eq=False, repr=False)
class Capabilities:
    """One probe's answer. `functions`: the signatures of cron functions the role may execute.

    `cron_database` is None where the role may not read the setting and pg_cron is not here.
    `background_workers`: how jobs run; None where the role may not read that. `jobs_writable`: the
    role may UPDATE cron.job, which renames in place. `runs_readable`: it may read runs, of
    which `last_runid` is the newest; 0: there are none, or it may not know.
    `as_of`: the database's now(), ISO 8601. `pooled`: a pooler stands between, and the next
    transaction may run on another of its connections: nothing set in a session is kept.
    `library_version`: what pg_cron's settings tell of the code that runs; None where the role may
    not see them; `preloaded`: the libraries that the server starts with, likewise. `extensions`:
    those of this database; `foreseen`: those that it lacks, and the file makes. `cleartext`: over
    a network, and without TLS.
    `temporary`: the role may make temporary tables. `vault`: None where there is none.
    """

    system_identifier: str
    host: str
    port: int
    database: str
    role: str
    server_version: str
    server_version_num: int
    extension_version: str | None
    library_version: str | None
    preloaded: str | None
    extensions: Mapping[str, Installed]
    cron_database: str | None
    timezone: str
    as_of: str
    superuser: bool
    standby: bool
    rows_hidden: bool
    cron_usage: bool
    jobs_readable: bool
    jobs_writable: bool
    runs_readable: bool
    last_runid: int
    background_workers: bool | None
    superuser_jobs: bool
    functions: frozenset[str]
    reload: bool
    file_settings: bool
    alter_system_allowed: bool
    temporary: bool
    vault: VaultRights | None
    table: TableRights
    read_only: bool
    ledger: LedgerRights
    pooled: bool
    cleartext: bool
    owners: Mapping[str, OwnerRights]
    foreseen: frozenset[str] = frozenset()

    @property
    def home(self) -> str:
        """The database that pg_cron lives in, and where a job runs that names none."""
        return self.cron_database or self.database

    @property
    def pg_cron_version(self) -> str | None:
        """Two digits, as the extension reports them: 1.4, 1.6."""
        return self.extension_version.split("-")[0] if self.extension_version else None

    @property
    def postgres_version(self) -> str:
        """`17.12`, without the packager's suffix."""
        return self.server_version.split(" ")[0]
