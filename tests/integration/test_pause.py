"""Pause and resume: what they change, what is remembered of them, and who else may have paused."""

from __future__ import annotations

import json
import re
from pathlib import Path

import psycopg
import pytest
from jsonschema import Draft202012Validator

from ground import Cluster
from tests.integration.remembering import alter, applied, by_hand, found, said
from tests.integration.running import Running, until_it_waits
from tests.integration.steps import document, in_sync, job, undone, untouched
from tests.integration.watching import looked, ran
from tests.runner import Runner
from tests.servers import Database
from tests.wire import counting_proxy

SCHEMA = Path(__file__).parents[2] / "schemas" / "pause.schema.json"
REASON = 'WordPress down, "INC-381"'
FILE = document(
    scope={"jobs": ["a_*"]},
    jobs={"a_one": job("*/5 * * * *"), "a_two": job(), "key": job(name="a_three")},
)


@pytest.fixture
def scheduler(database: Database) -> Database:
    """Three jobs of a file that says nothing of `active`, and one of nobody."""
    applied(database, FILE)
    by_hand(database, "theirs")
    return database


def active(database: Database) -> dict[str | None, bool]:
    return {name: row["active"] for (name, _), row in database.jobs().items()}


def pause(database: Database, *words: str, code: int = 0, user: str = "postgres") -> str:
    return said(database.cpctl("pause", *words, user=user), code)


def test_a_pause_is_one_alter_job_and_a_row_of_the_ledger(scheduler: Database) -> None:
    before, position = scheduler.jobs(), scheduler.log_position()
    text = pause(scheduler, "a_one", "--reason", REASON)
    (statement,) = scheduler.changing_statements(position)
    assert "cron.alter_job(job_id := $1, active := $2)" in statement
    expected = {**before, ("a_one", "postgres"): {**before["a_one", "postgres"], "active": False}}
    assert scheduler.jobs() == expected
    first, *others = text.splitlines()
    assert first.startswith("Paused job.a_one on ")
    assert "/postgres (every 5 minutes; next would have been " in first
    assert first.endswith(" GMT).")
    assert others == ["# deploys leave it paused. Resume: cpctl resume a_one"]


def test_status_jobs_and_health_tell_who_and_why(scheduler: Database) -> None:
    commands = ("status", "jobs", "health")
    alter(scheduler, "a_three", "active := false")
    pause(scheduler, "a_one", "a_two", "--reason", REASON)
    who = r'since \d\d:\d\d by postgres \("WordPress down, \\"INC-381\\""\)'
    status, jobs, health = (said(scheduler.cpctl(command), 0) for command in commands)
    assert re.search(
        rf"  paused    job\.a_one, job\.a_two  {who}\n {{12}}job\.a_three  out", status
    )
    assert re.search(rf"\njob\.a_two  \(paused {who}\)\n", jobs)
    assert "\njob.a_three  (paused outside cpctl)\n" in jobs
    assert len(re.findall(rf"\n {{13}}# paused {who}\n", health)) == 2
    assert health.count("\n             # paused outside cpctl\n") == 1
    told = [looked(scheduler, command) for command in commands]
    for jobs_of_it in (told[0]["paused_jobs"], told[1]["jobs"], told[2]["health"]):
        by = {it["address"]: (it["paused_by"], it["paused_because"]) for it in jobs_of_it}
        mine, theirs = ("postgres", REASON), (None, None)
        assert by == {"job.a_one": mine, "job.a_two": mine, "job.a_three": theirs}
        assert sum(it["paused_since"] is not None for it in jobs_of_it) == 2


def test_a_run_since_shows_that_somebody_else_paused_it_again(scheduler: Database) -> None:
    pause(scheduler, "a_one", "--reason", REASON)
    ((jobid,),) = scheduler.rows("select jobid from cron.job where jobname = 'a_one'")
    ran(scheduler, jobid, ago="-1 min")
    (one,) = [it for it in looked(scheduler, "jobs")["jobs"] if it["address"] == "job.a_one"]
    assert one["paused_by"] is None
    assert "job.a_one  (paused outside cpctl)" in said(scheduler.cpctl("jobs"), 0)
    found = json.loads(scheduler.cpctl("doctor", "--format", "json").out)["findings"]
    assert [it["what"] for it in found] == ["job.a_one is paused outside cpctl"]


