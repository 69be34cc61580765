"""The table is its owner's alone, and jobs read it through a function that nobody can bend."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import errors

from tests import vault
from tests.integration.keeping import asks, did, held, kept, secrets
from tests.integration.remembering import applied
from tests.integration.running import SOON, due, until
from tests.integration.steps import (
    SECRET,
    apply,
    converge,
    document,
    in_sync,
    job,
    paste_grants,
    refused,
    verbs,
)
from tests.servers import Database

READ = "select cpctl.secret('a_key')"
GENEROUS = (
    "alter default privileges grant all on tables to nosy, public",
    "alter default privileges grant all on functions to nosy, public",
    "alter default privileges grant all on schemas to nosy, public",
)
RIGHTS = "select insert update delete truncate references trigger".split()


def owned(owner: str, **more: object) -> str:
    return secrets("a_key", store="table", defaults={"username": owner}, **more)


@pytest.mark.parametrize("ledger", [True, False])
def test_default_privileges_give_it_to_nobody(database: Database, *, ledger: bool) -> None:
    database.new_role("nosy", "USAGE ON SCHEMA cron")
    try:
        for line in GENEROUS:
            database.run(line)
        database.environment["A_KEY"] = SECRET
        text = secrets("a_key", store="table", ledger=ledger)
        converge(database, text, expected=did("table", create=1))
    finally:
        for line in GENEROUS:
            database.run(line.replace(" grant ", " revoke ").replace(" to ", " from "))
    for right in RIGHTS:
        query = "select has_table_privilege('nosy', 'cpctl.secrets', %s)"
        assert database.rows(query, right) == [(False,)], right
    columns = "select has_any_column_privilege('nosy', 'cpctl.secrets', 'select')"
    assert database.rows(columns) == [(False,)]
    for query in (READ, "select value from cpctl.secrets", "table cpctl.secrets"):
        with pytest.raises(errors.InsufficientPrivilege):
            asks(database, "nosy", query)
    assert asks(database, "postgres", READ) == SECRET


def test_jobs_owners_read_it_and_public_does_not(database: Database) -> None:
    worker = database.new_role("worker", "USAGE ON SCHEMA cron")
    database.new_role("nosy", "USAGE ON SCHEMA cron")
    database.environment["A_KEY"] = SECRET
    text = owned(worker, jobs={"mine": job(command=READ)})
    database.write(text)
    shown = database.cpctl("plan").out
    assert "worker will be allowed to call cpctl.secret(name)." in shown
    assert "cpctl.secrets and its reader, cpctl.secret(name), will be made." in shown
    expected = {**did("table", create=1), "schedule_in_database": 1}
    converge(database, text, expected=expected)
    assert asks(database, worker, READ) == SECRET
    assert asks(database, worker, "select cpctl.secret('no_such')") is None
    with pytest.raises(errors.InsufficientPrivilege):
        asks(database, worker, "select value from cpctl.secrets")
    with pytest.raises(errors.InsufficientPrivilege):
        asks(database, "nosy", READ)
    database.run("grant usage on schema cpctl to nosy")
    with pytest.raises(errors.InsufficientPrivilege):
        asks(database, "nosy", READ)


def test_an_owner_that_comes_later_is_named_and_given_it_with_the_next_write(
    database: Database,
) -> None:
    first, second = (database.new_role(name, "USAGE ON SCHEMA cron") for name in ("one", "two"))
    database.environment["A_KEY"] = SECRET
    apply(database, owned(first), expected=did("table", create=1))
    database.write(owned(second))
    shown = database.cpctl("plan").out
    assert "two, whose jobs these are, may not call cpctl.secret(name)." in shown
    with pytest.raises(errors.InsufficientPrivilege):
        asks(database, second, READ)
    paste_grants(database, shown)
    assert asks(database, second, READ) == SECRET
    assert "cpctl.secret" not in in_sync(database).out


ATTACKS = {
    "temporary": "create temp table secrets (name text, value text); "
    "insert into secrets values ('a_key', 'x')",
    "schema": "create schema evil; create table evil.secrets (name text, value text); "
    "insert into evil.secrets values ('a_key', 'x'); set search_path = evil, cpctl, pg_catalog",
    "operator": "create schema evil; create function evil.always(text, text) returns bool "
    "language sql as 'select true'; create operator evil.= (function = evil.always, "
    "leftarg = text, rightarg = text); set search_path = evil, pg_catalog",
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_the_readers_search_path_is_its_own(database: Database, attack: str) -> None:
    worker = database.new_role("worker", "USAGE ON SCHEMA cron", "CREATE ON DATABASE postgres")
    database.environment |= {"A_KEY": SECRET, "B_KEY": "second"}
    text = secrets("a_key", "b_key", store="table", defaults={"username": worker})
    apply(database, text, expected=did("table", create=2))
    with psycopg.connect(database.url(worker), autocommit=True) as session:
        session.execute(ATTACKS[attack].encode())
        assert session.execute(READ.encode()).fetchone() == (SECRET,)
        other = session.execute("select cpctl.secret('none of these')").fetchone()
        assert other == (None,)


@pytest.mark.parametrize("store", ["table", "vault"])
def test_a_job_reads_it_when_it_runs(brisk: Database, store: str) -> None:
    """And what it reads is the new one, from its next run on."""
    read = {
        "table": "cpctl.secret('a_key')",
        "vault": "(select decrypted_secret from vault.decrypted_secrets where name = 'a_key')",
    }[store]
    worker = brisk.new_role("worker", "USAGE ON SCHEMA cron")
    vault.install(brisk.admin, worker)
    brisk.run("drop table if exists public.seen")
    brisk.run("create table public.seen (value text)")
    brisk.run("grant insert on public.seen to worker")
    jobs = {"mine": job(SOON[brisk.version], f"insert into public.seen values ({read})")}
    text = secrets("a_key", store=store, defaults={"username": worker}, jobs=jobs)
    brisk.environment["A_KEY"] = SECRET
    try:
        applied(brisk, text)
        _until_seen(brisk, SECRET)
        brisk.environment["A_KEY"] = "rotated"
        applied(brisk, text)
        _until_seen(brisk, "rotated")
        brisk.run("delete from cron.job")
        values = {value for (value,) in brisk.rows("select value from public.seen")}
        assert values <= {SECRET, "rotated"}
    finally:
        brisk.run("drop table public.seen")


def _until_seen(database: Database, value: str) -> None:
    due(database)
    query = "select from public.seen where value = %s"
    until(lambda: database.rows(query, value), "a run of the job")


def test_a_plain_role_with_nothing_but_create_makes_it(database: Database) -> None:
    """Whoever makes it owns it, and reads it."""
    plain = database.new_role("plain", "USAGE ON SCHEMA cron")
    database.environment["A_KEY"] = SECRET
    database.write(owned(plain, ledger=False, jobs={"mine": job(command=READ)}))
    said = refused(database, "apply", "--auto-approve", user=plain)
    assert "GRANT CREATE ON DATABASE postgres TO plain;" in said.out + said.err
    paste_grants(database, said.out + said.err)
    text = owned(plain, ledger=False, jobs={"mine": job(command=READ)})
    converge(database, text, expected={**did("table", create=1), "schedule": 1}, user=plain)
    assert asks(database, plain, READ) == SECRET
    assert held(database, "table") == {"a_key": SECRET}


def test_each_right_on_another_roles_table_is_named_and_suffices(database: Database) -> None:
    """Each statement in turn: what is missing is said before anything is written."""
    kept(database, "table", {"a_key": SECRET}, ledger=False)
    plain = database.new_role("plain", "USAGE ON SCHEMA cron")
    scope = {"secrets": ["*_key"]}
    steps: tuple[tuple[dict[str, str], tuple[str, ...], dict[str, int], str], ...] = (
        ({"A_KEY": "rotated"}, ("a_key",), did("table", update=1), "UPDATE"),
        ({"B_KEY": "second"}, ("a_key", "b_key"), did("table", create=1), "INSERT"),
        ({}, ("b_key",), did("table", delete=1), "DELETE"),
    )
    given: list[str] = []
    for environment, names, expected, right in steps:
        database.environment |= environment
        more = {"defaults": {"username": plain}, "jobs": {"mine": job()}, "scope": scope}
        database.write(secrets(*names, store="table", ledger=False, **more))
        since = database.log_position()
        for _ in range(4):
            done = database.cpctl("apply", "--auto-approve", user=plain)
            if done.code == 0:
                break
            assert done.code == 3, done
            given += paste_grants(database, done.out + done.err)
        assert f"GRANT {right} ON cpctl.secrets TO plain;" in given
        found = verbs(database.changing_statements(since))
        assert {what: n for what, n in found.items() if what != "schedule"} == expected
        in_sync(database, user=plain)
    assert held(database, "table") == {"b_key": "second"}
    assert "GRANT SELECT ON cpctl.secrets TO plain;" not in given


def test_another_role_applies_and_its_own_job_reads(database: Database) -> None:
    """The table is postgres's; the jobs are of the role that applies. It is told what it lacks."""
    kept(database, "table", {"a_key": SECRET}, ledger=False)
    plain = database.new_role("plain", "USAGE ON SCHEMA cron")
    database.run("grant usage on schema cpctl to plain")
    database.run("grant select on cpctl.secrets to plain")
    database.write(owned(plain, ledger=False, jobs={"mine": job(command=READ)}))
    shown = database.cpctl("plan", user=plain)
    assert "plain, whose jobs these are, may not call cpctl.secret(name)." in shown.out, shown
    paste_grants(database, shown.out)
    assert asks(database, plain, READ) == SECRET
    assert "may not call" not in database.cpctl("plan", user=plain).out


