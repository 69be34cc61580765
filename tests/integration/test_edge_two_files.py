"""Two files that have edge functions in one schema do not take turns in changing them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.edge_server import EdgeServer
from tests.integration.pipeline import OURS, TRANSPORTS, apply, drifted, pipeline
from tests.integration.steps import untouched
from tests.runner import Result
from tests.servers import Database

SECOND = """
version: 1
name: stock
store: database
extensions: {{{transport}: {{}}}}
runtime: {{transport: {transport}, schema: {schema}}}
edge_functions: {{parcels: {{key: none}}}}
urls: {{parcels: "http://127.0.0.1:1/"}}
jobs:
  stock_parcels: {{schedule: "0 4 * * *", command: SELECT {schema}.trigger_parcels()}}
"""
WITHOUT = """
version: 1
name: stock
extensions: {{{transport}: {{}}}}
jobs: {{other: {{schedule: "0 3 1 1 *", command: SELECT 1}}}}
"""


@pytest.fixture
def edge(database: Database) -> Iterator[EdgeServer]:
    database.run("create schema stock")
    with pipeline(database) as server:
        apply(database)
        yield server
        database.run("drop schema stock cascade")


def second(
    database: Database, command: str, *options: str, text: str = SECOND, schema: str = "public"
) -> Result:
    transport = TRANSPORTS[database.version]
    database.write(text.format(transport=transport, schema=schema), "stock.yaml")
    return database.cpctl(command, "-f", "stock.yaml", *options)


@pytest.mark.usefixtures("edge")
def test_the_second_is_told_whose_they_are(database: Database) -> None:
    with untouched(database):
        refused = second(database, "apply", "--auto-approve")
    assert refused.code == 3, refused
    assert "is the file content-pipeline's, whose next apply would change it back" in refused.err
    assert "another schema for one of the two" in refused.err
    done = second(database, "apply", "--auto-approve", schema="stock")
    assert done.code == 0, done
    assert drifted(database) == {}


@pytest.mark.usefixtures("edge")
def test_what_the_first_still_has_is_not_dropped(database: Database) -> None:
    before = database.rows(OURS)
    done = second(database, "apply", "--auto-approve", "--allow", "TAKES_OVER")
    assert done.code == 0, done
    gone = second(database, "apply", "--auto-approve", text=WITHOUT)
    assert gone.code == 0, gone
    assert "stays: the file content-pipeline has it too" in gone.out
    assert before == [row for row in database.rows(OURS) if "parcels" not in str(row)]
    again = second(database, "plan", "--detailed-exitcode", text=WITHOUT)
    assert again.code == 0, again
    assert "stays" not in again.out
    apply(database)
    assert drifted(database) == {}


@pytest.mark.usefixtures("edge")
def test_a_rollback_gives_back_what_was_taken(database: Database) -> None:
    done = second(database, "apply", "--auto-approve", "--allow", "TAKES_OVER")
    assert done.code == 0, done
    back = database.cpctl("rollback", "-f", "stock.yaml", "--auto-approve")
    assert back.code == 0, back
    assert drifted(database) == {}


@pytest.mark.usefixtures("edge")
def test_a_rollback_drops_nothing_of_another_file(database: Database) -> None:
    done = second(database, "apply", "--auto-approve", "--allow", "TAKES_OVER")
    assert done.code == 0, done
    allow = "--auto-approve", "--allow", "DROPS_DATA"
    with untouched(database):
        back = database.cpctl("rollback", "-f", "scheduler.yaml", *allow)
    assert back.code == 3, back
    (said,) = [
        line for line in back.err.splitlines() if "is still needed by the file stock" in line
    ]
    for kept in ("function.public.edge_functions()", "table.public.job_runs"):
        assert kept in said
