"""A job is found by its owner, too; and what another role has is not said to be missing."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.integration.remembering import applied, by_hand, said
from tests.integration.steps import document, job, refused, untouched
from tests.servers import Database

FILE = document(jobs={"shop_tick": job(), "shop_tock": job(username="clerk")})
WHOSE = "belongs to postgres here, and you are ops"
REMEDY = "defaults: {username: postgres} in the file"


@pytest.fixture
def shop(database: Database) -> Iterator[Database]:
    """Jobs of postgres and of clerk, and another superuser who looks at them."""
    database.run("create role clerk login")
    database.run("grant usage on schema cron to clerk")
    database.run("create role ops superuser login")
    applied(database, FILE)
    yield database
    database.run("select cron.unschedule(jobid) from cron.job")


@pytest.mark.parametrize(
    "word", ["job.postgres/shop_tick", "postgres/shop_tick", "job.shop_tick", "shop_tick"]
)
def test_the_files_owner_may_be_written(shop: Database, word: str) -> None:
    assert "Paused job.shop_tick on " in said(shop.cpctl("pause", word), 0)
    assert "Resumed job.shop_tick on " in said(shop.cpctl("resume", word), 0)
    assert "job.shop_tick" in said(shop.cpctl("trigger", word), 0)
    assert "No such run." in said(shop.cpctl("runs", word), 0)


@pytest.mark.parametrize("word", ["job.clerk/shop_tock", "clerk/shop_tock", "shop_tock"])
def test_another_owner_may_be_written(shop: Database, word: str) -> None:
    text = said(shop.cpctl("pause", word), 0)
    assert text.splitlines()[-1].endswith("Resume: cpctl resume clerk/shop_tock")
    assert "Resumed job.clerk/shop_tock on " in said(shop.cpctl("resume", word), 0)


def test_a_name_goes_before_an_address_without_its_kind(shop: Database) -> None:
    by_hand(shop, "clerk/shop_tock")
    text = said(shop.cpctl("pause", "clerk/shop_tock"), 0)
    assert text.startswith("Paused job.postgres/clerk/shop_tock on ")


def test_an_address_that_nothing_has(shop: Database) -> None:
    text = said(shop.cpctl("pause", "job.clerk/shop_tick"), 1)
    assert "there is no job job.clerk/shop_tick" in text
    shop.run("select cron.unschedule('shop_tick')")
    text = said(shop.cpctl("pause", "job.postgres/shop_tick"), 1)
    assert "job.shop_tick is declared, but the database has no such job" in text


def test_what_another_role_has_is_not_made_twice(shop: Database) -> None:
    """The file does not say whose shop_tick is, so it is that of whoever connects."""
    with untouched(shop):
        assert "username: postgres" in refused(shop, "apply", "--auto-approve", user="ops").out
        for command in ("pause", "resume", "trigger"):
            text = said(shop.cpctl(command, "shop_tick", user="ops"), 1)
            assert f"job.shop_tick {WHOSE}" in text
            assert f"Remedy: {REMEDY}, or name it job.postgres/shop_tick" in text
        text = said(shop.cpctl("runs", "shop_tick", user="ops"), 1)
        assert f"shop_tick {WHOSE}.\nRemedy: {REMEDY}" in text
    for command in ("status", "jobs", "health"):
        text = said(shop.cpctl(command, user="ops"), 0)
        assert "! 1 job of the file belongs to postgres here: job.shop_tick\n" in text
        assert f"# you are ops; {REMEDY}\n" in text
        assert "not in the database" not in text
    found = json.loads(shop.cpctl("doctor", "--format", "json", user="ops").out)["findings"]
    assert [(one["code"], one["what"], one["remedy"]) for one in found] == [
        ("D201", f"job.shop_tick {WHOSE}", REMEDY)
    ]
    shop.write(FILE + "defaults: {username: postgres}\n")
    assert "belongs to" not in said(shop.cpctl("status", user="ops"), 0)
    assert shop.cpctl("doctor", user="ops").code == 0