def test_who_may_not_read_the_ledger_sees_that_it_is_paused(scheduler: Database) -> None:
    pause(scheduler, "a_one", "--reason", REASON)
    scheduler.write(FILE + "ledger: false\ndefaults: {username: postgres}\n")
    status, jobs, health = (
        said(scheduler.cpctl(command), 0) for command in ("status", "jobs", "health")
    )
    assert "  paused    job.a_one\n" in status
    assert "\njob.a_one  (paused)\n" in jobs
    assert "paused" not in health
    scheduler.write(FILE + "defaults: {username: postgres}\n")
    scheduler.run("create role onlooker bypassrls login")
    scheduler.run("grant usage on schema cron to onlooker")
    scheduler.run("grant select on all tables in schema cron to onlooker")
    assert "\njob.a_one  (paused)\n" in said(scheduler.cpctl("jobs", user="onlooker"), 0)


def test_plan_diff_and_history_tell_who_and_why(scheduler: Database) -> None:
    scheduler.environment |= {"CI_PIPELINE_ID": "8812", "CI_COMMIT_SHA": "3f2a91cbeef"}
    pause(scheduler, "a_one", "--reason", REASON)
    alter(scheduler, "a_two", "active := false")
    who = r'by postgres (CI run 8812, 3f2a91c) ("WordPress down, \"INC-381\"")'
    plan = in_sync(scheduler).out
    (mine,) = [line for line in plan.splitlines() if "job.a_one" in line]
    assert mine.startswith("Note: job.a_one is paused since ")
    assert mine.endswith(f"{who}. The file does not manage `active`: apply leaves it paused.")
    assert "Note: job.a_two is paused outside cpctl. The file does not manage" in plan
    diff = said(scheduler.cpctl("diff"), 0)
    assert "Paused by hand: job.a_one since " in diff
    assert f"{who}, job.a_two.  Unmanaged: " in diff
    shown = found(scheduler.cpctl("diff", "--format", "json"))
    assert shown["paused"] == ["job.a_one", "job.a_two"]
    assert shown["paused_since"].keys() == {"job.a_one"}
    assert shown["paused_since"]["job.a_one"].endswith(who)
    newest, older = said(scheduler.cpctl("history"), 0).splitlines()[2:4]
    assert newest.split()[0] == "2"
    assert "  paused   job.a_one" in newest
    assert newest.endswith(who.removeprefix("by "))
    assert "applied" in older


def test_history_show_has_the_job_and_its_flag(scheduler: Database) -> None:
    pause(scheduler, "a_one", "--reason", REASON)
    shown = said(scheduler.cpctl("history", "show", "2"), 0)
    assert shown.startswith("pause 2 of job.a_one\n")
    assert f"reason  {REASON}" in shown
    assert "~ job.a_one\n    active = true -> false" in shown
    assert "To undo it: cpctl resume a_one" in shown
    (one,) = found(scheduler.cpctl("history", "show", "2", "--format", "json"))["applies"]
    assert (one["action"], one["reason"], one["jobs"], one["via"]) == (
        "pause",
        REASON,
        ["job.a_one"],
        "cpctl",
    )


def test_a_deploy_leaves_it_and_resume_says_whose_it_was(scheduler: Database) -> None:
    pause(scheduler, "a_one", "--reason", "INC-381")
    applied(scheduler, FILE.replace("*/5 * * * *", "*/6 * * * *"))
    assert active(scheduler)["a_one"] is False
    assert "paused since" in in_sync(scheduler).out
    resumed = said(scheduler.cpctl("resume", "a_one"), 0)
    assert resumed.startswith("Resumed job.a_one on ")
    assert "# it was paused since " in resumed
    assert 'by postgres ("INC-381")' in resumed
    assert active(scheduler)["a_one"] is True
    assert "paused" not in in_sync(scheduler).out
    assert "  resumed  job.a_one" in said(scheduler.cpctl("history"), 0)


def test_paused_by_hand_after_a_resume_is_by_hand(scheduler: Database) -> None:
    pause(scheduler, "a_one", "--reason", "INC-381")
    assert scheduler.cpctl("resume", "a_one").code == 0
    alter(scheduler, "a_one", "active := false")
    assert "job.a_one is paused outside cpctl" in in_sync(scheduler).out


