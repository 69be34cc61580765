"""A pause beside an apply, without rights, without a ledger, and against what the server says."""

from __future__ import annotations

from tests.integration.pausing import FILE, active, pause
from tests.integration.remembering import alter, applied, by_hand, said
from tests.integration.running import Running, until_it_waits
from tests.integration.steps import document, job, undone, untouched
from tests.servers import Database
from tests.wire import counting_proxy


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
