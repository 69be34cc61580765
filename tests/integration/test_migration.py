"""A migration ends where the file says, whatever was there, and a second run changes nothing."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.migrating import (
    ROLE,
    converges,
    fails,
    migrate,
    psql,
    rendered,
    stored,
    supabase,
)
from tests.integration.steps import document, given, job
from tests.servers import Database


def mine(**sections: object) -> str:
    known: dict[str, object] = {
        "defaults": {"username": ROLE},
        "scope": {"jobs": ["mine_*", "!mine_keep*"]},
    }
    return document(**{**known, **sections})


def role_with(database: Database, **jobs: dict[str, object]) -> str:
    supabase(database)
    database.run("create database other")
    given(database, jobs, owner=ROLE)
    return ROLE


def test_an_empty_server_gets_every_field(database: Database) -> None:
    user = role_with(database)
    jobs = {
        "mine_plain": job(),
        "mine_paused": job(active=False),
        "mine_there": job(database="other"),
        "mine_key": job("0 4 * * *", "SELECT 2;", name="mine_name"),
    }
    database.write(mine(jobs=jobs))
    converges(database, user)
    found = {
        name: (owner, row["schedule"], row["command"], row["database"], row["active"])
        for (name, owner), row in database.jobs().items()
    }
    assert found == {
        "mine_plain": (ROLE, "0 3 * * *", "SELECT 1;", "postgres", True),
        "mine_paused": (ROLE, "0 3 * * *", "SELECT 1;", "postgres", False),
        "mine_there": (ROLE, "0 3 * * *", "SELECT 1;", "other", True),
        "mine_name": (ROLE, "0 4 * * *", "SELECT 2;", "postgres", True),
    }


@pytest.mark.parametrize(
    "drift",
    [{"schedule": "9 9 * * *"}, {"command": "SELECT 9;"}, {"database": "other"}, {"active": False}],
    ids=lambda drift: next(iter(drift)),
)
def test_each_field_that_was_changed_by_hand_is_healed_under_its_jobid(
    database: Database, drift: dict[str, Any]
) -> None:
    user = role_with(database, mine_a=job(**drift), mine_b=job(active=False))
    before = database.jobs()
    database.write(mine(jobs={"mine_a": job(active=True), "mine_b": job("1 1 * * *")}))
    converges(database, user)
    healed = {"schedule": "0 3 * * *", "command": "SELECT 1;", "database": "postgres"}
    assert database.jobs() == {
        ("mine_a", ROLE): {**before["mine_a", ROLE], **healed, "active": True},
        # Paused by hand, and the file does not say `active`.
        ("mine_b", ROLE): {**before["mine_b", ROLE], "schedule": "1 1 * * *"},
    }


def test_a_job_moves_to_another_database_and_home(database: Database) -> None:
    user = role_with(database, mine_a=job(database="other"), mine_b=job())
    before = database.jobs()
    database.write(mine(jobs={"mine_a": job(), "mine_b": job(database="other")}))
    converges(database, user)
    found = database.jobs()
    assert [found[name, ROLE]["database"] for name in ("mine_a", "mine_b")] == ["postgres", "other"]
    assert [row["jobid"] for row in found.values()] == [row["jobid"] for row in before.values()]


def test_ignored_fields_stay_once_the_job_is_there(database: Database) -> None:
    user = role_with(database, mine_a=job("9 9 * * *", "SELECT 9;", database="other", active=False))
    before = database.jobs()
    everything = ["schedule", "command", "database", "active"]
    ignoring = job(active=True, ignore_changes=everything)
    database.write(mine(jobs={"mine_a": ignoring, "mine_new": ignoring}))
    converges(database, user)
    found = database.jobs()
    assert found["mine_a", ROLE] == before["mine_a", ROLE]
    assert found["mine_new", ROLE]["schedule"] == "0 3 * * *"


def test_a_role_that_may_not_update_renames_by_a_new_job(database: Database) -> None:
    user = role_with(database, mine_old=job("9 9 * * *", active=False))
    ignoring = job(was="mine_old", ignore_changes=["schedule"])
    jobs = {"mine_new": ignoring, "mine_never": job(was="mine_neither")}
    database.write(document(defaults={"username": ROLE}, jobs=jobs))
    converges(database, user)
    found = database.jobs()
    assert set(found) == {("mine_new", ROLE), ("mine_never", ROLE)}
    assert found["mine_new", ROLE]["schedule"] == "9 9 * * *"
    assert found["mine_new", ROLE]["active"] is False


def test_a_superuser_renames_in_place(database: Database) -> None:
    given(database, {"mine_old": job("9 9 * * *", active=False)})
    before = database.jobs()
    database.write(document(jobs={"mine_new": job(was="mine_old")}))
    converges(database)
    renamed = {**before["mine_old", "postgres"], "schedule": "0 3 * * *"}
    assert database.jobs() == {("mine_new", "postgres"): renamed}


def test_both_names_are_no_rename(database: Database) -> None:
    user = role_with(database, mine_old=job(), mine_new=job())
    database.write(mine(jobs={"mine_other": job(), "mine_new": job(was="mine_old")}))
    said = fails(database, rendered(database), user=user)
    assert "the jobs mine_old and mine_new are both there" in said
    assert f"SELECT cron.unschedule({database.jobs()['mine_old', ROLE]['jobid']})" in said


def test_what_is_surplus_goes_and_what_is_out_of_scope_stays(database: Database) -> None:
    names = ("mine_a", "mine_b", "mine_keep_c", "other", "Mine_d", "xmine_e")
    user = role_with(database, **{name: job() for name in names})
    given(database, {"mine_f": job(), "mine_a": job("9 9 * * *")}, owner="postgres")
    database.run("set role supa")
    database.run("select cron.schedule('0 3 * * *', 'select 1')")
    database.run("reset role")
    before = database.jobs()
    database.write(mine(jobs={"mine_a": job()}))
    converges(database, user)
    assert database.jobs() == {key: row for key, row in before.items() if key != ("mine_b", ROLE)}


def test_without_a_scope_nothing_goes(database: Database) -> None:
    user = role_with(database, mine_a=job(), mine_b=job())
    database.write(document(defaults={"username": ROLE}, jobs={"mine_a": job("1 1 * * *")}))
    assert "No job is removed" in rendered(database)
    converges(database, user)
    assert {name for name, _ in database.jobs()} == {"mine_a", "mine_b"}


def test_an_emptied_file_removes_only_if_that_is_allowed(database: Database) -> None:
    user = role_with(database, mine_a=job(), other=job())
    database.write(mine())
    refused = database.cpctl("render")
    assert refused.code == 3
    assert "--allow EMPTY_FILE" in refused.err
    migrate(database, rendered(database, "--allow", "EMPTY_FILE"), user)
    assert {name for name, _ in database.jobs()} == {"other"}


def test_a_foreign_job_of_that_name_stops_it_and_is_not_touched(database: Database) -> None:
    user = role_with(database)
    given(database, {"mine_b": job()}, owner="postgres")
    database.write(mine(jobs={"mine_a": job(), "mine_b": job("1 1 * * *")}))
    said = fails(database, rendered(database), user=user)
    assert "the job mine_b exists and belongs to postgres; a second one, of supa" in said
    foreign = database.jobs()["mine_b", "postgres"]
    given(database, {"mine_b": job()}, owner=ROLE)
    migrate(database, rendered(database), user)
    assert database.jobs()["mine_b", "postgres"] == foreign
    assert database.jobs()["mine_b", ROLE]["schedule"] == "1 1 * * *"


@pytest.mark.parametrize("options", [(), ("-1",), ("-1", "-v", "ON_ERROR_STOP=1")], ids=len)
def test_any_other_role_is_stopped_before_anything(
    database: Database, options: tuple[str, ...]
) -> None:
    role_with(database, mine_a=job("9 9 * * *"), mine_surplus=job())
    database.write(mine(jobs={"mine_a": job(), "mine_b": job()}))
    said = fails(database, rendered(database), *options)
    assert "belong to supa, and postgres runs this. Nothing was changed" in said


def test_without_an_owner_they_belong_to_whoever_runs_it(database: Database) -> None:
    user = role_with(database)
    database.write(document(jobs={"mine_a": job()}))
    migrate(database, rendered(database), user)
    assert set(database.jobs()) == {("mine_a", ROLE)}


def test_a_right_that_is_missing_undoes_all_of_it(database: Database) -> None:
    database.new_role("plain", "USAGE ON SCHEMA cron")
    database.write(document(jobs={"mine_a": job(), "mine_b": job(active=False)}))
    said = fails(database, rendered(database), user="plain")
    assert "permission denied for function schedule_in_database" in said


def test_a_database_without_pg_cron_is_told(database: Database) -> None:
    database.run("create database other")
    database.write(document(jobs={"mine_a": job()}))
    done = psql(database, rendered(database), where="other")
    assert "the extension pg_cron is not in this database. Nothing was changed" in done.stderr


@pytest.mark.parametrize(
    ("expect", "said"),
    [
        ({"database": "prod*"}, "expect.database is prod*, not postgres. Nothing was changed"),
        ({"system_identifier": "7"}, "expect.system_identifier is 7, not "),
        ({"timezone": "[E]urope/*"}, "expect.timezone is [E]urope/*, not GMT"),
    ],
    ids=["database", "system_identifier", "timezone"],
)
def test_another_database_than_the_file_expects_is_refused(
    database: Database, expect: dict[str, str], said: str
) -> None:
    database.write(document(expect=expect, jobs={"mine_a": job()}))
    assert said in fails(database, rendered(database))


def test_the_expected_database_is_not_refused(database: Database) -> None:
    ((system,),) = database.rows("select system_identifier::text from pg_control_system()")
    expect = {"database": "[!x]ost?res", "system_identifier": system, "timezone": "GMT"}
    database.write(document(expect={**expect, "host": "db*"}, jobs={"mine_a": job()}))
    text = rendered(database)
    assert "expect.host cannot be checked" in text
    migrate(database, text)
    assert set(database.jobs()) == {("mine_a", "postgres")}


def test_a_name_that_an_old_pg_cron_would_cut_stops_it_there(database: Database) -> None:
    name = "mine_" + "ä" * 30
    database.write(document(jobs={"mine_a": job(), name: job()}))
    if database.version == "15":
        assert "pg_cron below 1.5 would cut the name mine_ä" in fails(database, rendered(database))
    else:
        converges(database)


def test_a_failure_at_the_end_leaves_nothing(database: Database) -> None:
    database.write(document(jobs={"mine_a": job(), "mine_b": job(database="nowhere")}))
    fails(database, rendered(database))


def test_a_standing_state_is_not_written_again(database: Database) -> None:
    database.write(document(jobs={"mine_a": job(), "mine_b": job(active=False)}))
    assert database.cpctl("apply", "--auto-approve").code == 0
    before = stored(database)
    migrate(database, rendered(database))
    assert stored(database) == before