def test_a_run_since_shows_that_somebody_had_resumed_it(scheduler: Database) -> None:
    pause(scheduler, "a_one", "--reason", "INC-381")
    jobid = scheduler.jobs()["a_one", "postgres"]["jobid"]
    run = (
        "insert into cron.job_run_details (jobid, runid, command, status, start_time) "
        "values (%s, nextval('cron.runid_seq'), 'x', 'succeeded', now() + interval '%s')"
    )
    scheduler.run(run.replace("'%s'", "'2 seconds'"), jobid)
    assert "job.a_one is paused since" in in_sync(scheduler).out
    scheduler.run(run.replace("'%s'", "'1 minute'"), jobid)
    assert "job.a_one is paused outside cpctl" in in_sync(scheduler).out


def test_all_pauses_the_files_jobs_and_resume_only_what_it_paused(scheduler: Database) -> None:
    alter(scheduler, "a_two", "active := false")
    by_hand(scheduler, "a_hand")
    text = pause(scheduler, "--all", "--reason", "clone")
    assert text.startswith("Paused 3 jobs on ")
    assert "job.a_two is paused already, outside cpctl." in text
    assert "Resume: cpctl resume --all" in text
    assert active(scheduler) == {
        "a_one": False,
        "a_two": False,
        "a_three": False,
        "a_hand": False,
        "theirs": True,
    }
    assert said(scheduler.cpctl("resume", "--all"), 0).startswith("Resumed 3 jobs on ")
    assert active(scheduler) == {
        "a_one": True,
        "a_two": False,
        "a_three": True,
        "a_hand": True,
        "theirs": True,
    }
    with untouched(scheduler):
        nothing = said(scheduler.cpctl("resume", "--all"), 0)
    assert nothing.startswith("There is nothing to resume on ")


@pytest.mark.parametrize("word", ["key", "a_three", "job.a_three"])
def test_a_job_by_key_name_or_address(scheduler: Database, word: str) -> None:
    pause(scheduler, word)
    assert [name for name, on in active(scheduler).items() if not on] == ["a_three"]


def test_what_is_so_already_is_said_and_not_recorded(scheduler: Database) -> None:
    pause(scheduler, "a_one", "--reason", "INC-381")
    with untouched(scheduler):
        text = pause(scheduler, "a_one", "--reason", "another")
    assert text.startswith("job.a_one is paused already, since ")
    assert 'by postgres ("INC-381").' in text
    assert "active already" in said(scheduler.cpctl("resume", "a_two"), 0)
    assert scheduler.rows("select count(*) from cpctl.applies") == [(2,)]


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (("a_onne",), "did you mean a_one?"),
        (("nothing like it",), "cpctl plan --verbose lists all jobs"),
        ((), "which jobs?"),
        (("a_one", "--all"), "--all is for all jobs of the file: name none"),
        (("a_one", "--reason", "x" * 1001), "1,001 characters"),
    ],
)
def test_what_cannot_be_meant(scheduler: Database, words: tuple[str, ...], wanted: str) -> None:
    with untouched(scheduler):
        assert wanted in pause(scheduler, *words, code=1)


def test_one_name_of_two_owners_needs_the_address(scheduler: Database) -> None:
    scheduler.new_role("bob", "USAGE ON SCHEMA cron")
    scheduler.run("set role bob")
    by_hand(scheduler, "theirs")
    scheduler.run("reset role")
    text = pause(scheduler, "theirs", code=1)
    assert "2 jobs are called theirs" in text
    assert "job.bob/theirs" in text
    pause(scheduler, "job.bob/theirs", "--reason", "INC-9")
    jobs = scheduler.jobs()
    assert (jobs["theirs", "bob"]["active"], jobs["theirs", "postgres"]["active"]) == (False, True)


