"""Which job `cpctl serve` means, where a word may mean two: the one that has it, or none."""

from __future__ import annotations

import pytest

from tests.integration.serving import PATH, problem, serving
from tests.integration.steps import document, job
from tests.servers import Database

pytestmark = pytest.mark.parametrize("cluster", ["17"], indirect=True)

BY_HAND = "select cron.schedule(%s::text, '0 3 * * *', %s)"
PAUSE = {"action": "toggle", "job": "mine", "enable": "false"}


def test_a_name_that_two_owners_have_is_not_guessed(database: Database) -> None:
    """A name alone is that of the file's own owner, as in every address."""
    for role in ("one", "two"):
        database.new_role(role, "usage on schema cron")
    database.run(BY_HAND, "shop_a", "SELECT 1")
    jobs = {"first": job(name="shop_a", username="postgres")}
    for name, role in (("shop_a", "one"), ("shop_b", "one"), ("shop_b", "two")):
        made = (name, "0 3 * * *", "SELECT 1", "postgres", role)
        database.run("select cron.schedule_in_database(%s, %s, %s, %s, %s)", *made)
        jobs[f"{name}_{role}"] = job(name=name, username=role)
    database.write(document(name="shop", defaults={"username": "postgres"}, jobs=jobs))
    owners = {"shop_a": "postgres", "one/shop_a": "one", "two/shop_b": "two"}
    with serving(database) as api:
        for word, owner in owners.items():
            assert api.post("toggle", job=word, enable="false").status_code == 200
            paused = [who for (_, who), row in database.jobs().items() if not row["active"]]
            assert paused == [owner], word
            assert api.post("toggle", job=f"job.{word}", enable="true").status_code == 200
        said = problem(api.post("toggle", job="shop_b", enable="false"), 400)
    assert said.startswith("job: 2 jobs have this name. Nothing was done")
    assert said.endswith("name it by its address: job.one/shop_b, job.two/shop_b")


def test_an_address_is_never_taken_for_the_key_of_another_job(database: Database) -> None:
    jobs = {"shop_a": job(command="SELECT 1"), "job.shop_a": job(name="shop_b", command="BOOM")}
    database.write(document(name="shop", jobs=jobs))
    database.run(BY_HAND, "shop_a", "SELECT 1")
    database.run(BY_HAND, "shop_b", "BOOM")
    with serving(database) as api:
        for word in ("shop_a", "job.shop_a"):  # the key of the one, and the address of the other
            assert api.post("trigger", job=word).status_code == 200, word
            assert api.post("toggle", job=word, enable="false").status_code == 200
            active = {name: row["active"] for (name, _), row in database.jobs().items()}
            assert active == {"shop_a": False, "shop_b": True}, word
            assert api.post("toggle", job=word, enable="true").status_code == 200


def test_a_name_that_is_the_address_of_another_is_not_guessed(database: Database) -> None:
    """What it says to type instead means each of them."""
    names = ("x", "job.x", "postgres/x", "postgres/postgres/x")
    for name in names:
        database.run(BY_HAND, name, "SELECT 1")
    scope = {"jobs": ["x*", "job.*", "postgres/*"]}
    database.write(document(name="shop", scope=scope, jobs={"x": job()}))
    with serving(database) as api:
        for word, meant in {"job.x": names[:2], names[3]: names[2:]}.items():
            said = problem(api.post("toggle", job=word, enable="false"), 400)
            assert said.startswith("job: 2 jobs have this name"), word
            for one in said.partition("name it by its address: ")[2].split(", "):
                assert api.post("toggle", job=one, enable="false").status_code == 200, one
            paused = {name for (name, _), row in database.jobs().items() if not row["active"]}
            assert paused == {*meant}
            database.run("select cron.alter_job(jobid, active := true) from cron.job")


def test_a_pause_that_is_not_in_the_ledger_is_in_the_log(database: Database) -> None:
    database.new_role("api", "usage on schema cron", options="LOGIN BYPASSRLS")
    database.run("grant select on cron.job, cron.job_run_details to api")
    database.run(BY_HAND, "mine", "SELECT 1")
    database.run("update cron.job set username = 'api'")
    database.write(document(name="shop", jobs={"mine": job()}))
    database.run("grant execute on function cron.alter_job to api")
    try:
        with serving(database, user="api") as api:
            address = {"X-Forwarded-For": "s3cret"}
            called = api.client.post(PATH, params=PAUSE, headers=address)
            assert called.status_code == 200
    finally:
        database.run("revoke execute on function cron.alter_job from api")
    note, request = api.lines()[2:4]
    assert (note["event"], note["job"]) == ("pause is not in the ledger", "job.mine")
    assert note["why"].startswith("api may not make the ledger: GRANT CREATE ON DATABASE")
    assert request["client"] is None, "what a client says of itself is no address"
