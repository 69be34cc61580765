"""Servers that cannot be reached, are not the right one, or refuse a value."""

from __future__ import annotations

from tests.integration.bad_input.case import GOOD, HEAD, Server, at_top
from tests.servers import Database

S = "scheduler.yaml"
_PASSWORD = "hunter2-hunter2"
_PLAN = ("plan", "--out")
_TCP = "@127.0.0.1:{port}/"
_NOTHING = f"{HEAD}scope: {{jobs: [t_*]}}\njobs: {{}}\n"
_OVERNIGHT = "select cron.schedule('t_a', '0 0 * * *', 'SELECT 1')"
_TEN = "select cron.schedule('t_' || n, '0 0 * * *', 'SELECT 1') from generate_series(1, 10) n"


def _saved(database: Database) -> None:
    assert database.cpctl("plan", "--out", "plan.json").code == 0


def _saved_then_edited(database: Database) -> None:
    _saved(database)
    database.write(GOOD.replace("SELECT 1", "SELECT 2"))


def _saved_then_touched(database: Database) -> None:
    _saved(database)
    database.run(_OVERNIGHT)


def _saved_for_another(database: Database) -> None:
    """The same server under another name, which a clone of it could have."""
    database.environment["CPCTL_DATABASE_URL"] = database.cluster.tcp_url()
    _saved(database)


CONNECTIONS = (
    Server(
        "closed port",
        "127.0.0.1:9",
        "refused",
        "server runs.*CPCTL_DATABASE_URL names it",
        url="postgresql://postgres@127.0.0.1:9/postgres",
    ),
    Server(
        "no socket",
        "/nowhere",
        "No such file",
        "server runs.*CPCTL_DATABASE_URL names it",
        url="postgresql://postgres@/postgres?host=/nowhere",
    ),
    Server(
        "wrong password",
        "127.0.0.1:{port}",
        "password authentication failed.*needs_password",
        "password.*PGPASSWORD",
        given=("create role needs_password login password 'right'",),
        url=f"postgresql://needs_password:{_PASSWORD}{_TCP}postgres",
        secret=_PASSWORD,
    ),
    Server(
        "no password",
        "127.0.0.1:{port}",
        "no password supplied",
        "PGPASSWORD",
        given=("create role needs_password login password 'right'",),
        url=f"postgresql://needs_password{_TCP}postgres",
    ),
    Server(
        "password with a slash",
        "",
        "URL|port",
        "%2F|special characters|postgresql://",
        url=f"postgresql://postgres:{_PASSWORD}/x{_TCP}postgres",
        secret=_PASSWORD,
        like="url that cannot be read",
    ),
    Server(
        "password with an at sign",
        "",
        "URL|host",
        "%40",
        url=f"postgresql://postgres:x@{_PASSWORD}{_TCP}postgres",
        secret=_PASSWORD,
        like="url that cannot be read",
    ),
    Server(
        "unknown database",
        "127.0.0.1:{port}",
        'database "nowhere" does not exist',
        "pg_cron lives in",
        url=f"postgresql://postgres{_TCP}nowhere",
    ),
    Server(
        "unknown role",
        "127.0.0.1:{port}",
        'role "nobody_here" does not exist',
        "existing role",
        url=f"postgresql://nobody_here{_TCP}postgres",
    ),
    Server(
        "role without LOGIN",
        "127.0.0.1:{port}",
        "not permitted to log in",
        "LOGIN|role",
        given=("create role group_role nologin",),
        url=f"postgresql://group_role{_TCP}postgres",
    ),
    Server(
        "too many connections",
        "127.0.0.1:{port}",
        "too many connections",
        "connection",
        given=("create role busy login connection limit 0",),
        url=f"postgresql://busy{_TCP}postgres",
    ),
    Server(
        "pg_cron in another database",
        "database other",
        "pg_cron lives in another database, postgres",
        "database postgres",
        given=("create database other",),
        url="postgresql://postgres@/other?host={socket}&port={port}",
    ),
    Server(
        "no pg_cron",
        "database postgres",
        "pg_cron is not there",
        "shared_preload_libraries = 'pg_cron'.*CREATE EXTENSION pg_cron",
        cluster="bare",
    ),
    Server(
        "pg_cron not loaded",
        "database postgres",
        "not loaded",
        "shared_preload_libraries = 'pg_cron'.*restart",
        cluster="unloaded",
    ),
    Server("standby", "", "standby.*[Nn]othing was written", "primary", cluster="standby", exit=3),
    Server(
        "read-only role",
        "",
        "default_transaction_read_only.*Nothing was written",
        "role that may write",
        given=(
            "create role reader superuser login",
            "alter role reader set default_transaction_read_only = on",
        ),
        user="reader",
        exit=3,
    ),
)

TARGETS = (
    Server(
        "expect.host",
        "scheduler.yaml",
        r"Nothing was written.*expect\.host.*db\.internal\*.*scheduler\.yaml:7",
        "right one|-f OVERLAY",
        text=at_top("expect: {host: db.internal*}"),
        exit=3,
    ),
    Server(
        "expect.database",
        "scheduler.yaml",
        r"not for this database.*expect\.database.*prod.*scheduler\.yaml:7.*postgres",
        "right one|-f OVERLAY",
        text=at_top("expect: {database: prod}"),
        exit=3,
    ),
    Server(
        "expect.system_identifier",
        "scheduler.yaml",
        r"expect\.system_identifier.*scheduler\.yaml:7",
        "right one|-f OVERLAY",
        text=at_top("expect: {system_identifier: '7'}"),
        exit=3,
    ),
    Server(
        "no terminal", "", "no terminal.*Nothing was written", "--auto-approve", command=("apply",)
    ),
    Server(
        "stale: the file",
        "plan.json",
        "scheduler.yaml.*changed since.*Nothing was written",
        "new plan",
        after=_saved_then_edited,
        command=("apply", "plan.json", "--auto-approve"),
        exit=5,
    ),
    Server(
        "stale: the database",
        "plan.json",
        "database changed since.*Nothing was written",
        "new plan",
        after=_saved_then_touched,
        command=("apply", "plan.json", "--auto-approve"),
        exit=5,
    ),
    Server(
        "plan for another database",
        "plan.json",
        "another database.*Nothing was written",
        "new plan",
        after=_saved_for_another,
        command=("apply", "plan.json", "--auto-approve"),
        exit=5,
    ),
    Server(
        "plan cannot be saved",
        "no/such/plan.json",
        "could not be saved",
        "folder",
        command=("plan", "--out", "no/such/plan.json"),
    ),
    Server(
        "jobs: {} with deletes",
        "",
        "declares no jobs.*delete 1.*Nothing was written",
        "--allow EMPTY_FILE",
        text=_NOTHING,
        given=(_OVERNIGHT,),
        exit=3,
    ),
    Server(
        "deletes most",
        "",
        "delete 10 of 10.*Nothing was written",
        "--allow MANY_DELETES",
        text=at_top("scope: {jobs: [t_*]}"),
        given=(_TEN,),
        exit=3,
    ),
)
