"""Who may see and write a table is exactly what the file says, whatever a hand gives or takes."""

from __future__ import annotations

import pytest

from tests.integration.tables.market import (
    ADDRESS,
    RUNS,
    apply,
    catalog,
    differing,
    file,
    fill,
    healed,
    table,
)
from tests.servers import Database

ON = "on table stall.runs"
DEFAULTS = (
    "alter default privileges grant all on tables to nosy, public",
    "alter default privileges in schema stall grant select on tables to nosy with grant option",
    "alter default privileges revoke update, delete on tables from postgres",
)


@pytest.fixture
def stall(market: Database) -> Database:
    """With the rich table, and rows."""
    apply(market, file(table()))
    fill(market)
    return market


def test_every_policy(stall: Database) -> None:
    query = "select polname::text from pg_policy where polrelid = 'stall.runs'::regclass"
    found = sorted(stall.rows(query))
    assert [name for (name,) in found] == sorted(RUNS["policies"])
    for (name,) in found:
        field, drop = f"policy.{name}", f"drop policy {name} on stall.runs"
        healed(stall, drop, field)
        healed(stall, f"alter policy {name} on stall.runs rename to other", field, "policy.other")
        healed(stall, f"alter policy {name} on stall.runs to nosy", field)
        healed(stall, f"{drop}; create policy {name} on stall.runs as restrictive", field)
        healed(stall, f"{drop}; create policy {name} on stall.runs for update using (true)", field)
    healed(stall, "alter policy readers on stall.runs using (id > 0)", "policy.readers")
    healed(stall, "alter policy own on stall.runs with check (true)", "policy.own")
    healed(stall, 'create policy "An Other" on stall.runs using (true)', "policy.An Other")


def test_every_grant(stall: Database) -> None:
    query = (
        "select a.grantee::regrole::text, privilege_type from pg_class, aclexplode(relacl) a "
        "where oid = 'stall.runs'::regclass order by 1, 2"
    )
    found = stall.rows(query)
    privileges = {privilege for role, privilege in found if role == "postgres"}
    assert len(privileges) == (8 if stall.version == "17" else 7)
    for role, privilege in found:
        healed(stall, f"revoke {privilege} {ON} from {role}", f"grant.{role}")
    for privilege in sorted(privileges):
        for role in ("nosy", "public", "anon"):
            if (role, privilege) not in found:
                healed(stall, f"grant {privilege} {ON} to {role}", f"grant.{role}")


def test_columns_and_what_was_passed_on(stall: Database) -> None:
    for right, role in (("select (code)", "nosy"), ('update ("user", tags)', "anon")):
        healed(stall, f"grant {right} {ON} to {role}", f"grant.{role}")
    option = f"grant select {ON} to caller with grant option"
    healed(stall, option, "grant.caller")
    passed = f"set role caller; grant select {ON} to nosy; grant select {ON} to anon; reset role"
    healed(stall, f"{option}; {passed}", "grant.caller", "grant.nosy")
    healed(stall, f"revoke all {ON} from postgres, anon, caller", "grant.postgres", "grant.anon")


def test_flags_and_the_owner(stall: Database) -> None:
    on = "alter table stall.runs"
    healed(stall, f"{on} disable row level security", "row_security")
    healed(stall, f"{on} force row level security", "force_row_security")
    healed(stall, f"{on} set unlogged", "persistence")
    healed(stall, f"{on} owner to worker", "owner")
    given = "grant insert on stall.runs to postgres, worker, nosy"
    healed(stall, f"{on} owner to worker; {given}", "owner", "grant.nosy")
    healed(stall, f"{on} owner to worker; revoke all {ON} from worker", "owner")


def test_forced_row_security_hides_no_null_from_the_healing(stall: Database) -> None:
    stall.run("alter table stall.runs owner to worker")
    stall.run("grant create, usage on schema stall to worker")
    stall.run("grant usage on schema cron to worker")
    stall.run("select cron.unschedule('j')")
    apply(stall, file(table(), defaults={"username": "worker"}))
    hand = (
        "alter table stall.runs force row level security; "
        "alter table stall.runs alter status drop not null; update stall.runs set status = null"
    )
    healed(stall, hand, "column.status", "force_row_security")


def test_what_is_foreign_stays(stall: Database) -> None:
    stall.run("alter table stall.runs add remark text default 'x'")
    stall.run("create index mine on stall.runs (remark)")
    stall.run("alter table stall.runs add constraint short check (length(remark) < 9)")
    stall.run(
        "create function stall.f() returns trigger language plpgsql as 'begin return new; end'"
    )
    stall.run(
        "create trigger t before insert on stall.runs for each row execute function stall.f()"
    )
    before, shown = catalog(stall), stall.cpctl("plan", "--detailed-exitcode")
    assert shown.code == 0, shown
    for word in ("a column that the file does not have: remark", "an index", "a constraint"):
        assert word in shown.out
    stall.run("alter table stall.runs disable row level security, drop column code")
    assert differing(stall)[ADDRESS] == ["column.code", "row_security"]
    apply(stall)
    assert catalog(stall) == before
    query = "select tgname::text from pg_trigger where not tgisinternal and tgrelid = {}"
    assert stall.rows(query.format("'stall.runs'::regclass")) == [("t",)]


def test_default_privileges_give_nothing_and_take_nothing(market: Database) -> None:
    apply(market, file(table()))
    expected = catalog(market)
    apply(market, file())
    for line in DEFAULTS:
        market.run(line)
    apply(market, file(table()))
    assert catalog(market) == expected
