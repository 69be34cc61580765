"""A saved plan reads as it did when it was made, wherever it is; a damaged one says so."""

from __future__ import annotations

import json
import os
import stat

import pytest

from tests.integration.saved import applied, save, scheduler
from tests.integration.steps import (
    SECRET_CORE,
    document,
    follow_guide,
    job,
    silent,
)
from tests.runner import Result
from tests.servers import Database

FORMATS = ("text", "markdown", "json", "sql")
NOWHERE = {"CPCTL_DATABASE_URL": "postgresql://nobody@127.0.0.1:9/nothing"}


def shown(database: Database, *options: str) -> Result:
    """As somebody sees it who has the plan and nothing else."""
    elsewhere = database.folder / "elsewhere"
    elsewhere.mkdir(exist_ok=True)
    (elsewhere / "plan").write_bytes((database.folder / "plan").read_bytes())
    alone = Database(database.cluster, database.admin, elsewhere, NOWHERE)
    return alone.cpctl("show", "plan", *options)


def same_as_planned(database: Database) -> dict[str, str]:
    """Each format by `plan` and by `show`, made at the same second: `as_of` is in all of them."""
    found = {}
    for form in FORMATS:
        planned = database.cpctl("plan", "--format", form, "--out", "plan", "--verbose")
        assert planned.code == 0, planned
        again = shown(database, "--format", form, "--verbose")
        assert (again.code, again.err) == (0, "")
        assert again.out == planned.out
        assert SECRET_CORE not in again.out
        found[form] = again.out
    return found


def test_a_first_plan(database: Database) -> None:
    follow_guide(database)
    found = same_as_planned(database)
    assert "from env:SUPABASE_SERVICE_ROLE_KEY" in found["text"]
    assert "\\getenv secret_SUPABASE_SERVICE_ROLE_KEY" in found["sql"]


def test_every_kind_of_change_with_notes_and_refusals(saved: Database) -> None:
    saved.new_role("anna", "USAGE ON SCHEMA cron")
    saved.run("select cron.schedule_in_database('theirs', '0 3 * * *', '', 'postgres', 'anna')")
    saved.run("select cron.alter_job(jobid, active := false) from cron.job where jobname ~ 'same'")
    saved.environment["KEY"] = "rotated"
    more = {"nightly_new": job(), "nightly/x": job(command="SELECT 1;\n-- ü")}
    saved.write(scheduler(nightly=job("9 9 * * *", "SELECT 'it''s';"), **more))
    found = same_as_planned(saved)
    assert "scheduler.yaml:4" in found["text"]
    assert "Note: job.nightly_same is paused" in found["text"]
    assert "DELETES_JOB" in found["markdown"]


def test_a_plan_with_refusals(database: Database) -> None:
    database.run("select cron.schedule('x', '0 3 * * *', 'SELECT 1;')")
    database.new_role("anna", "USAGE ON SCHEMA cron")
    database.write(document(defaults={"username": "anna"}, jobs={"x": job(), "y": job()}))
    assert "Refused: " in same_as_planned(database)["text"]


def test_a_stale_plan_and_one_without_changes(saved: Database) -> None:
    before = shown(saved).out
    assert applied(saved).code == 0
    assert shown(saved).out == before
    save(saved)
    assert "No changes. The database matches scheduler.yaml." in shown(saved).out


def test_the_saved_file_is_the_json_output(saved: Database) -> None:
    done = saved.cpctl("plan", "--format", "json", "--out", "plan")
    assert (saved.folder / "plan").read_text() == done.out


def test_an_edited_statement_is_not_applied(saved: Database) -> None:
    path = saved.folder / "plan"
    document = json.loads(path.read_text())
    document["statements"][0]["sql"] = "DROP TABLE cron.job"
    path.write_text(json.dumps(document))
    for command in ("apply", "show"):
        with silent(saved):
            done = saved.cpctl(command, "plan")
        assert done.code == 5, done
        assert "not as cpctl wrote it" in done.err


def test_another_layout_of_the_same_json_is_the_same_plan(saved: Database) -> None:
    path = saved.folder / "plan"
    path.write_text(json.dumps(json.loads(path.read_text()), indent=4, sort_keys=True))
    assert applied(saved).code == 0


def test_no_damage_ends_in_a_traceback(saved: Database) -> None:
    whole = (saved.folder / "plan").read_bytes()
    for at in range(0, len(whole) - 3, len(whole) // 8):
        cut, overwritten = whole[:at], whole[:at] + b"\xff0" + whole[at + 2 :]
        swapped = whole[:at] + bytes((whole[at] ^ 1,)) + whole[at + 1 :]
        _is_an_error(saved, cut)
        _is_an_error(saved, overwritten)
        _is_an_error(saved, swapped)


def _is_an_error(saved: Database, damaged: bytes) -> None:
    (saved.folder / "plan").write_bytes(damaged)
    done = shown(saved)
    assert done.code in (1, 5), (damaged, done)
    assert done.err.startswith("Error: plan: ")


@pytest.mark.parametrize("mask", [0o022, 0o077])
def test_a_new_file_has_the_mode_of_the_umask(saved: Database, mask: int) -> None:
    before = os.umask(mask)
    try:
        assert saved.by_shell.cpctl("plan", "--out", "new").code == 0
    finally:
        os.umask(before)
    assert stat.S_IMODE((saved.folder / "new").stat().st_mode) == 0o666 & ~mask


def test_a_file_is_replaced_at_once_and_keeps_its_mode(saved: Database) -> None:
    path, link = saved.folder / "plan", saved.folder / "link"
    path.chmod(0o600)
    link.symlink_to(path)
    before = path.stat().st_ino
    assert saved.cpctl("plan", "--out", "link").code == 0
    assert path.stat().st_ino != before
    assert json.loads(path.read_text())["applyable"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert link.is_symlink()
    assert {one.name for one in saved.folder.iterdir()} == {"plan", "link", "scheduler.yaml"}


def test_a_device_is_written_to_and_not_replaced(saved: Database) -> None:
    done = saved.by_shell.cpctl("plan", "--out", "/dev/stdout", "--format", "json")
    assert done.code == 0, done
    assert done.out.count('"base_fingerprint"') == 2
