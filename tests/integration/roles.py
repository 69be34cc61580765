"""Roles as people have them, files that need rights of each sort, and what a role is left without.

Nothing here imports cpctl.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from tests.integration.steps import document, job
from tests.runner import Result
from tests.servers import Database


class File(NamedTuple):
    """`given`, `undo`: SQL of a superuser before and after. `at`: a word for test ids.

    `applied`: the file was applied before, by a superuser, with another secret.
    """

    at: str
    text: str
    given: tuple[str, ...] = ()
    undo: tuple[str, ...] = ()
    options: str = "LOGIN"
    applied: bool = False


def owned(owner: str, **more: Any) -> str:
    """Two jobs of that owner, and whatever else."""
    known = {
        "defaults": {"username": owner},
        "scope": {"jobs": ["mine*"], "settings": ["app.*"]},
        "jobs": {"mine": job(), "mine2": job("*/5 * * * *")},
        **more,
    }
    return document(**known)


VAULT_SQL = Path(__file__).parents[1] / "vault.sql"
OTHER = "create database other"
FAR = {"mine": job(database="other"), "mine2": job(active=False)}
SECRET = {"secrets": {"key": {"from": "env:KEY"}}, "urls": {"hook": "https://example.org/f"}}
KEPT = {"ledger": False, **SECRET}
REAL = {"work_mem": "5MB", "cron.log_min_messages": "error", "search_path": ["app", "public"]}
USAGE = "grant usage on schema cron to worker"
SCHEDULED = "select cron.schedule('mine9', '0 3 * * *', 'SELECT 9')"


VAULT = VAULT_SQL.read_text(encoding="utf-8")
NO_VAULT = "drop schema vault cascade"
LEDGER = "create schema cpctl; comment on schema cpctl is 'cpctl secrets'"


def _revoked(right: str, place: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return (f"revoke {right} on {place} from public",), (f"grant {right} on {place} to public",)


FILES = (
    File("own-jobs", owned("deploy")),
    File("nobodys-jobs", document(jobs={"mine": job()})),
    File("own-jobs-elsewhere", owned("deploy", jobs=FAR), (OTHER,)),
    File("others-jobs", owned("worker")),
    File("others-jobs-used-already", owned("worker"), (USAGE,)),
    File("others-jobs-noinherit", owned("worker"), options="LOGIN NOINHERIT"),
    File("others-jobs-elsewhere", owned("worker", jobs=FAR), (OTHER,)),
    File("a-superusers-jobs", owned("postgres", **SECRET)),
    File("a-superusers-jobs-in-a-database", owned("postgres", store="database", **SECRET)),
    File("system", owned("deploy", settings={"app.batch": "5"}, **SECRET)),
    File("real-settings", owned("deploy", settings=REAL)),
    File("database", owned("deploy", store="database", settings={"app.batch": "5"}, **SECRET)),
    File(
        "database-of-a-plain-owner",
        owned("deploy", store="database", **SECRET),
        ("create role landlord", "alter database postgres owner to landlord"),
    ),
    File(
        "all",
        owned("worker", jobs=FAR, settings={**REAL, "app.select": "5"}, **SECRET),
        (OTHER,),
    ),
    File("all-in-a-database", owned("worker", store="database", settings=REAL, **SECRET)),
    File(
        "no-temporary",
        owned("deploy", store="database", **SECRET),
        *_revoked("temporary", "database postgres"),
    ),
    File("no-connect", owned("deploy"), *_revoked("connect", "database postgres")),
    File("unread", owned("deploy"), *_revoked("select", "cron.job")),
    File(
        "uncalled", owned("deploy"), *_revoked("execute", "function cron.schedule(text,text,text)")
    ),
    File(
        "unremoved",
        owned("deploy"),
        (
            USAGE.replace("worker", "deploy"),
            "set role deploy",
            SCHEDULED,
            "reset role",
            *_revoked("execute", "function cron.unschedule(bigint)")[0],
        ),
        _revoked("execute", "function cron.unschedule(bigint)")[1],
    ),
    File(
        "vault", owned("deploy", store="vault", **SECRET), (VAULT,), ("drop schema vault cascade",)
    ),
    File(
        "vault-rotated",
        owned("deploy", store="vault", scope={"secrets": ["*key", "*url"]}, **KEPT),
        (
            "select vault.create_secret('left', 'gone_key')",
            "delete from vault.secrets where name = 'hook_url'",
        ),
        (NO_VAULT,),
        applied=True,
    ),
    File(
        "table-rotated",
        owned("deploy", store="table", scope={"secrets": ["*key", "*url"]}, **KEPT),
        (
            "insert into cpctl.secrets values ('gone_key', 'left', '')",
            "delete from cpctl.secrets where name = 'hook_url'",
        ),
        applied=True,
    ),
    File("table", owned("deploy", store="table", **SECRET)),
    File("table-beside-a-ledger", owned("deploy", store="table", **SECRET), (LEDGER,)),
    File(
        "mixed",
        owned(
            "worker",
            store="database",
            urls={"one": "https://a.example/"},
            secrets={"key": {"from": "env:KEY", "to": "table"}},
        ),
    ),
)


def renew(database: Database, name: str, options: str = "LOGIN") -> None:
    """The role as it is on its first day. Jobs that it has stay."""
    there = database.rows("select from pg_roles where rolname = %s", name)
    if there:
        database.run("update pg_database set datdba = 10 where datdba = %s::regrole", name)
        database.run(f'drop owned by "{name}" cascade')
        for (owner,) in database.rows(
            "select roleid::regrole::text from pg_auth_members where member = %s::regrole", name
        ):
            database.run(f'revoke {owner} from "{name}"')
        database.run(f'alter role "{name}" NOBYPASSRLS')
    else:
        database.run(f'create role "{name}" {options}')


def grants(database: Database, role: str, purpose: str = "apply") -> Result:
    return database.cpctl("grants", "--for", purpose, "--role", role)


def statements(text: str) -> list[str]:
    """What psql would run of it."""
    return [line for line in text.splitlines() if line and not line.startswith("--")]


def give(database: Database, sql: Iterable[str]) -> None:
    for statement in sql:
        database.run(statement)
