"""Somebody is at the same secret in the same moment: nothing is half done, and words say what."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

from tests.integration.keeping import STORES, did, held, kept, ready, secrets, store_table
from tests.integration.running import Running, until, until_it_waits
from tests.integration.steps import SECRET, SECRET_CORE, converge, given, job, undone
from tests.runner import Result
from tests.servers import Database


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, database: Database) -> str:
    found: str = request.param
    ready(database, found)
    return found


def with_a_job(database: Database, store: str, values: dict[str, str]) -> None:
    """Secrets and a job that the next apply would change, too."""
    given(database, {"mine": job()})
    kept(database, store, values, jobs={"mine": job()})


@contextmanager
def somebody(database: Database) -> Iterator[psycopg.Connection[Any]]:
    """Another session, in a transaction that ends with the block."""
    with psycopg.connect(database.url()) as session:
        yield session


def while_it_waits(database: Database, statement: str, *parameters: object) -> Result:
    """Apply, while somebody has done this and commits once the apply waits for it."""
    with somebody(database) as other:
        other.execute(statement.encode(), parameters or None)
        with Running(database, "apply", "--auto-approve") as running:
            until_it_waits(database)
            other.commit()
            return running.finish()


def clean(done: Result) -> None:
    assert SECRET_CORE not in done.out + done.err


def test_the_name_is_taken_between_plan_and_write(database: Database, store: str) -> None:
    with_a_job(database, store, {"b_key": "x"})
    database.environment["A_KEY"] = SECRET
    file = secrets("a_key", "b_key", store=store, jobs={"mine": job("9 9 * * *")})
    database.write(file)
    call = (
        "select vault.create_secret('theirs', 'a_key')"
        if store == "vault"
        else "insert into cpctl.secrets values ('a_key', 'theirs', '')"
    )
    jobs = database.jobs()
    done = while_it_waits(database, call)
    assert done.code == 1, done
    assert "secret.a_key could not be written; the apply was undone" in done.err
    assert "23505" in done.err
    assert "somebody has made it meanwhile: run the same command again" in done.err
    clean(done)
    assert held(database, store) == {"a_key": "theirs", "b_key": "x"}
    assert database.jobs() == jobs
    converge(database, file, expected={**did(store, update=1), "alter_job": 1})
    assert held(database, store) == {"a_key": SECRET, "b_key": "x"}


def test_the_row_goes_between_plan_and_write(database: Database, store: str) -> None:
    """Neither update_secret nor UPDATE says that there was nothing to change."""
    with_a_job(database, store, {"a_key": SECRET, "b_key": "x"})
    database.environment["A_KEY"] = f"{SECRET_CORE}, rotated"
    database.write(secrets("a_key", "b_key", store=store, jobs={"mine": job("9 9 * * *")}))
    jobs = database.jobs()
    done = while_it_waits(database, f"delete from {store_table(store)} where name = 'a_key'")
    assert done.code == 1, done
    assert "secret.a_key" in done.err
    assert "undone" in done.err
    assert "run the same command again" in done.err
    clean(done)
    assert held(database, store) == {"b_key": "x"}
    assert database.jobs() == jobs


@pytest.mark.parametrize("blind", [False, True], ids=["reads values", "reads verifiers"])
def test_an_update_that_does_nothing_is_noticed(database: Database, *, blind: bool) -> None:
    """The function reports a row whatever it did."""
    user = database.new_role("deploy", "USAGE ON SCHEMA cron", "CREATE ON DATABASE postgres")
    ready(database, "vault", user)
    if blind:
        database.run("revoke select on vault.decrypted_secrets from deploy")
    kept(database, "vault", {"a_key": SECRET}, user=user)
    database.run(
        "create or replace function vault.update_secret(secret_id uuid, new_secret text = null, "
        "new_name text = null, new_description text = null, new_key_id uuid = null) returns void "
        "language sql as ''"
    )
    database.environment["A_KEY"] = f"{SECRET_CORE}, rotated"
    with undone(database):
        done = database.cpctl("apply", "--auto-approve", "--debug", user=user)
    assert done.code == 1, done
    assert "secret.a_key" in done.err
    clean(done)


def test_vault_fails_and_quotes_the_value(database: Database, store: str) -> None:
    """PostgreSQL's own message holds the row; nobody gets to see it."""
    with_a_job(database, store, {"b_key": "x"})
    database.environment["A_KEY"] = SECRET
    database.run(
        "create or replace function public.loud() returns trigger language plpgsql as "
        "$$ begin raise exception 'not this: %', to_jsonb(new); end $$"
    )
    database.run(
        f"create trigger loud before insert on {store_table(store)} for each row "
        "when (new.name = 'a_key') execute function public.loud()"
    )
    database.write(secrets("a_key", "b_key", store=store, jobs={"mine": job()}))
    with undone(database):
        done = database.cpctl("apply", "--auto-approve", "--debug")
    assert done.code == 1, done
    assert "secret.a_key could not be written; the apply was undone" in done.err
    assert "P0001" in done.err
    clean(done)


