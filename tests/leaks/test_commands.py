"""Every command, in every format, where it does what it is for."""

from __future__ import annotations

import pytest

from tests.leaks.place import APPLY, ENV_FILE, Place
from tests.leaks.ways import PLAIN

REMEMBERED = PLAIN
ENOUGH = 10_000
PLAN_FORMATS = ("text", "json", "markdown", "sql")
DRIFT_FORMATS = ("text", "json", "markdown")


def test_looking_shows_no_secret(place: Place) -> None:
    for options in ((), ("--print",), ("--no-env",)):
        assert place.run("good", "validate", *options).code == 0
    for form in PLAN_FORMATS:
        done = place.run("changes", "plan", "--format", form, *ENV_FILE, "--verbose", "--debug")
        assert done.code == 0, done
        assert "mine" in done.out
    for form in DRIFT_FORMATS:
        assert place.run("drift", "diff", "--format", form, *ENV_FILE, "--verbose").code == 2
    assert place.run("secrets skipped", "plan", "--secrets", "skip").code == 0
    for purpose in ("plan", "apply", "diff"):
        asked = ("grants", "--for", purpose, "--role", place.way.role, *ENV_FILE)
        assert place.run("good", *asked).code == 0
    assert place.tally.checks.total() >= ENOUGH
    place.tally.verdict()


@pytest.mark.parametrize("way", PLAIN, ids=str, indirect=True)
def test_a_saved_plan_holds_no_secret(place: Place) -> None:
    assert place.run("saved", "plan", *ENV_FILE, "--out", "saved").code == 0
    for form in PLAN_FORMATS:
        assert place.run("saved", "show", "saved", "--format", form, "--verbose").code == 0
    done = place.run("good", *APPLY, "saved", *ENV_FILE, "--debug")
    assert done.code == 0, done
    assert place.run("stale", *APPLY, "saved", *ENV_FILE, "--debug").code == 5
    place.tally.verdict()


def test_an_apply_and_its_history_show_no_secret(place: Place) -> None:
    assert place.run("not approved", "apply", *ENV_FILE).code == 1
    for form in ("text", "json"):
        done = place.run("good", *APPLY, *ENV_FILE, "--format", form, "--debug")
        assert done.code == 0, done
        done = place.run("in sync", "plan", *ENV_FILE, "--detailed-exitcode")
        assert done.code == 0, done
        assert place.run("no drift", "diff", *ENV_FILE).code == 0
        for number in ("1", "2"):
            done = place.run("good", "history", "show", number, "--format", form)
            assert done.code == 0, done
        assert place.run("good", "history", "--format", form).code == 0
        for command in ("status", "jobs", "health", "runs"):
            assert place.run("good", command, *ENV_FILE, "--format", form).code == 0
        place.old_state()
    place.tally.verdict()


@pytest.mark.parametrize("way", REMEMBERED, ids=str, indirect=True)
def test_a_way_back_shows_no_secret(place: Place) -> None:
    for form in ("text", "json"):
        assert place.run("good", *APPLY, *ENV_FILE).code == 0
        asked = ("rollback", *ENV_FILE, "--format", form, "--debug")
        assert place.run("not approved", *asked).code == 1
        done = place.run("good", *asked, "--auto-approve")
        assert done.code == 0, done
        place.old_state()
    place.tally.verdict()


@pytest.mark.parametrize("way", PLAIN[:1], ids=str, indirect=True)
def test_commands_without_a_database_show_no_secret(place: Place) -> None:
    assert place.run("good", "explain", "0 2 * * 1").code == 0
    assert place.run("good", "schema", "plan").code == 0
    assert place.run("refused", "init", "--supabase").code == 1
    assert place.run("refused", "render", *ENV_FILE, "--debug").code == 3
    skipped = ("render", *ENV_FILE, "--secrets", "skip")
    for options in ((), ("--out", "migration.sql")):
        place.run("secrets skipped", *skipped, *options)
    place.tally.verdict()
