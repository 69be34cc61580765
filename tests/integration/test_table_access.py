"""Who may see and write a table is exactly what the file says, whatever a hand gives or takes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.tables.hands import Hand, healed, made
from tests.integration.tables.market import (
    ADDRESS,
    RUNS,
    catalog,
    differing,
    file,
    fill,
    rows,
    table,
)
from tests.integration.toys import apply
from tests.servers import Database

ON = "on table stall.runs"
ALTER = "alter table stall.runs"
DEFAULTS = (
    "alter default privileges grant all on tables to nosy, public",
    "alter default privileges in schema stall grant select on tables to nosy with grant option",
    "alter default privileges revoke update, delete on tables from postgres",
)
PASSED = f"set role caller; grant select {ON} to nosy; grant select {ON} to anon; reset role"
OPTION = f"grant select {ON} to caller with grant option"
GIVEN = "grant insert on stall.runs to postgres, worker, nosy"
HANDS = (
    Hand("alter policy readers on stall.runs using (id > 0)", ("policy.readers",)),
    Hand("alter policy own on stall.runs with check (true)", ("policy.own",)),
    Hand('create policy "An Other" on stall.runs using (true)', ("policy.An Other",)),
    Hand(f"grant select (code) {ON} to nosy", ("grant.nosy",)),
    Hand(f'grant update ("user", tags) {ON} to anon', ("grant.anon",)),
    Hand(OPTION, ("grant.caller",)),
    Hand(f"{OPTION}; {PASSED}", ("grant.caller", "grant.nosy")),
    Hand(f"revoke all {ON} from postgres, anon, caller", ("grant.postgres", "grant.anon")),
    Hand(f"{ALTER} disable row level security", ("row_security",)),
    Hand(f"{ALTER} force row level security", ("force_row_security",)),
    Hand(f"{ALTER} set unlogged", ("persistence",)),
    Hand(f"{ALTER} owner to worker", ("owner",)),
    Hand(f"{ALTER} owner to worker; {GIVEN}", ("owner", "grant.nosy")),
    Hand(f"{ALTER} owner to worker; revoke all {ON} from worker", ("owner",)),
)


@pytest.fixture
def stall(market: Database) -> Database:
    """With the rich table, and rows."""
    apply(market, file(table()))
    fill(market)
    return market


def policies() -> Iterator[Hand]:
    for name in RUNS["policies"]:
        field, drop = f"policy.{name}", f"drop policy {name} on stall.runs"
        yield Hand(drop, (field,))
        yield Hand(f"alter policy {name} on stall.runs rename to other", (field, "policy.other"))
        yield Hand(f"alter policy {name} on stall.runs to nosy", (field,))
        yield Hand(f"{drop}; create policy {name} on stall.runs as restrictive", (field,))
        anew = f"{drop}; create policy {name} on stall.runs for update using (true)"
        yield Hand(anew, (field,))


def grants(privileges: list[str]) -> Iterator[Hand]:
    """Each that is there taken, and each that is not given."""
    held = {**RUNS["grants"], "postgres": privileges}
    for role, some in held.items():
        for privilege in some:
            yield Hand(f"revoke {privilege} {ON} from {role}", (f"grant.{role}",))
    for role in ("nosy", "public", "anon"):
        for privilege in privileges:
            if privilege not in held.get(role, ()):
                yield Hand(f"grant {privilege} {ON} to {role}", (f"grant.{role}",))


def test_every_policy_grant_and_flag(market: Database) -> None:
    query = "select privilege_type from aclexplode(acldefault('r', 10)) order by 1"
    privileges = [name for (name,) in market.rows(query)]
    assert len(privileges) == (8 if market.version == "17" else 7)
    laid = made(market, (*policies(), *grants(privileges), *HANDS))
    before = catalog(market)
    on = laid[0].table
    assert {it[1] for it in before["policies"] if it[0] == on} == {*RUNS["policies"]}
    assert {(it[1], it[3]) for it in before["grants"] if it[0] == on} == {
        (role, privilege)
        for role, some in {**RUNS["grants"], "postgres": privileges}.items()
        for privilege in some
    }
    healed(market, laid)


def test_forced_row_security_hides_no_null_from_the_healing(stall: Database) -> None:
    stall.run("alter table stall.runs owner to worker")
    stall.run("grant create, usage on schema stall to worker")
    stall.run("grant usage on schema cron to worker")
    stall.run("select cron.unschedule('j')")
    apply(stall, file(table(), defaults={"username": "worker"}))
    before = catalog(stall)
    stall.run("alter table stall.runs force row level security, alter status drop not null")
    stall.run("update stall.runs set status = null")
    assert {"column.status", "force_row_security"} <= {*differing(stall)[ADDRESS]}
    apply(stall)
    assert catalog(stall) == before
    assert rows(stall, "id, status") == [(n, "open") for n in (1, 2, 3)]


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
