"""The roles that people really have: each file is applied, or refused by name before a write."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import pytest

from tests.integration.roles import VAULT, give, grants, owned, statements
from tests.integration.steps import in_sync, state, untouched
from tests.servers import Database
from tests.vault import grant_like_supabase

SECRET = {"secrets": {"key": {"from": "env:KEY"}}, "urls": {"hook": "https://example.org/f"}}
SYSTEM = (
    "GRANT ALTER SYSTEM ON PARAMETER app.hook_url TO {role};",
    "GRANT ALTER SYSTEM ON PARAMETER app.key TO {role};",
    "GRANT EXECUTE ON FUNCTION pg_reload_conf() TO {role};",
    "GRANT SELECT ON pg_file_settings TO {role};",
)
PARAMETERS = (
    "GRANT SET ON PARAMETER app.hook_url TO {role};",
    "GRANT SET ON PARAMETER app.key TO {role};",
)
MEMBER = ("GRANT worker TO {role};",)


class Model(NamedTuple):
    """`lacks`: per file why an apply is refused; `blind`: files that no diff can be made of."""

    name: str
    options: str
    given: tuple[str, ...]
    lacks: dict[str, tuple[str, ...]]
    blind: frozenset[str] = frozenset()


FILES = {
    "jobs": owned("{role}"),
    "others": owned("worker"),
    "system": owned("{role}", **SECRET),
    "database": owned("{role}", store="database", **SECRET),
    "vault": owned("{role}", store="vault", **SECRET),
    "table": owned("{role}", store="table", **SECRET),
}
CRON = (
    "grant usage on schema cron to {role}",
    "grant execute on all functions in schema cron to {role}",
)
MODELS = (
    Model("root", "LOGIN SUPERUSER", (), {}),
    # What Supabase's `postgres` is: docs/facts.md, section 3.1.
    Model(
        "supabase",
        "LOGIN NOSUPERUSER CREATEDB CREATEROLE REPLICATION BYPASSRLS",
        (
            *CRON,
            "grant all on all tables in schema cron to {role}",
            "revoke all on cron.job from {role}",
            "grant select on cron.job to {role}",
            "alter database postgres owner to {role}",
        ),
        {"others": MEMBER, "system": SYSTEM, "database": PARAMETERS},
    ),
    # A master user of RDS: no BYPASSRLS, and neither ALTER SYSTEM nor Vault to be had.
    Model(
        "rds",
        "LOGIN NOSUPERUSER CREATEDB CREATEROLE",
        (
            *CRON,
            "grant pg_monitor, pg_signal_backend to {role}",
            "alter database postgres owner to {role}",
        ),
        {
            "others": MEMBER,
            "system": SYSTEM,
            "database": PARAMETERS,
            "vault": ("GRANT USAGE ON SCHEMA vault TO {role};",),
        },
        frozenset({"others", "vault"}),
    ),
    Model(
        "nobody",
        "LOGIN",
        (),
        dict.fromkeys(FILES, ("GRANT USAGE ON SCHEMA cron TO {role};",)),
        frozenset(FILES),
    ),
)


@pytest.fixture(params=MODELS, ids=lambda model: model.name)
def model(request: pytest.FixtureRequest, database: Database) -> Iterator[Model]:
    found: Model = request.param
    database.environment["KEY"] = "s3cr3t"
    give(database, [VAULT])
    database.new_role(found.name, options=found.options)
    database.new_role("worker", "USAGE ON SCHEMA cron")
    give(database, [line.format(role=found.name) for line in found.given])
    if found.name == "supabase":
        grant_like_supabase(database.admin, "supabase")
    yield found
    database.run("alter database postgres owner to postgres")


@pytest.mark.parametrize("file", FILES)
def test_it_applies_or_is_refused_by_name(database: Database, model: Model, file: str) -> None:
    role = model.name
    database.write(FILES[file].replace("{role}", role))
    diffed = database.cpctl("diff", user=role)
    assert diffed.code == (3 if file in model.blind else 2), diffed
    lacks = [line.format(role=role) for line in model.lacks.get(file, ())]
    if not lacks:
        applied = database.cpctl("apply", "--auto-approve", user=role)
        assert applied.code == 0, applied
        in_sync(database, user=role)
        assert database.cpctl("diff", user=role).code == 0
        owner = "worker" if file == "others" else role
        assert set(database.jobs()) == {("mine", owner), ("mine2", owner)}
        return
    with untouched(database):
        planned = database.cpctl("plan", "--detailed-exitcode", user=role)
        applied = database.cpctl("apply", "--auto-approve", user=role)
    assert (planned.code, applied.code) == (3, 3), (planned, applied)
    for said in (planned.out + planned.err, applied.out + applied.err):
        assert [line for line in lacks if line not in said.replace(" WITH SET TRUE", "")] == []


@pytest.mark.parametrize("file", FILES)
def test_a_deploy_role_and_a_drift_role_with_what_is_printed(database: Database, file: str) -> None:
    database.environment["KEY"] = "s3cr3t"
    give(database, [VAULT])
    for role in ("deploy", "drift", "worker"):
        database.new_role(role)
    database.write(FILES[file].replace("{role}", "deploy"))
    before = state(database)
    give(database, statements(grants(database, "drift", "diff").out))
    with untouched(database):
        assert database.cpctl("diff", user="drift").code == 2
        refused = database.cpctl("apply", "--auto-approve", user="drift")
    assert (refused.code, state(database)) == (3, before)
    give(database, statements(grants(database, "deploy").out))
    applied = database.cpctl("apply", "--auto-approve", user="deploy")
    assert applied.code == 0, applied
    in_sync(database, user="deploy")
    give(database, statements(grants(database, "drift", "diff").out))
    with untouched(database):
        found = database.cpctl("diff", user="drift")
        assert found.code == 0, found
        in_sync(database, user="drift")
    database.run("alter database postgres owner to postgres")
