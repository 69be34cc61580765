"""Any name the server takes, in any database, for any owner."""

from __future__ import annotations

import glob

from tests.integration.steps import apply, converge, document, given, job, plan, undone, untouched
from tests.servers import Database

NAMES = [
    "Größe naïve 東京 🚀",
    "o'neill \"quoted\" ''twice''",
    "two words",
    " outer blanks ",
    "path/to/job",
    "/",
    "UPPER",
    "upper",
    "semi;colon -- /* x */",
    "back\\slash \\n",
    "%s %% {} $1 $NOT_A_VARIABLE",
    "job.dotted.name",
    ":name :'name' \\gset",
    "a\ttab",
    "123",
    "null",
]
SIXTY_THREE = "é" * 31 + "x"


def test_every_name_is_created_changed_and_removed_as_written(database: Database) -> None:
    first = document(jobs={name: job() for name in NAMES})
    apply(database, first, expected={"schedule": len(NAMES)})
    before = database.jobs()
    assert set(before) == {(name, "postgres") for name in NAMES}

    second = document(jobs={name: job("9 9 * * *") for name in NAMES})
    apply(database, second, expected={"alter_job": len(NAMES)})
    after = database.jobs()
    assert {key: row["jobid"] for key, row in after.items()} == {
        key: row["jobid"] for key, row in before.items()
    }
    assert {row["schedule"] for row in after.values()} == {"9 9 * * *"}

    scope = {"jobs": [glob.escape(name) for name in NAMES]}
    third = document(scope=scope, jobs={"123": job("9 9 * * *")})
    removed = {"unschedule": len(NAMES) - 1}
    converge(database, third, "--allow", "MANY_DELETES", expected=removed)
    assert set(database.jobs()) == {("123", "postgres")}


def test_a_name_of_63_bytes_works(database: Database) -> None:
    converge(database, document(jobs={SIXTY_THREE: job()}), expected={"schedule": 1})
    assert set(database.jobs()) == {(SIXTY_THREE, "postgres")}


def test_a_longer_name_is_refused_where_the_server_would_cut_it(database: Database) -> None:
    names = [SIXTY_THREE + "y", SIXTY_THREE + "z" * 400]
    text = document(jobs={name: job() for name in names})
    database.write(text)
    if database.version == "15":
        with untouched(database):
            done = database.cpctl("apply", "--auto-approve")
        assert done.code in (1, 3), done
        assert "63" in done.out + done.err
    else:
        converge(database, text, expected={"schedule": 2})
        assert set(database.jobs()) == {(name, "postgres") for name in names}


def test_a_long_name_is_never_taken_for_the_job_that_was_cut_to_63_bytes(
    database: Database,
) -> None:
    given(database, {SIXTY_THREE: job()})
    text = document(jobs={SIXTY_THREE: job(), SIXTY_THREE + "y": job("9 9 * * *")})
    database.write(text)
    if database.version == "15":
        with untouched(database):
            assert database.cpctl("apply", "--auto-approve").code in (1, 3)
    else:
        converge(database, text, expected={"schedule": 1})
    assert database.jobs()[SIXTY_THREE, "postgres"]["schedule"] == "0 3 * * *"


def test_the_name_on_the_server_may_differ_from_the_key(database: Database) -> None:
    database.environment["STAGE"] = "blue"
    named = {"name": "Nightly purge (${STAGE})"}
    converge(database, document(jobs={"nightly": job(**named)}), expected={"schedule": 1})
    assert set(database.jobs()) == {("Nightly purge (blue)", "postgres")}
    changed = document(jobs={"renamed_key": job("9 9 * * *", **named)})
    converge(database, changed, expected={"alter_job": 1})


def test_jobs_in_another_database_are_created_and_kept_there(database: Database) -> None:
    other = 'Other "db" größe'
    database.run('create database "Other ""db"" größe"')
    text = document(jobs={"there": job(database=other), "here": job()})
    apply(database, text, expected={"schedule_in_database": 1, "schedule": 1})
    assert {name: row["database"] for (name, _), row in database.jobs().items()} == {
        "there": other,
        "here": "postgres",
    }
    changed = document(jobs={"there": job("9 9 * * *", database=other), "here": job()})
    converge(database, changed, expected={"alter_job": 1})
    assert database.jobs()["there", "postgres"]["database"] == other


def test_a_database_left_out_means_the_one_of_pg_cron(database: Database) -> None:
    database.run("create database other")
    database.run("select cron.schedule_in_database('here', '0 3 * * *', 'SELECT 1;', 'other')")
    converge(database, document(jobs={"here": job()}), expected={"alter_job": 1})
    assert database.jobs()["here", "postgres"]["database"] == "postgres"


def test_a_database_that_does_not_exist_undoes_the_apply(database: Database) -> None:
    database.write(document(jobs={"there": job(database="nowhere"), "here": job()}))
    with undone(database):
        done = database.cpctl("apply", "--auto-approve")
    assert done.code in (1, 3)
    assert "job.there" in done.out + done.err
    assert "nowhere" in done.out + done.err


def test_each_job_may_have_its_own_owner(database: Database) -> None:
    database.new_role("worker")
    database.new_role('Odd "role"')
    jobs = {"a": job(username="worker"), "b": job(username='Odd "role"'), "c": job()}
    apply(database, document(jobs=jobs), expected={"schedule_in_database": 2, "schedule": 1})
    before = database.jobs()
    assert set(before) == {("a", "worker"), ("b", 'Odd "role"'), ("c", "postgres")}

    changed = {name: {**fields, "schedule": "9 9 * * *"} for name, fields in jobs.items()}
    converge(database, document(jobs=changed), expected={"alter_job": 3})
    assert {key: row["jobid"] for key, row in database.jobs().items()} == {
        key: row["jobid"] for key, row in before.items()
    }


def test_a_name_that_looks_like_the_address_of_another_job_is_its_own_job(
    database: Database,
) -> None:
    database.new_role("worker")
    jobs = {
        "a": job(name="worker/nightly"),
        "b": job("1 3 * * *", name="nightly", username="worker"),
    }
    text = document(jobs=jobs)
    database.write(text)
    addresses = {change["address"] for change in plan(database)["changes"]}
    assert len(addresses) == 2
    converge(database, text, expected={"schedule": 1, "schedule_in_database": 1})
    before = database.jobs()
    assert set(before) == {("worker/nightly", "postgres"), ("nightly", "worker")}

    jobs["a"] = job("9 9 * * *", name="worker/nightly")
    apply(database, document(jobs=jobs), expected={"alter_job": 1})
    after = database.jobs()
    assert after["nightly", "worker"] == before["nightly", "worker"]
    assert after["worker/nightly", "postgres"]["schedule"] == "9 9 * * *"

    scope = {"jobs": ["*n*"]}
    converge(database, document(scope=scope, jobs={"b": jobs["b"]}), expected={"unschedule": 1})
    assert database.jobs() == {("nightly", "worker"): before["nightly", "worker"]}
