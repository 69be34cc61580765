"""A plan for other files, variables or databases says which, and writes nothing."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable

import psycopg
import pytest

from ground import Cluster
from tests.integration.saved import AFTER, BEFORE, applied, save, stale
from tests.integration.steps import untouched
from tests.servers import Database

Change = Callable[[Database], None]


def _edited(database: Database) -> None:
    database.write(AFTER.replace("9 9 * * *", "9 10 * * *"))


def _gone(database: Database) -> None:
    (database.folder / "scheduler.yaml").unlink()


def _broken(database: Database) -> None:
    database.write("version: 1\nname: [\n")


FILES: dict[str, tuple[Change, str]] = {
    "edited": (_edited, "scheduler.yaml has another text"),
    "broken": (_broken, "scheduler.yaml has another text"),
    "gone": (_gone, "scheduler.yaml: there is no such file"),
}


@pytest.mark.parametrize("change", FILES)
def test_a_file_that_changes_is_named(saved: Database, change: str) -> None:
    act, line = FILES[change]
    act(saved)
    assert stale(saved) == [line]


def test_of_several_files_the_one_that_changed_is_named(saved: Database) -> None:
    (saved.folder / "sql").mkdir()
    saved.write("SELECT 3;", "sql/three.sql")
    saved.write('jobs: {nightly_new: {command: null, command_file: "sql/three.sql"}}', "b.yaml")
    save(saved, "-f", "scheduler.yaml", "-f", "b.yaml")
    saved.write("SELECT 4;", "sql/three.sql")
    assert stale(saved) == ["sql/three.sql has another text"]
    saved.write("SELECT 3;", "sql/three.sql")
    assert applied(saved).code == 0  # the control


def test_a_variable_is_named_and_its_value_is_not_shown(saved: Database) -> None:
    assert stale(saved, HOST="xyz.hidden") == ["the variable HOST has another value"]
    with untouched(saved):
        done = saved.cpctl("apply", "plan", "--auto-approve", environment={"HOST": "xyz.hidden"})
    assert "xyz" not in done.out + done.err


def test_a_variable_that_is_gone_is_named(saved: Database) -> None:
    with untouched(saved):
        done = saved.cpctl("apply", "plan", "--auto-approve", environment={"HOST": ""})
    assert done.code == 1, done
    assert "HOST is empty" in done.err


def test_no_variable_can_be_looked_up_in_a_plan(saved: Database) -> None:
    """Two plans of the same inputs show no digest that is the same, but those of the files."""
    first = json.loads((saved.folder / "plan").read_text())
    time.sleep(1.1)  # the key is the database's clock, in seconds
    save(saved)
    second = json.loads((saved.folder / "plan").read_text())
    assert first["base_fingerprint"] == second["base_fingerprint"]
    assert first["inputs"]["hash"] != second["inputs"]["hash"]
    assert first["record"]["inputs"]["variables"] == ["HOST"]


def test_another_host_is_another_database(saved: Database) -> None:
    """Even if it is the same server: a clone could not be told from it."""
    here = str(saved.cluster.socket_directory)
    assert stale(saved, CPCTL_DATABASE_URL=saved.cluster.tcp_url()) == [
        f"host  {here} -> 127.0.0.1",
        "# the same system identifier: another name of that server, or its clone",
    ]


def promoted(url: str) -> None:
    """A standby that is one no more: what somebody makes for a rehearsal."""
    with psycopg.connect(url, autocommit=True) as admin:
        assert admin.execute("select pg_promote()").fetchone() == (True,)


def job_names(url: str) -> list[str]:
    with psycopg.connect(url) as admin:
        return [name for (name,) in admin.execute("select jobname from cron.job order by 1")]


def test_a_clone_is_another_database(saved: Database) -> None:
    with Cluster(saved.version, "clone", source=saved.cluster) as clone:
        url = clone.url()
        promoted(url)
        lines = stale(saved, CPCTL_DATABASE_URL=url)
        assert lines[0].startswith("host")
        assert lines[1] == f"port  {saved.cluster.port} -> {clone.port}"
        assert "the same system identifier" in lines[2]
        assert job_names(url) == sorted(BEFORE)


def test_a_clone_that_is_not_the_expected_host_is_refused(saved: Database) -> None:
    saved.write(f'{AFTER}expect: {{host: "*/{saved.version}"}}\n')
    save(saved)
    with Cluster(saved.version, "clone", source=saved.cluster) as clone, untouched(saved):
        promoted(clone.url())
        done = saved.cpctl(
            "apply", "plan", "--auto-approve", environment={"CPCTL_DATABASE_URL": clone.url()}
        )
        assert done.code == 3, done
        assert job_names(clone.url()) == sorted(BEFORE)


def test_another_role_is_named(saved: Database) -> None:
    saved.new_role("root", options="SUPERUSER LOGIN")
    (line,) = stale(saved, CPCTL_DATABASE_URL=saved.url("root"))
    assert re.fullmatch(r"role +postgres -> root", line)