def test_the_line_that_manages_active_is_named(database: Database) -> None:
    text = document(jobs={"a_one": job(active=True), "a_two": job()})
    applied(database, text)
    shown = pause(database, "a_one", "--reason", "INC-381")
    assert (
        "# scheduler.yaml:3 manages active: the next apply resumes it. "
        "Set it to false there to stay paused."
    ) in shown
    assert "deploys leave" not in shown
    plan = said(database.cpctl("plan"), 0)
    assert 'by postgres ("INC-381"). The file says active: true: apply resumes it.' in plan
    assert "# job.a_one: drifted." in said(database.cpctl("diff"), 2)
    both = pause(database, "--all")
    assert both.startswith("Paused job.a_two")
    applied(database, text)
    assert active(database) == {"a_one": True, "a_two": False}


def test_active_false_pauses_again_what_was_resumed(database: Database) -> None:
    applied(database, document(jobs={"a_one": job(active=False)}))
    shown = said(database.cpctl("resume", "a_one"), 0)
    assert "scheduler.yaml:3 manages active: the next apply pauses it." in shown


def test_what_becomes_of_a_run_in_progress(database: Database) -> None:
    applied(database, document(jobs={"a_one": job(command="SELECT 1")}))
    jobid = database.jobs()["a_one", "postgres"]["jobid"]
    database.run(
        "insert into cron.job_run_details (jobid, runid, job_pid, command, status, start_time) "
        "values (%s, nextval('cron.runid_seq'), 9921, 'x', 'running', now() - interval '40 s')",
        jobid,
    )
    shown = pause(database, "a_one")
    (line,) = [line for line in shown.splitlines() if "in progress" in line]
    assert line.startswith("# 1 run in progress (pid 9921, 4")
    assert line.endswith(" s): pg_cron will show it as failed, its backend goes on and may commit")


def test_its_json_is_as_its_schema_says(scheduler: Database) -> None:
    done = scheduler.cpctl("pause", "a_one", "a_two", "--reason", REASON, "--format", "json")
    shown = found(done)
    Draft202012Validator(json.loads(SCHEMA.read_text("utf-8"))).validate(shown)
    assert (shown["action"], shown["number"], shown["reason"]) == ("pause", "2", REASON)
    assert [one["address"] for one in shown["jobs"]] == ["job.a_one", "job.a_two"]
    assert all(one["changed"] for one in shown["jobs"])


def test_an_apply_at_work_keeps_it_waiting(scheduler: Database) -> None:
    with scheduler.admin.transaction():
        scheduler.run("select pg_advisory_xact_lock(%s)", int.from_bytes(b"cpctl"))
        with untouched(scheduler):
            text = pause(scheduler, "a_one", "--lock-timeout", "300ms", code=4)
    assert "the lock is held by postgres" in text


def test_a_pause_waits_and_sees_what_was_done_meanwhile(scheduler: Database) -> None:
    with scheduler.admin.transaction():
        scheduler.run("select pg_advisory_xact_lock(%s)", int.from_bytes(b"cpctl"))
        with Running(scheduler, "pause", "a_one") as running:
            until_it_waits(scheduler)
            alter(scheduler, "a_one", "active := false")
            scheduler.admin.execute("commit")
            done = running.finish()
        scheduler.admin.execute("begin")
    assert "job.a_one is paused already, outside cpctl" in said(done, 0)


@pytest.mark.parametrize(
    "reason",
    ["'; DROP TABLE cpctl.applies; --", 'a "b" \\c\\ $1', "\x1b[31mred\x1b[0m\nline\t2", "€ ü 🐘"],
)
def test_any_reason_is_kept_and_shown_harmlessly(scheduler: Database, reason: str) -> None:
    pause(scheduler, "a_one", "--reason", reason)
    (one,) = found(scheduler.cpctl("history", "--limit", "1", "--format", "json"))["applies"]
    assert one["reason"] == reason
    for command in (("plan",), ("history",), ("history", "show", "2"), ("pause", "a_one")):
        text = said(scheduler.cpctl(*command), 0)
        assert "\x1b" not in text
        assert all("line" not in row[:6] for row in text.splitlines())
    assert "is paused since" in in_sync(scheduler).out


