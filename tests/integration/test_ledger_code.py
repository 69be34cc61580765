"""Who owns the ledger's tables gets no code run by it with the rights of whoever applies."""

from __future__ import annotations

import psycopg
import pytest

from tests.integration.steps import document, job, plan, refused
from tests.servers import Database

EVIL = """
create function public.evil() returns trigger language plpgsql as
$$ begin execute 'alter role plain superuser'; return new; end $$;
create function public.worse() returns text language plpgsql as
$$ begin execute 'alter role plain superuser'; return 'x'; end $$;
create function public.worst(text) returns bool language plpgsql immutable as
$$ begin return true; end $$;
"""
TRAPS = {
    "the trigger trap": "create trigger trap before insert on cpctl.applies "
    "for each row execute function evil()",
    "the rule trap": "create rule trap as on update to cpctl.files do also select worse()",
    "row security": "alter table cpctl.applies enable row level security",
    "a default, check or index that calls public.worse()": "alter table cpctl.files "
    "alter column scope set default worse()",
    "a default, check or index that calls public.worst(text)": "alter table cpctl.applies "
    "add constraint trap check (worst(name)) not valid",
    "an index: a default, check or index that calls public.worst(text)": "create index trap "
    "on cpctl.applies (worst(name))",
}
"""What the owner can do, by what is said of it."""

FILE = document(scope={"jobs": ["mine*"]}, defaults={"username": "plain"}, jobs={"mine": job()})
KEPT = FILE + 'store: table\nurls:\n  one: "https://it.example/1"\n'
CHANGED = FILE.replace("SELECT 1;", "SELECT 2;")


@pytest.fixture
def owned(database: Database) -> Database:
    """A ledger that a plain role has made."""
    database.new_role("plain", "USAGE ON SCHEMA cron", "CREATE ON DATABASE postgres")
    database.run(EVIL)
    database.write(FILE)
    done = database.cpctl("apply", "--auto-approve", user="plain")
    assert done.code == 0, done
    database.write(CHANGED)
    return database


def with_secrets(database: Database) -> None:
    """A ledger and a table of secrets that a plain role has made, and a change to be applied."""
    database.new_role("plain", "USAGE ON SCHEMA cron", "CREATE ON DATABASE postgres")
    database.run(EVIL)
    database.write(KEPT)
    done = database.cpctl("apply", "--auto-approve", user="plain")
    assert done.code == 0, done
    database.write(KEPT.replace("example/1", "example/2"))


def superuser(database: Database) -> bool:
    ((found,),) = database.rows("select rolsuper from pg_roles where rolname = 'plain'")
    return bool(found)


@pytest.fixture(autouse=True)
def gone(database: Database) -> None:
    database.run("drop function if exists public.evil, public.worse, public.worst cascade")


@pytest.mark.parametrize("said", TRAPS)
def test_code_of_the_owner_is_refused(owned: Database, said: str) -> None:
    owned.run("set role plain")
    owned.run(TRAPS[said])
    owned.run("reset role")
    done = refused(owned, "apply", "--auto-approve")
    assert said.removeprefix("an index: ") in done.out + done.err
    assert "--allow LEDGER_CODE" in done.out + done.err
    assert not superuser(owned)


def test_a_trigger_on_the_table_of_secrets_is_refused_too(database: Database) -> None:
    with_secrets(database)
    database.run("set role plain")
    database.run(
        "create trigger trap before insert or update on cpctl.secrets "
        "for each row execute function evil()"
    )
    database.run("reset role")
    done = refused(database, "apply", "--auto-approve")
    assert "cpctl.secrets has the trigger trap" in done.err
    assert not superuser(database)


@pytest.mark.parametrize("table", ["applies", "files", "secrets"])
def test_nobody_adds_a_trigger_while_another_role_writes(database: Database, table: str) -> None:
    """CREATE TRIGGER takes this lock, and the apply waits for whoever has it already."""
    with_secrets(database)
    with psycopg.connect(database.url("plain")) as owner:
        owner.execute(f"lock table cpctl.{table} in share row exclusive mode".encode())
        done = database.cpctl("apply", "--auto-approve", "--lock-timeout", "1s")
    assert done.code == 4, done
    assert database.cpctl("apply", "--auto-approve").code == 0


def test_a_view_in_the_place_of_a_table_is_not_even_read(owned: Database) -> None:
    owned.run("set role plain")
    owned.run("alter table cpctl.files rename to elsewhere")
    owned.run("create view cpctl.files as select *, worse() from cpctl.elsewhere")
    owned.run("reset role")
    assert owned.cpctl("plan").code == 0
    assert owned.cpctl("diff").code == 2
    assert not superuser(owned)


def test_an_honest_ledger_of_another_role_is_used(owned: Database) -> None:
    shown = plan(owned)
    assert shown["refusals"] == []
    done = owned.cpctl("apply", "--auto-approve")
    assert done.code == 0, done
    assert owned.rows("select max(number) from cpctl.applies") == [(2,)]


def test_what_is_meant_is_allowed_by_name(owned: Database) -> None:
    owned.run(
        "create function public.evil2() returns trigger language plpgsql as "
        "$$ begin return new; end $$"
    )
    owned.run(
        "create trigger notice before insert on cpctl.applies for each row execute function evil2()"
    )
    done = owned.cpctl("apply", "--auto-approve", "--allow", "LEDGER_CODE")
    assert done.code == 0, done
    owned.run("drop function evil2 cascade")


def test_its_owner_is_not_asked_about_his_own_code(owned: Database) -> None:
    owned.run(
        "create function public.evil2() returns trigger language plpgsql as "
        "$$ begin return new; end $$"
    )
    owned.run(
        "create trigger notice before insert on cpctl.applies for each row execute function evil2()"
    )
    done = owned.cpctl("apply", "--auto-approve", user="plain")
    assert done.code == 0, done
    owned.run("drop function evil2 cascade")
