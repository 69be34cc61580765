"""Where secrets are kept, by whom, and what of it no program can hide: docs/facts.md 2.4."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import psycopg

from tests import vault

NAMES = [f"mine_{name}" for name in "key added kept dotted printed retired hook_url".split()]
"""The secrets of the files below."""

ROLE = "deploy"

Facts = Mapping[str, Mapping[str, re.Pattern[bytes]]]

_SET = rb"(ALTER|!!ALTER) SYSTEM SET "
UNAVOIDABLE: Facts = {
    "server log": {
        "a reload tells the new value": re.compile(
            rb'LOG:  00000: parameter "app\.\w+" changed to "'
        ),
        "a statement is logged": re.compile(
            rb"(statement|(parse|bind|execute) [^:]*|STATEMENT): +" + _SET
        ),
        "an error quotes the literal": re.compile(
            rb"ERROR:  42601: unterminated quoted string at or"
        ),
    },
    "pg_stat_activity": {"the statement is shown": re.compile(_SET)},
    "pg_stat_statements": {"the statement is kept": re.compile(_SET)},
}
"""Where a secret in ALTER SYSTEM must come to stand, entry by entry; anywhere else is a leak."""


class Way(NamedTuple):
    """`holds`: channels that the store is. `excused`: what PostgreSQL writes unasked."""

    store: str
    role: str
    scope: str
    holds: frozenset[str]
    grants: str = ""
    excused: Facts = MappingProxyType({})

    def __str__(self) -> str:
        return f"{self.store}, {'a superuser' if self.role == 'postgres' else 'a plain role'}"

    def prepare(self, admin: psycopg.Connection[Any]) -> None:
        """The role, with what it needs here."""
        if self.role != "postgres":
            admin.execute(_EVERY_PLAIN_ROLE.encode())
            for name in NAMES:
                admin.execute(self.grants.format(name=f"app.{name}").encode())
        if self.store == "vault":
            vault.install(admin, self.role)


_EVERY_PLAIN_ROLE = f"""
create role {ROLE} login;
grant usage on schema cron to {ROLE};
grant create on database postgres to {ROLE};
grant execute on function cron.alter_job to {ROLE};
"""
_SYSTEM = f"""
grant alter system on parameter {{name}} to {ROLE};
grant select on pg_file_settings to {ROLE};
grant execute on function pg_show_all_file_settings(), pg_reload_conf() to {ROLE};
"""
_DATABASE = f"""
grant set on parameter {{name}} to {ROLE};
alter database postgres owner to {ROLE};
"""
NOTHING: frozenset[str] = frozenset()
_FILE = frozenset({"postgresql.auto.conf"})
_CATALOG = frozenset({"pg_db_role_setting"})

WAYS: Sequence[Way] = (
    Way("system", "postgres", "settings", _FILE, excused=UNAVOIDABLE),
    Way("system", ROLE, "settings", _FILE, _SYSTEM, UNAVOIDABLE),
    Way("database", "postgres", "settings", _CATALOG),
    Way("database", ROLE, "settings", _CATALOG, _DATABASE),
    Way("vault", "postgres", "secrets", NOTHING),
    Way("vault", ROLE, "secrets", NOTHING, f"alter role {ROLE} bypassrls"),
    Way("table", "postgres", "secrets", NOTHING),
    Way("table", ROLE, "secrets", NOTHING),
)
PLAIN = [way for way in WAYS if way.role == ROLE]
"""What a superuser could hide, these cannot."""