def test_a_rollback_never_takes_a_pause_for_an_apply(scheduler: Database) -> None:
    applied(scheduler, FILE.replace("*/5 * * * *", "*/6 * * * *"))
    pause(scheduler, "a_two", "--reason", "INC-381")
    text = said(scheduler.cpctl("rollback", "3", "--auto-approve"), 1)
    assert "3 is a pause, and no apply" in text
    assert "cpctl resume JOB" in text
    done = said(scheduler.cpctl("rollback", "--auto-approve"), 0)
    assert "Rollback complete" in done
    jobs = scheduler.jobs()
    assert jobs["a_one", "postgres"]["schedule"] == "*/5 * * * *"
    assert jobs["a_two", "postgres"]["active"] is False


def test_a_pause_is_no_apply_for_diff(scheduler: Database) -> None:
    pause(scheduler, "a_one", "--reason", "INC-381")
    alter(scheduler, "a_one", "schedule := '* * * * *'")
    text = said(scheduler.cpctl("diff"), 2)
    assert "job.a_one: drifted. Changed in the database since apply 1" in text
    assert "the ledger has no apply after 1: not by cpctl" in text


def test_without_a_ledger_it_pauses_and_nobody_will_know(database: Database) -> None:
    database.write(document(ledger=False, jobs={"a_one": job()}))
    assert database.cpctl("apply", "--auto-approve").code == 0
    text = pause(database, "a_one", "--reason", "INC-381")
    assert "# nobody will know who did it, nor why: the file says ledger: false" in text
    assert active(database) == {"a_one": False}
    assert not database.rows("select from pg_namespace where nspname = 'cpctl'")
    with untouched(database):
        lost = said(database.cpctl("resume", "--all"), 1)
    assert "nobody knows which jobs cpctl has paused: the file says ledger: false" in lost
    assert database.cpctl("resume", "a_one").code == 0
    assert active(database) == {"a_one": True}


def test_the_first_pause_makes_the_ledger_and_no_apply(database: Database) -> None:
    by_hand(database, "a_one")
    text = document(scope={"jobs": ["a_*"]}, jobs={"a_one": job()})
    database.write(text)
    pause(database, "a_one", "--reason", "INC-381")
    plan = said(database.cpctl("plan"), 0)
    assert 'by postgres ("INC-381")' in plan
    assert "last apply" not in said(database.cpctl("diff"), 2)
    assert applied(database, text) == 2
    assert active(database) == {"a_one": False}


def test_jobs_of_another_role_and_the_rights_that_are_missing(database: Database) -> None:
    database.new_role("owner", "USAGE ON SCHEMA cron")
    database.new_role("anna", "USAGE ON SCHEMA cron", options="LOGIN")
    text = document(defaults={"username": "owner"}, jobs={"a_one": job()})
    database.write(text)
    assert database.cpctl("apply", "--auto-approve").code == 0
    with untouched(database):
        assert "GRANT owner TO anna" in pause(database, "a_one", code=3, user="anna")
        database.run("grant owner to anna")
        denied = pause(database, "a_one", code=3, user="anna")
    grant = "GRANT EXECUTE ON FUNCTION cron.alter_job(bigint,text,text,text,text,boolean) TO owner;"
    assert grant in denied
    database.run(grant)
    quiet = pause(database, "a_one", "--reason", "INC-381", user="anna")
    assert "nobody will know" in quiet
    assert "GRANT SELECT, INSERT, UPDATE ON cpctl.applies, cpctl.files TO anna;" in quiet
    assert database.cpctl("resume", "a_one", user="postgres").code == 0
    database.run("GRANT USAGE ON SCHEMA cpctl TO anna")
    database.run("GRANT SELECT, INSERT, UPDATE ON cpctl.applies, cpctl.files TO anna")
    assert "nobody" not in pause(database, "a_one", "--reason", "INC-381", user="anna")
    assert 'by anna ("INC-381")' in said(database.cpctl("plan"), 0)


def test_code_of_the_ledgers_owner_is_not_run(database: Database) -> None:
    database.new_role("keeper", "USAGE ON SCHEMA cron", "CREATE ON DATABASE postgres")
    database.run("grant execute on all functions in schema cron to keeper")
    database.write(document(defaults={"username": "keeper"}, jobs={"a_one": job()}))
    assert database.cpctl("apply", "--auto-approve", user="keeper").code == 0
    database.run("set role keeper")
    database.run(
        "create function cpctl.evil() returns trigger language plpgsql as "
        "$$ begin raise 'as %', current_user; end $$"
    )
    database.run("create trigger evil before insert on cpctl.applies execute function cpctl.evil()")
    database.run("reset role")
    text = pause(database, "a_one")
    assert "nobody will know" in text
    assert "the trigger evil" in text
    assert active(database) == {"a_one": False}


