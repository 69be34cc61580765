"""Text arrives as it is written, whatever the encoding of the database."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from ground import Cluster
from tests.integration.steps import document, in_sync, job
from tests.runner import Runner
from tests.servers import Database

NAME, TEXT = "ménage", "SELECT 'déjà vu';"


@pytest.mark.parametrize("store", ["system", "database"])
def test_a_latin1_database_holds_what_the_file_says(
    latin: Cluster, tmp_path: Path, runner: Runner, store: str
) -> None:
    with psycopg.connect(latin.url("latin"), autocommit=True) as admin:
        admin.execute("drop schema if exists cpctl cascade")
        admin.execute("select cron.unschedule(jobid) from cron.job")
        here = Database(latin, admin, tmp_path, runner=runner)
        here.environment["CPCTL_DATABASE_URL"] = latin.url("latin")
        jobs = {NAME: job(command=TEXT)}
        here.write(document(store=store, settings={"app.x": "à la carte"}, jobs=jobs))
        done = here.cpctl("apply", "--auto-approve")
        assert done.code == 0, done
        found = here.rows("select jobname, command from cron.job")
        assert found == [(NAME, TEXT)]
        in_sync(here)
    with psycopg.connect(latin.url("latin")) as fresh:
        assert fresh.execute("select current_setting('app.x')").fetchone() == ("à la carte",)
