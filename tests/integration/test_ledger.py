"""The ledger: when it is made, who may, what it never holds, and what becomes of a foreign one."""

from __future__ import annotations

import json
import zlib

import psycopg
import pytest

from tests.integration.remembering import applied, by_hand, has_ledger, last, outcomes, said
from tests.integration.steps import document, given, in_sync, job, paste_grants, refused, undone
from tests.servers import Database

ONE = document(jobs={"a_one": job()})
TWO = document(jobs={"a_one": job("0 4 * * *")})
CANARY = "c4nary"


def test_the_first_apply_makes_it(database: Database) -> None:
    assert applied(database, ONE) == 1
    assert outcomes(database) == [(1, "test", "applied", True)]
    comment = database.rows("select obj_description('cpctl'::regnamespace, 'pg_namespace')")
    assert comment == [("cpctl ledger, format 1",)]


@pytest.mark.parametrize("command", [("plan",), ("diff",), ("apply", "--auto-approve")])
def test_nothing_to_do_makes_none(database: Database, command: tuple[str, ...]) -> None:
    given(database, jobs={"a_one": job()})
    database.write(ONE)
    assert database.cpctl(*command).code == 0
    assert not has_ledger(database)


def test_a_plan_and_a_refused_apply_make_none(database: Database) -> None:
    database.write(ONE)
    assert database.cpctl("plan").code == 0
    database.write(document(scope={"jobs": ["a_*"]}, jobs={}))
    by_hand(database, "a_one")
    refused(database, "apply", "--auto-approve")
    assert not has_ledger(database)


def test_an_empty_apply_adds_no_row(database: Database) -> None:
    applied(database, ONE)
    assert applied(database, ONE) == 1


def test_a_failed_apply_of_jobs_alone_leaves_no_row(database: Database) -> None:
    applied(database, ONE)
    database.run(
        "create function cpctl.no() returns trigger language plpgsql as "
        "$$ begin raise 'not today'; end $$"
    )
    database.run("create trigger no before insert on cpctl.applies execute function cpctl.no()")
    database.write(TWO)
    with undone(database):
        done = database.cpctl("apply", "--auto-approve")
    text = said(done, 1)
    assert "the ledger could not be written; the apply was undone" in text
    assert "ledger: false" in text
    assert last(database) == 1


def test_ledger_false_says_what_is_lost_and_works(database: Database) -> None:
    database.write(document(ledger=False, jobs={"a_one": job()}))
    shown = said(database.cpctl("plan"), 0)
    for lost in ("protection after removal", "rollback", "classes of drift"):
        assert lost in shown
    done = database.cpctl("apply", "--auto-approve")
    assert "This was apply" not in said(done, 0)
    assert not has_ledger(database)
    in_sync(database)


def test_a_ledger_that_is_there_is_not_asked_with_ledger_false(database: Database) -> None:
    applied(database, ONE)
    database.run("alter table cpctl.applies rename to hidden")
    database.write(document(ledger=False, jobs={"a_one": job("0 4 * * *")}))
    assert database.cpctl("apply", "--auto-approve").code == 0


USER = ("USAGE ON SCHEMA cron", "EXECUTE ON FUNCTION cron.alter_job")


def of(role: str, schedule: str = "0 3 * * *") -> str:
    return document(defaults={"username": role}, jobs={"a_one": job(schedule)})


def test_a_role_that_may_not_make_it_applies_and_says_so(database: Database) -> None:
    database.new_role("deploy", *USER)
    database.write(of("deploy"))
    shown = said(database.cpctl("plan", user="deploy"), 0)
    assert "deploy may not make the ledger (schema cpctl)" in shown
    assert database.cpctl("apply", "--auto-approve", user="deploy").code == 0
    assert not has_ledger(database)
    assert paste_grants(database, shown) == ["GRANT CREATE ON DATABASE postgres TO deploy;"]
    assert applied(database, of("deploy", "0 4 * * *"), user="deploy") == 1


def test_a_second_role_gets_exactly_the_grants_that_suffice(database: Database) -> None:
    database.new_role("Other", *USER)
    applied(database, document(name="first", jobs={"b_one": job()}))
    database.write(of("Other"))
    text = said(database.cpctl("apply", "--auto-approve", user="Other"), 0)
    assert "Other may not read and write the ledger" in text
    assert "This was apply" not in text
    given(database, {"a_gone": job()}, owner="Other")
    deleting = document(
        defaults={"username": "Other"}, scope={"jobs": ["a_*"]}, jobs={"a_one": job()}
    )
    database.write(deleting)
    text = said(refused(database, "apply", "--auto-approve", user="Other"), 3)
    assert "may not read and write the ledger" in text
    grants = paste_grants(database, text)
    assert len(grants) == 2
    for grant in grants:
        database.run(grant.replace("GRANT", "REVOKE").replace(" TO ", " FROM "))
        refused(database, "apply", "--auto-approve", user="Other")
        database.run(grant)
    assert applied(database, deleting, user="Other") == 2
    assert set(database.jobs()) == {("b_one", "postgres"), ("a_one", "Other")}


def test_a_reader_without_rights_on_it_still_finds_drift(database: Database) -> None:
    database.new_role("drift", *USER, options="LOGIN BYPASSRLS")
    applied(database, document(defaults={"username": "postgres"}, jobs={"a_one": job()}))
    assert database.cpctl("diff", user="drift").code == 0
    database.run("select cron.alter_job(jobid, schedule := '* * * * *') from cron.job")
    shown = said(database.cpctl("diff", user="drift"), 2)
    assert "job.a_one: drifted. schedule differs from the file" in shown
    text = said(database.cpctl("history", user="drift"), 1)
    assert "drift may not read the ledger" in text
    paste_grants(database, text)
    assert database.cpctl("history", user="drift").code == 0
    assert "since apply 1" in said(database.cpctl("diff", user="drift"), 2)