def test_a_ledger_that_cannot_be_written_undoes_it(scheduler: Database) -> None:
    scheduler.run(
        "create function cpctl.no() returns trigger language plpgsql as "
        "$$ begin raise 'not today'; end $$"
    )
    scheduler.run("create trigger no before insert on cpctl.applies execute function cpctl.no()")
    with undone(scheduler):
        assert "the pause was undone" in pause(scheduler, "a_one", code=1)


def test_in_the_wrong_database_too(scheduler: Database) -> None:
    scheduler.write(FILE + 'expect: {host: "elsewhere*"}\n')
    assert scheduler.cpctl("plan").code == 3
    pause(scheduler, "--all", "--reason", "a clone")
    assert active(scheduler)["a_one"] is False


def test_a_job_is_paused_without_the_files_variables(scheduler: Database) -> None:
    scheduler.write(FILE + 'urls: {hook: "${NOT_SET}/f"}\n')
    assert "NOT_SET" in said(scheduler.cpctl("plan"), 1)
    pause(scheduler, "key")
    assert active(scheduler)["a_three"] is False
    assert "NOT_SET" in pause(scheduler, "--all", code=1)


def test_a_reason_that_the_databases_encoding_lacks(
    latin: Cluster, tmp_path: Path, runner: Runner
) -> None:
    with psycopg.connect(latin.url("latin"), autocommit=True) as admin:
        admin.execute("drop schema if exists cpctl cascade")
        admin.execute("select cron.unschedule(jobid) from cron.job")
        database = Database(latin, admin, tmp_path, runner=runner)
        database.environment["CPCTL_DATABASE_URL"] = latin.url("latin")
        by_hand(database, "a_one")
        database.write(document(scope={"jobs": ["a_*"]}, jobs={"a_one": job()}))
        pause(database, "a_one", "--reason", "€ 🐘")
        assert '("€ 🐘")' in said(database.cpctl("plan"), 0)


def test_what_the_server_shows_counts_and_not_what_it_says(scheduler: Database) -> None:
    scheduler.run(
        "create function cron.stay() returns trigger language plpgsql as "
        "$$ begin new.active := true; return new; end $$"
    )
    scheduler.run(
        "create trigger stay before update on cron.job for each row execute function cron.stay()"
    )
    try:
        with undone(scheduler):
            text = pause(scheduler, "a_one", "--reason", "INC-381", code=1)
    finally:
        scheduler.run("drop function cron.stay() cascade")
    assert "shows something else: job.a_one; undone" in text
    assert scheduler.rows("select count(*) from cpctl.applies") == [(1,)]


def test_an_owner_whom_the_file_does_not_name(database: Database) -> None:
    database.new_role("bob", "USAGE ON SCHEMA cron", "EXECUTE ON ALL FUNCTIONS IN SCHEMA cron")
    database.new_role("anna", "USAGE ON SCHEMA cron", options="LOGIN BYPASSRLS")
    database.run("set role bob")
    by_hand(database, "theirs")
    database.run("reset role")
    database.write(document(jobs={"a_one": job()}))
    assert "GRANT bob TO anna" in pause(database, "theirs", code=3, user="anna")
    database.run("grant bob to anna")
    pause(database, "theirs", user="anna")
    assert active(database) == {"theirs": False}


def test_a_commit_that_the_server_answers_with_rollback_is_none(scheduler: Database) -> None:
    socket = scheduler.cluster.socket_directory / f".s.PGSQL.{scheduler.cluster.port}"
    url = "postgresql://postgres@127.0.0.1:{}/postgres?sslmode=disable&gssencmode=disable"
    with counting_proxy(socket) as (port, traffic):
        traffic.rewrite = lambda data: data.replace(b"COMMIT\0", b"ABORT \0")
        with undone(scheduler):
            done = scheduler.cpctl("pause", "a_one", "--database-url", url.format(port))
    assert "the commit failed; the pause was undone" in said(done, 1)
    assert scheduler.rows("select count(*) from cpctl.applies") == [(1,)]
