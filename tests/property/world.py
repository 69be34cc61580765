"""The database around an apply: emptied, prepared by hand, and looked at without cpctl's SQL."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from psycopg import sql

from tests.property.files import KEEP, OTHER_DATABASE, OWNER
from tests.property.oracle import HOME, JobKey, Row, Settings, State
from tests.property.reals import CONF
from tests.servers import Database

FOREIGN = "prop_foreign"
NEVER = "0 3 30 2 *"
_BEGIN, _END = "# begin: tests/property\n", "# end: tests/property\n"
_LINE = re.compile(r"(\S+) = '((?:[^']|'')*)'")


@dataclass(frozen=True)
class World:
    """What was done by hand before cpctl came. Shadows overrule what the files say."""

    role_shadow: bool = False
    database_shadow: bool = False
    real_shadow: bool = False
    left_over: bool = False


@contextmanager
def prepared(database: Database) -> Iterator[None]:
    """Roles, a second database, and lines in postgresql.conf for the time of a test."""
    for role in (OWNER, FOREIGN):
        database.new_role(role, "USAGE ON SCHEMA cron")
    database.admin.execute(sql.SQL("create database {}").format(sql.Identifier(OTHER_DATABASE)))
    conf = database.cluster.data_directory / "postgresql.conf"
    before = conf.read_text(encoding="utf-8").partition(_BEGIN)[0]
    lines = [f"{name} = '{_doubled(value)}'\n" for name, value in CONF.items()]
    try:
        conf.write_text("".join([before, _BEGIN, *lines, _END]), encoding="utf-8")
        reload(database)
        yield
    finally:
        conf.write_text(before, encoding="utf-8")
        reset(database)


def _doubled(text: str) -> str:
    return text.replace("\\", "\\\\").replace("'", "''")


def reload(database: Database) -> None:
    """Reload, and come back when new sessions see it."""
    loaded = database.rows("select pg_conf_load_time()")
    database.run("select pg_reload_conf()")
    deadline = time.monotonic() + 10
    while database.rows("select pg_conf_load_time()") == loaded:
        assert time.monotonic() < deadline, "the server does not reload"
        time.sleep(0.002)


def reset(database: Database) -> None:
    """Nothing of any example is left."""
    database.run("delete from cron.job")
    database.run("drop schema if exists cpctl cascade")
    for statement in (
        "alter system reset all",
        "alter system set log_statement = 'all'",
        f"alter database {HOME} reset all",
        "alter role postgres reset all",
    ):
        database.run(statement)
    reload(database)


def build(database: Database, world: World) -> None:
    """The hand-made surroundings; some are always there, since nothing may ever touch them."""
    schedule(database, FOREIGN, "prop_foreign")
    schedule(database, "postgres", "elsewhere")
    schedule(database, "postgres", f"prop_{KEEP}1")
    database.run("select cron.schedule(%s, 'select ''unnamed''')", NEVER)
    settings = {f"app.{KEEP}1": "kept", "other.thing": "It's $1 \\ other's"}
    if world.left_over:
        settings["app.left_over"] = "an earlier file's"
    for name, value in settings.items():
        alter(database, "system", name, value)
    if world.role_shadow:
        alter(database, "role postgres", "app.role_shadow", "of the role")
    if world.database_shadow:
        alter(database, f"database {HOME}", "app.database_shadow", "of the database")
    if world.real_shadow:
        alter(database, f"database {HOME}", "work_mem", "77MB")
        alter(database, "role postgres", "random_page_cost", "7")
    reload(database)


def schedule(database: Database, role: str, name: str) -> None:
    """A job made by hand, as that role."""
    with database.admin.transaction():
        database.run(f'set local role "{role}"')
        database.run("select cron.schedule(%s::text, %s, 'select 1')", name, NEVER)


def alter(database: Database, where: str, name: str, value: str) -> None:
    """ALTER SYSTEM, DATABASE or ROLE by hand."""
    if "." in name:
        database.run("select set_config(%s, '', false)", name)
    statement = sql.SQL("alter " + where + " set " + name + " = {}").format(sql.Literal(value))
    database.admin.execute(statement)
    if "." in name:
        database.run(f"reset {name}")


def flip(database: Database, jobid: int) -> None:
    """Somebody on call pauses a job, or lets it run again."""
    database.run("update cron.job set active = not active where jobid = %s", jobid)


def look(database: Database) -> State:
    """What is there: a table, a file's text and a catalog, each read in the plainest way."""
    return State(_jobs(database), _auto(database), _overrides(database))


def _jobs(database: Database) -> dict[JobKey, Row]:
    rows = database.rows("table cron.job")
    columns = [
        name
        for (name,) in database.rows(
            "select attname::text from pg_attribute where attrelid = 'cron.job'::regclass "
            "and attnum > 0 order by attnum"
        )
    ]
    found: dict[JobKey, Row] = {}
    for row in rows:
        job = dict(zip(columns, row, strict=True))
        found[job["jobname"], job["username"]] = Row(*(job[name] for name in Row._fields))
    assert len(found) == len(rows), "two jobs have one name and one owner"
    return found


def _auto(database: Database) -> Settings:
    text = (database.cluster.data_directory / "postgresql.auto.conf").read_bytes().decode()
    found = {}
    for line in text.split("\n"):
        if line and not line.startswith("#"):
            matched = _LINE.fullmatch(line)
            assert matched is not None, line
            name, value = matched.groups()
            found[name.lower()] = value.replace("''", "'").replace("\\\\", "\\")
    assert found.pop("log_statement") == "all"
    return found


def _overrides(database: Database) -> dict[tuple[str, str], Settings]:
    rows = database.rows(
        "select coalesce((select datname from pg_database d where d.oid = setdatabase), ''), "
        "coalesce((select rolname from pg_roles r where r.oid = setrole), ''), setconfig "
        "from pg_db_role_setting"
    )
    return {
        (where, who): {
            name.lower(): value for name, _, value in (line.partition("=") for line in lines)
        }
        for where, who, lines in rows
    }


def live(database: Database, names: list[str]) -> dict[str, str]:
    """What a new session sees of these settings; '' for nothing."""
    with psycopg.connect(database.url()) as session:
        rows = session.execute(
            "select n, coalesce(current_setting(n, true), '') from unnest(%s::text[]) n", (names,)
        ).fetchall()
    return dict(rows)