def test_temporary_is_revoked_between_plan_and_write(database: Database, store: str) -> None:
    """While the apply waits for the lock; the plan under it finds the right missing."""
    user = database.new_role("deploy", "USAGE ON SCHEMA cron", "CREATE ON DATABASE postgres")
    if store == "vault":
        database.run("drop schema vault cascade")
        ready(database, "vault", user)
    kept(database, store, {"a_key": SECRET}, user=user)
    database.environment["A_KEY"] = f"{SECRET_CORE}, rotated"
    try:
        with undone(database), somebody(database) as other:
            other.execute("select pg_advisory_xact_lock(%s)", (int.from_bytes(b"cpctl"),))
            url = database.url(user)
            arguments = ("apply", "--auto-approve")
            with Running(database, *arguments, CPCTL_DATABASE_URL=url) as running:
                until_it_waits(database)
                database.run("revoke temporary on database postgres from public")
                other.commit()
                done = running.finish()
        assert done.code == 1, done
        assert "secret.a_key could not be written; the apply was undone" in done.err
        assert "may not make the temporary table" in done.err
        assert "42501" in done.err
        assert "Remedy: cpctl plan names the missing rights" in done.err
        clean(done)
        shown = database.cpctl("plan", user=user)
        assert "GRANT TEMPORARY ON DATABASE postgres TO deploy;" in shown.out
    finally:
        database.run("grant temporary on database postgres to public")


def test_the_backend_is_ended_while_it_takes_the_secrets(database: Database, store: str) -> None:
    """It waits for nobody there, so a trigger of the test's own makes it stand still."""
    kept(database, store, {"a_key": SECRET})
    database.environment["A_KEY"] = f"{SECRET_CORE}, rotated"
    with (
        undone(database),
        _slow_copy(database),
        Running(database, "apply", "--auto-approve") as running,
    ):
        _end_the_copy(database)
        done = running.finish()
    assert done.code == 1, done
    assert "undone" in done.err or "Nothing was written" in done.err
    clean(done)


@contextmanager
def _slow_copy(database: Database) -> Iterator[None]:
    """What creates the table and fills it is one message: it does not end before it."""
    database.run(
        "create function public.slow_down() returns event_trigger language plpgsql as $$ begin "
        "if current_query() like '%cpctl_secrets%' then perform pg_sleep(20); end if; end $$"
    )
    database.run(
        "create event trigger slow_down on ddl_command_end when tag in ('CREATE TABLE') "
        "execute function public.slow_down()"
    )
    try:
        yield
    finally:
        database.run("drop event trigger slow_down")
        database.run("drop function public.slow_down")


def _end_the_copy(database: Database) -> None:
    query = (
        "select pg_terminate_backend(pid) from pg_stat_activity "
        "where query like '%cpctl_secrets%' and wait_event = 'PgSleep'"
    )
    until(lambda: database.rows(query), "the backend that sleeps")