def test_a_schema_of_somebody_else_is_never_touched(database: Database) -> None:
    database.run("create schema cpctl")
    database.run("create table cpctl.applies (mine int)")
    database.write(ONE)
    text = said(refused(database, "apply", "--auto-approve"), 3)
    assert "the schema cpctl is there, but it is not the ledger" in text
    assert "ledger: false" in text
    assert "is not the ledger" in said(database.cpctl("history"), 1)
    assert "no ledger here that could be read" in said(database.cpctl("rollback"), 1)
    assert database.rows("select * from cpctl.applies") == []
    database.write(document(ledger=False, jobs={"a_one": job()}))
    assert database.cpctl("apply", "--auto-approve").code == 0


def test_a_newer_format_is_refused_politely(database: Database) -> None:
    applied(database, ONE)
    database.run("comment on schema cpctl is 'cpctl ledger, format 2'")
    in_sync(database)
    database.write(TWO)
    text = said(refused(database, "apply", "--auto-approve"), 3)
    assert "the ledger has format 2, and this cpctl knows 1" in text
    assert "apply with a newer cpctl" in text
    assert "format 2" in said(database.cpctl("plan"), 0)
    assert "use a newer cpctl" in said(database.cpctl("history"), 1)
    assert database.cpctl("diff").code == 2


def test_an_older_row_without_what_is_new_is_read(database: Database) -> None:
    """Facts are looked up by name: a row may lack some, and have others."""
    applied(database, ONE)
    (state,) = database.rows("select state from cpctl.files")[0]
    known = json.loads(zlib.decompress(state))
    known["job.a_one"]["facts"] = {"from the future": 1}
    database.run("update cpctl.files set state = %s", zlib.compress(json.dumps(known).encode()))
    database.run("select cron.alter_job(jobid, schedule := '* * * * *') from cron.job")
    assert "job.a_one: drifted. Changed in the database" in said(database.cpctl("diff"), 2)
    assert applied(database, TWO) == 2


def everything(database: Database) -> str:
    """Every column of every row of the ledger; what is packed, unpacked."""
    tables = ("applies", "files")
    rows = [r for t in tables for r in database.rows(f"select x::text from cpctl.{t} x")]
    states = [
        zlib.decompress(s).decode() for (s,) in database.rows("select state from cpctl.files")
    ]
    return "".join(map(str, [*rows, *states]))


@pytest.mark.parametrize("store", ["system", "database"])
def test_no_secret_is_ever_in_it(database: Database, store: str) -> None:
    database.environment |= {"KEY": f"{CANARY} 1", "OTHER": f"{CANARY} 2"}
    key, other = ({"key": {"from": f"env:{name}"}} for name in ("KEY", "OTHER"))
    jobs, scope = {"a_one": job()}, {"settings": ["app.*"]}
    given(database, settings={"app.left_over": f"{CANARY} 0"})
    for sections in (
        {"secrets": key},
        {"secrets": other},
        {"settings": {"app.key": "plain"}},
        {"secrets": key},
        {},
        {"secrets": other},
    ):
        applied(database, document(store=store, scope=scope, jobs=jobs, **sections))
        assert CANARY not in everything(database)
    for number in ("", "3", "1"):
        done = database.cpctl(
            "rollback", *filter(None, [number]), "--auto-approve", "--allow", "EMPTY_FILE"
        )
        assert CANARY not in done.out + done.err + everything(database)
        shown = database.cpctl("history", "show", str(last(database)), "--format", "json")
        assert CANARY not in shown.out
    assert "env:OTHER" in everything(database)  # the control: the references are


NAMES = ["a_two\nlines", "a_\ud55c\uae00 \"q\" '\\'", 'a_{x},"y"', "a_job.b/c"]


def test_any_name_is_remembered_as_it_is(database: Database) -> None:
    jobs = {f"k{n}": job(name=name) for n, name in enumerate(NAMES)}
    applied(database, document(jobs={**jobs, "a_one": job()}))
    (resources,) = database.rows("select resources from cpctl.files")[0]
    assert {name for _, _, name in json.loads(resources)} == {*NAMES, "a_one"}
    applied(database, document(jobs={"a_one": job()}))
    assert {name for name, _ in database.jobs()} == {"a_one"}
    assert database.cpctl("rollback", "--auto-approve").code == 0
    assert {name for name, _ in database.jobs()} == {*NAMES, "a_one"}


def test_what_the_environment_says_of_the_run_may_be_anything(database: Database) -> None:
    database.environment |= {
        "GITHUB_RUN_ID": "it's \"\\{},\udcff\n",
        "GITHUB_SHA": "\u202e\x1b[31m",
    }
    applied(database, ONE)
    for form in ("text", "json"):
        shown = said(database.cpctl("history", "--format", form), 0)
        assert "\x1b" not in shown
        assert "\u202e" not in shown


def test_two_files_of_one_name_are_one_file(database: Database) -> None:
    """The ledger goes by the name: without a scope the second file takes the first one away."""
    applied(database, ONE)
    database.write(document(jobs={"b_one": job()}))
    shown = said(database.cpctl("plan"), 0)
    assert "job.a_one will be deleted" in shown
    assert "apply 1 had it" in shown


def test_its_tables_can_be_read_in_psql(database: Database) -> None:
    applied(database, ONE)
    with psycopg.connect(database.url()) as session:
        text = (
            "select number, name, change ->> 'action' "
            "from cpctl.applies, json_array_elements(changes::json) change"
        )
        assert session.execute(text).fetchall() == [(1, "test", "create")]
