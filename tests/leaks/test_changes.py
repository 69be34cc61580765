"""A secret that changes what it is, or where it is: each side of the change stays hidden."""

from __future__ import annotations

import pytest

from tests import vault
from tests.integration.steps import document, job
from tests.leaks.canary import Canary
from tests.leaks.place import APPLY, NEVER, Place
from tests.leaks.ways import PLAIN, WAYS

FORMATS = ("text", "json", "markdown", "sql")
JOBS = {"mine": job(NEVER, "SELECT 1")}
BOTH = {"jobs": ["mine*"], "settings": ["app.*"], "secrets": ["mine_*"]}
SUPERUSERS = [way for way in WAYS if way.role == "postgres"]
LOGGED = [way for way in WAYS if way.excused]


def looked_at(place: Place, outcome: str) -> None:
    for form in FORMATS:
        assert place.run(outcome, "plan", "--format", form).code == 0
    for form in FORMATS[:3]:
        assert place.run(outcome, "diff", "--format", form).code in (0, 2)


@pytest.mark.parametrize("way", SUPERUSERS[-1:], ids=str, indirect=True)
def test_a_move_between_the_stores(place: Place) -> None:
    vault.install(place.admin)
    for store in ("database", "vault", "table", "database", "table"):
        place.excuses = frozenset({"pg_db_role_setting"})
        text = document(
            store=store, scope=BOTH, jobs=JOBS, secrets={"mine_key": {"from": "env:KEY"}}
        )
        place.write(text)
        looked_at(place, f"to move to {store}")
        done = place.run(f"moved to {store}", *APPLY, "--debug")
        assert done.code == 0, done
        place.excuses = frozenset()
        if store != "database":
            assert place.run("moved", "plan", "--detailed-exitcode").code == 0
    place.tally.verdict()


@pytest.mark.parametrize("way", PLAIN[1:], ids=str, indirect=True)
def test_a_secret_that_becomes_a_url(place: Place) -> None:
    """A webhook's address is a secret; under the same name there is an open one next."""
    becomes_a_url(place, ledger=True)


@pytest.mark.parametrize("way", PLAIN[2:], ids=str, indirect=True)
def test_a_secret_that_becomes_a_url_and_nobody_remembers(place: Place) -> None:
    becomes_a_url(place, ledger=False)


def becomes_a_url(place: Place, *, ledger: bool) -> None:
    halves = place.canaries["old"].halves
    hook = Canary("hook", f"https://hooks.example/{'/'.join(halves)}", halves)
    place.canaries = {**place.canaries, "hook": hook}
    same = {"store": place.way.store, "ledger": ledger, "defaults": {"username": place.way.role}}
    secret = document(**same, jobs=JOBS, secrets={"mine_hook_url": {"from": "env:KEY"}})
    place.write(secret)
    assert place.run("a secret", *APPLY, environment={"KEY": hook.text}).code == 0
    place.write(document(**same, jobs=JOBS, urls={"mine_hook": "https://open.example/"}))
    looked_at(place, "a URL now")
    assert place.run("a URL now", *APPLY).code == 0
    assert place.run("a URL now", "history", "show", "2").code in (0, 1)
    place.tally.verdict()


@pytest.mark.parametrize("way", LOGGED, ids=str, indirect=True)
def test_each_secret_that_must_be_logged_is_warned_of(place: Place) -> None:
    place.write(place.file())
    done = place.run("warned", "plan", "--env-file", "secrets.env")
    warned = [line for line in done.out.splitlines() if "SECRET_IN_LOG" in line]
    assert len(warned) == 2, done.out
    assert "log" in warned[0]
    place.tally.verdict()
