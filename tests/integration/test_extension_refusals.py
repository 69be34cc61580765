"""What a server cannot do with an extension, or a role may not, is refused before it is tried."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.extending import applied, declared, listed, put_away
from tests.integration.roles import give, grants, statements
from tests.integration.steps import in_sync, job, paste_grants, plan, refused_apply
from tests.servers import Database

USAGE = "USAGE ON SCHEMA cron"


@pytest.fixture
def database(database: Database) -> Iterator[Database]:
    with put_away(database) as kept:
        yield kept


@pytest.fixture
def plain(database: Database) -> Iterator[Database]:
    """A role that owns its jobs, and nothing else."""
    database.new_role("deploy", USAGE)
    yield database
    for name, _, _ in listed(database):
        database.run(f'drop extension "{name}" cascade')


def own(extensions: dict[str, dict[str, str]], **more: object) -> str:
    return declared(extensions, defaults={"username": "deploy"}, **more)


CANNOT: dict[str, tuple[dict[str, str], tuple[str, ...]]] = {
    "pg_net": ({}, ("pg_net is not available", "github.com/supabase/pg_net", "dashboard")),
    "nothing": ({}, ("nothing is not available", "the package that has nothing.control")),
    "hstore": ({"version": "9"}, ("cannot get to version 9", "there is 1.4, 1.5")),
    "ltree": ({"schema": "no"}, ("no schema no to go to", "CREATE SCHEMA no;")),
    "earthdistance": ({}, ("requires cube, which is not here", "extensions: {cube: {}}")),
    "plpgsql": ({"schema": "tools"}, ("is in the schema pg_catalog, and cannot be moved",)),
    "pg_cron": ({"version": "0.9"}, ("to version 0.9 on this server",)),
}
"""By name: what the file says of it, and the words of the refusal."""


def test_what_the_server_cannot_do(database: Database) -> None:
    """Each is refused, and what it could do is not done either."""
    database.write(declared({**{it: more for it, (more, _) in CANNOT.items()}, "citext": {}}))
    said = refused_apply(database)
    assert [it for it in CANNOT if f"Refused: extension.{it} " not in said] == []
    assert "Refused: extension.citext" not in said
    assert [word for _, words in CANNOT.values() for word in words if word not in said] == []
    assert listed(database) == []


def test_http_tells_the_package(database: Database) -> None:
    if database.version == "17":
        database.run("drop extension if exists http")
        try:
            calls = {"a": job("0 3 29 2 *", "SELECT http_header('a', 'b')")}
            assert "calls http_header(" in noted(database, declared({}, jobs=calls))
            assert "calls http_header(" not in noted(database, declared({"http": {}}, jobs=calls))
            applied(database, declared({"http": {"schema": "tools"}}))
            applied(database, declared({"http": {}}))
            found = "select nspname from pg_extension join pg_namespace n on n.oid = extnamespace"
            assert database.rows(f"{found} where extname = 'http'") == [("tools",)]
            database.write(declared({"http": {"schema": "public"}}))
            said = refused_apply(database)
            assert "extension.http is in the schema tools, and cannot be moved to public" in said
        finally:
            database.run("drop extension if exists http")
            database.run("create extension http")
        return
    database.write(declared({"http": {}}))
    said = refused_apply(database)
    assert "extension.http is not available on this server" in said
    assert "apt-get install postgresql-15-http (PGDG, Debian)" in said


def noted(database: Database, text: str) -> str:
    database.write(text)
    return "\n".join(plan(database)["notes"])


def test_no_way_back_to_an_older_version(database: Database) -> None:
    database.run("create extension pg_trgm")
    database.write(declared({"pg_trgm": {"version": "1.5"}}))
    said = refused_apply(database)
    assert "extension.pg_trgm cannot get from 1.6 to version 1.5 on this server" in said


def test_a_schema_that_must_be(database: Database) -> None:
    """pg_cron's own is fixed where it is new enough to say so."""
    database.write(declared({"pg_cron": {"schema": "tools"}}))
    assert "and cannot be moved to tools" in refused_apply(database)


def test_a_plain_role_makes_trusted_ones_with_one_grant(plain: Database) -> None:
    plain.write(own({"hstore": {}}, ledger=False))
    said = refused_apply(plain, user="deploy")
    assert paste_grants(plain, said) == ["GRANT CREATE ON DATABASE postgres TO deploy;"]
    done = plain.cpctl("apply", "--auto-approve", user="deploy")
    assert done.code == 0, done
    in_sync(plain, user="deploy")
    assert plain.rows(
        "select extowner::regrole::text from pg_extension where extname='hstore'"
    ) == [("deploy",)]