def test_a_write_by_a_role_that_may_not_give_the_reader(database: Database) -> None:
    """GRANT is the table's owner's to do: it is refused beforehand, or left to a note."""
    kept(database, "table", {"a_key": SECRET}, ledger=False)
    plain = database.new_role("plain", "USAGE ON SCHEMA cron")
    database.run("grant usage on schema cpctl to plain")
    database.run("grant select, insert, update, delete on cpctl.secrets to plain")
    database.environment["A_KEY"] = "rotated"
    database.new_role("worker", "USAGE ON SCHEMA cron")
    database.run("grant worker to plain")
    database.write(owned("worker", ledger=False))
    shown = database.cpctl("plan", user=plain)
    done = database.cpctl("apply", "--auto-approve", user=plain)
    assert done.code in {0, 3}, (shown, done)
    if done.code == 3:
        paste_grants(database, done.out + done.err)
        done = database.cpctl("apply", "--auto-approve", user=plain)
        assert done.code == 0, done
    paste_grants(database, database.cpctl("plan", user=plain).out)
    assert asks(database, "worker", READ) == "rotated"


def test_it_is_said_whose_table_it_is(database: Database) -> None:
    """Whoever made it reads it, whoever writes to it."""
    plain = database.new_role("plain", "USAGE ON SCHEMA cron", "CREATE ON DATABASE postgres")
    said = "cpctl.secrets belongs to plain, who may read all that is kept there."
    file = owned(plain, ledger=False)
    database.environment["A_KEY"] = SECRET
    apply(database, file, expected=did("table", create=1), user=plain)
    database.environment["A_KEY"] = "rotated"
    database.write(file)
    assert said not in database.cpctl("plan", user=plain).out
    assert said in database.cpctl("plan").out
    database.run("alter table cpctl.secrets owner to postgres")
    assert "belongs to" not in database.cpctl("plan").out


def test_a_ledger_comes_later_and_the_other_way_round(database: Database) -> None:
    without = {"ledger": False, "jobs": {"mine": job()}}
    database.environment |= {"A_KEY": SECRET, "B_KEY": "second"}
    text = secrets("a_key", store="table", **without)
    converge(database, text, expected={**did("table", create=1), "schedule": 1})
    assert database.rows("select to_regclass('cpctl.applies')") == [(None,)]
    with_ledger = secrets("a_key", "b_key", store="table", jobs={"mine": job()})
    assert applied(database, with_ledger) == 1
    in_sync(database)
    database.environment["A_KEY"] = "rotated"
    assert applied(database, with_ledger) == 2
    assert held(database, "table") == {"a_key": "rotated", "b_key": "second"}


def test_a_table_comes_to_a_ledger(database: Database) -> None:
    assert applied(database, document(jobs={"mine": job()})) == 1
    database.environment["A_KEY"] = SECRET
    text = secrets("a_key", store="table", jobs={"mine": job()})
    assert applied(database, text) == 2
    in_sync(database)
    assert held(database, "table") == {"a_key": SECRET}
