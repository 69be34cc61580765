"""Whatever is shown to a reader works as it stands, on every server."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.runner import Result
from tests.servers import Database

ROOT = Path(__file__).parents[2]
ELSEWHERE = {"edge-functions", "monitoring"}
"""The ones that test_edge_functions.py and others of its kind are about, and test_monitoring.py."""
STAGING = ("scheduler.yaml", "environments/staging.yaml")

# Folder, the files to lay over each other, and the jobs that must be there afterwards.
EXAMPLES: Sequence[tuple[str, Sequence[str], set[tuple[str, str]]]] = (
    ("minimal", ("scheduler.yaml",), {("purge_run_history", "postgres")}),
    (
        "environments",
        ("scheduler.yaml",),
        {(f"shop_{name}", "postgres") for name in ("invoices", "reminders", "refresh_totals")},
    ),
    (
        "environments",
        STAGING,
        {(f"shop_{name}", "postgres") for name in ("invoices", "refresh_totals")},
    ),
    (
        "owners",
        ("scheduler.yaml",),
        {
            ("reporting_daily", "reporting"),
            ("reporting_weekly", "reporting"),
            ("archive_sales", "archivist"),
        },
    ),
    ("settings", ("scheduler.yaml",), {("greet", "postgres")}),
    (
        "database-store",
        ("scheduler.yaml",),
        {("webhooks_retry", "postgres"), ("webhooks_expire", "postgres")},
    ),
)


def _copy(database: Database, folder: str) -> None:
    shutil.copytree(ROOT / "examples" / folder, database.folder, dirs_exist_ok=True)
    setup = database.folder / "setup.sql"
    if setup.exists():
        argv = database.cluster.psql("-v", "ON_ERROR_STOP=1", "-q")
        subprocess.run(argv, input=setup.read_bytes(), check=True, timeout=60)


def _converges(database: Database, *options: str) -> None:
    def ok(*arguments: str) -> Result:
        done = database.cpctl(*arguments)
        assert done.code == 0, done.out + done.err
        return done

    assert "is valid" in ok("validate", *options).out
    assert " to create, " in ok("plan", *options).out
    assert "Apply complete" in ok("apply", *options, "--auto-approve").out
    assert "No changes." in ok("plan", *options, "--detailed-exitcode").out
    assert "No drift." in ok("diff", *options).out


def test_every_example_is_tried() -> None:
    folders = {path.name for path in (ROOT / "examples").iterdir() if path.is_dir()}
    assert folders == {folder for folder, _, _ in EXAMPLES} | ELSEWHERE


@pytest.mark.parametrize(
    ("folder", "files", "jobs"), EXAMPLES, ids=["+".join((e[0], *e[1][1:])) for e in EXAMPLES]
)
def test_example(
    database: Database, folder: str, files: Sequence[str], jobs: set[tuple[str, str]]
) -> None:
    _copy(database, folder)
    _converges(database, *(word for file in files for word in ("-f", file)))
    assert set(database.jobs()) == jobs
    database.run("ALTER SYSTEM RESET cron.max_running_jobs")


def test_staging_over_production_changes_what_it_says(database: Database) -> None:
    _copy(database, "environments")
    assert database.cpctl("apply", "--auto-approve").code == 0
    files = [word for file in STAGING for word in ("-f", file)]
    planned = json.loads(database.cpctl("plan", *files, "--format", "json").out)
    assert {(change["address"], change["action"]) for change in planned["changes"]} == {
        ("job.shop_invoices", "update"),
        ("job.shop_reminders", "delete"),
        ("job.shop_refresh_totals", "update"),
        ("setting.app.billing_url", "update"),
        ("setting.shop.batch_size", "update"),
    }


def test_the_pipelines_own_file(database: Database) -> None:
    for name in ("scheduler.yaml", ".env.example"):
        shutil.copy(ROOT / name, database.folder)
    first = json.loads(database.cpctl("plan", "--env-file", ".env.example", "--format", "json").out)
    kinds = [change["address"].split(".")[0] for change in first["changes"]]
    assert (kinds.count("job"), kinds.count("setting"), len(kinds)) == (6, 7, 13)
    assert {change["action"] for change in first["changes"]} == {"create"}
    _converges(database, "--env-file", ".env.example")
    assert {name for name, _ in database.jobs()} == {
        f"content_pipeline_{job}"
        for job in ("main", "sweeper", "monitor", "metrics", "health", "cleanup")
    }
    assert set(database.file_settings()) >= {
        "app.service_role_key",
        *(
            f"app.{url}_url"
            for url in ("content_automation", "sweeper", "monitor", "metrics", "health", "cleanup")
        ),
    }


def test_the_file_in_the_readme(database: Database) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"```yaml\n(version: 1\n.*?)```", readme, re.DOTALL)
    database.write(shown)
    database.environment |= {"SUPABASE_URL": "https://abc.example.com", "SERVICE_KEY": "k"}
    _converges(database)