def test_a_plain_role_makes_no_other(plain: Database) -> None:
    plain.run("grant create on database postgres to deploy")
    plain.write(own({"pg_stat_statements": {"schema": "tools"}}))
    said = refused_apply(plain, user="deploy")
    sql = "CREATE EXTENSION pg_stat_statements WITH SCHEMA tools;"
    assert "CREATE EXTENSION is a superuser's" in said
    assert sql in said
    plain.run(sql)
    done = plain.cpctl("apply", "--auto-approve", user="deploy")
    assert done.code == 0, done
    in_sync(plain, user="deploy")


def test_another_owners_extension_is_not_altered(plain: Database) -> None:
    plain.run("grant create on database postgres to deploy")
    plain.run("grant create on schema tools to deploy")
    plain.run("create extension pg_trgm version '1.5'")
    plain.write(own({"pg_trgm": {"version": "1.6", "schema": "tools"}}))
    said = refused_apply(plain, user="deploy")
    assert "belongs to postgres" in said
    assert "ALTER EXTENSION pg_trgm UPDATE TO '1.6'; ALTER EXTENSION pg_trgm SET SCHEMA" in said


def test_the_owner_of_a_trusted_one_does_not_own_what_is_in_it(plain: Database) -> None:
    """So it may update it, and not move it."""
    plain.run("grant create on database postgres to deploy")
    plain.run("grant create on schema tools to deploy")
    plain.write(own({"pg_trgm": {"version": "1.5"}}))
    assert plain.cpctl("apply", "--auto-approve", user="deploy").code == 0
    plain.write(own({"pg_trgm": {"version": "1.6"}}))
    assert plain.cpctl("apply", "--auto-approve", user="deploy").code == 0
    plain.write(own({"pg_trgm": {"schema": "tools"}}))
    said = refused_apply(plain, user="deploy")
    assert "ALTER EXTENSION is a superuser's" in said
    printed = statements(grants(plain, "deploy").out)
    assert "ALTER EXTENSION pg_trgm SET SCHEMA tools;" in printed
    give(plain, printed)
    in_sync(plain, user="deploy")
    assert listed(plain) == [("pg_trgm", "1.6", "tools")]


def test_a_member_of_the_owner_may_alter_it(plain: Database) -> None:
    plain.new_role("landlord", "CREATE ON DATABASE postgres")
    plain.run("set role landlord")
    plain.run("create extension pg_trgm version '1.5'")
    plain.run("reset role")
    plain.run("grant landlord to deploy")
    plain.write(own({"pg_trgm": {"version": "1.6"}}))
    done = plain.cpctl("apply", "--auto-approve", user="deploy")
    assert done.code == 0, done
    assert listed(plain) == [("pg_trgm", "1.6", "public")]


@pytest.mark.parametrize(
    ("given", "extensions", "needed"),
    [
        ((), {"hstore": {}}, ["GRANT CREATE ON DATABASE postgres TO deploy;"]),
        (
            (),
            {"pg_stat_statements": {"schema": "tools", "version": "1.9"}},
            ["CREATE EXTENSION IF NOT EXISTS pg_stat_statements WITH SCHEMA tools VERSION '1.9';"],
        ),
        (
            ("create extension pg_trgm version '1.5'",),
            {"pg_trgm": {"version": "1.6"}},
            ["ALTER EXTENSION pg_trgm UPDATE TO '1.6';"],
        ),
        (("create extension hstore",), {"hstore": {}}, []),
    ],
)
def test_grants_prints_what_is_needed_and_it_suffices(
    plain: Database,
    given: tuple[str, ...],
    extensions: dict[str, dict[str, str]],
    needed: list[str],
) -> None:
    give(plain, given)
    plain.write(own(extensions))
    printed = statements(grants(plain, "deploy").out)
    assert [line for line in needed if line not in printed] == []
    assert sum("EXTENSION" in line for line in printed) <= len(needed)
    give(plain, printed)
    done = plain.cpctl("apply", "--auto-approve", user="deploy")
    assert done.code == 0, done
    in_sync(plain, user="deploy")
