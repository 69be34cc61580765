"""From the probe's one row to what the server is, and what the role may do there."""

from __future__ import annotations

import json
import re
from ipaddress import IPv6Address, ip_address
from typing import Any

import psycopg
from psycopg.rows import TupleRow

from cpctl.core.capabilities import Capabilities, Installed, OwnerRights, TableRights, VaultRights
from cpctl.core.ledger import LedgerRights

_LEDGER = re.compile(r"cpctl ledger, format (\d+)")
_FACTS = (
    "system_identifier database role server_version server_version_num extension_version "
    "library_version preloaded extensions "
    "cron_database timezone as_of superuser standby rows_hidden cron_usage jobs_readable "
    "jobs_writable runs_readable last_runid background_workers superuser_jobs functions reload "
    "file_settings alter_system_allowed temporary vault secrets read_only ledger backend owners"
).split()


def capabilities(row: TupleRow, info: psycopg.ConnectionInfo) -> Capabilities:
    """`pooled`: a pooler makes up the process id that it tells at login."""
    facts = dict(zip(_FACTS, row, strict=True))
    backend = facts.pop("backend")
    owners = {found["name"]: _owner(found) for found in json.loads(facts["owners"])}
    facts |= {"owners": owners, "functions": frozenset(facts["functions"] or ())}
    extensions = json.loads(facts["extensions"] or "{}")
    facts["extensions"] = {name: Installed(**found) for name, found in extensions.items()}
    facts["ledger"] = _ledger(**json.loads(facts["ledger"]))
    facts["vault"] = VaultRights(**json.loads(vault)) if (vault := facts["vault"]) else None
    facts["table"] = TableRights(**json.loads(facts.pop("secrets")))
    return Capabilities(
        host=info.host or "localhost",
        port=info.port,
        pooled=backend != info.backend_pid,
        cleartext=cleartext(info.hostaddr, encrypted=info.pgconn.ssl_in_use),
        **facts,
    )


def cleartext(address: str, *, encrypted: bool) -> bool:
    """Whether others on the way can read what is sent; libpq knows no address of a socket."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return not (encrypted or (mapped or found).is_loopback)


def _ledger(*, comment: str | None, kinds: list[str] | None, **rights: bool) -> LedgerRights:
    """The comment on the schema tells the format to roles that may not read the tables."""
    said = _LEDGER.fullmatch(comment or "")
    known = None if kinds is None else frozenset(kinds)
    return LedgerRights(format=int(said[1]) if said else None, kinds=known, **rights)


def _owner(found: dict[str, Any]) -> OwnerRights:
    return OwnerRights(**{**found, "functions": frozenset(found["functions"])})
