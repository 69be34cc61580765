"""What edge functions answer becomes lines of their logs, where the guide's queries find them."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest

from tests.guide import MONITORING
from tests.integration.pack_by_hand import Edge, Runtime, installed
from tests.integration.test_edge_alerts import BEGIN, FINISH
from tests.servers import Database

NAMES = "content_automation sweeper monitoring health_checks metrics_collection cleanup".split()
LOGGED = (
    "select action, status, records_processed, duration_ms::float8, error_details, "
    "metadata - '{trigger_type,function,run_id}'::text[] from pipeline.sweeper_logs order by id"
)


@pytest.fixture(autouse=True)
def runtime(database: Database) -> Iterator[Runtime]:
    with installed(database.admin, Runtime("pg_net", dict.fromkeys(NAMES, Edge()))) as made:
        yield made


def answered(database: Database, content: object, name: str = "sweeper") -> int:
    ((run,),) = database.rows(BEGIN, name)
    text = content if isinstance(content, str) else json.dumps(content)
    ((said,),) = database.rows(FINISH, run, 200, text)
    assert said["status"] == "succeeded"
    assert isinstance(run, int)
    return run


ONE = {"action": "sweep", "status": "ok", "records_processed": 3, "duration_ms": 12.5}
LINE: tuple[object, ...] = ("sweep", "ok", 3, 12.5, None, {})
SHAPES = {
    "object": ONE,
    "array": [ONE],
    "logs": {"success": True, "logs": [ONE]},
    "entries": {"entries": [ONE]},
    "results": {"results": [ONE]},
    "data": {"success": True, "data": ONE},
    "data of logs": {"success": True, "data": {"logs": [ONE, "not an object", None, 7]}},
}


@pytest.mark.parametrize("shape", SHAPES)
def test_where_the_entries_may_stand(database: Database, shape: str) -> None:
    run = answered(database, SHAPES[shape])
    assert database.rows(LOGGED) == [LINE]
    stamp = (
        "select metadata, \"timestamp\" > now() - interval '1 minute' from pipeline.sweeper_logs"
    )
    expected = {"trigger_type": "scheduled", "function": "sweeper", "run_id": run}
    assert database.rows(stamp) == [(expected, True)]
    lines = "select response, metadata->'log_lines' from pipeline.job_runs"
    assert database.rows(lines) == [(SHAPES[shape], 1)]


@pytest.mark.parametrize(
    "content", [[], {}, "", '"ok"', "null", "[[1]]", {"success": True}, {"logs": []}]
)
def test_an_answer_without_entries_is_no_line(database: Database, content: object) -> None:
    answered(database, content)
    assert database.rows(LOGGED) == []


def test_what_fits_no_column_stays_in_metadata(database: Database) -> None:
    entries = [
        {"action": "a", "records_processed": "many", "host": "x", "duration_ms": None},
        {
            "action": {"deep": [1]},
            "timestamp": "yesterdayish",
            "metadata": {"batch": 7, "run_id": 0},
        },
        {"action": "b", "records_processed": 1.5, "metadata": "text"},
        {"timestamp": "2026-01-02T03:04:05Z", "status": "ok", "id": 1, "error_details": "boom"},
        {"records_processed": 10**30},
        ONE,
    ]
    answered(database, entries)
    assert database.rows(LOGGED) == [
        (
            "a",
            None,
            None,
            None,
            None,
            {"records_processed": "many", "host": "x", "duration_ms": None},
        ),
        ('{"deep": [1]}', None, None, None, None, {"timestamp": "yesterdayish", "batch": 7}),
        ("b", None, None, None, None, {"records_processed": 1.5, "metadata": "text"}),
        (None, "ok", None, None, "boom", {"id": 1}),
        LINE,
    ]
    when = "select \"timestamp\" = '2026-01-02T03:04:05Z' from pipeline.sweeper_logs order by id"
    assert database.rows(when) == [(False,), (False,), (False,), (True,), (False,)]


def test_a_table_that_somebody_changed_fails_no_run(database: Database) -> None:
    database.run("alter table pipeline.sweeper_logs add check (action <> 'forbidden')")
    answered(database, [{"action": "forbidden"}, ONE])
    assert database.rows(LOGGED) == [LINE]
    refused = "select metadata->'log_lines_refused' from pipeline.job_runs"
    assert database.rows(refused) == [(1,)]
    database.run("alter table pipeline.sweeper_logs drop column records_processed")
    answered(database, ONE)
    extra = "select metadata->'records_processed' from pipeline.sweeper_logs order by id"
    assert database.rows(extra) == [(None,), (3,)]


def test_no_answer_fills_a_table(database: Database) -> None:
    answered(database, [ONE] * 1500)
    assert database.rows("select count(*) from pipeline.sweeper_logs") == [(1000,)]


def test_a_million_of_anything_is_judged_at_once(database: Database) -> None:
    """No pattern is looked for that takes the square of an answer's length."""
    for part in ("eyJ", "eyJ.", "bearer ", '\\"', "["):
        text = json.dumps(part * (1_000_000 // len(part)))
        began = time.monotonic()
        answered(database, text)
        ((run,),) = database.rows(BEGIN, "sweeper")
        database.run(FINISH, run, 500, text)
        assert time.monotonic() - began < 1


ANSWERS = {
    "content_automation": {"success": True},
    "sweeper": {**ONE, "error_details": "none"},
    "monitoring": {"alerts": 1, "data": [
        {"alert_type": "cpu", "severity": "warning", "message": "hot", "status": "open"}
    ]},
    "health_checks": {"results": [
        {"component": "db", "status": "healthy", "response_time_ms": 3.25, "details": {"ok": True}}
    ]},
    "metrics_collection": [
        {"metric_type": "gauge", "metric_name": "jobs", "metric_value": 1.5, "metric_unit": "n"}
    ],
    "cleanup": {"operation_type": "delete", "table_name": "t", "records_processed": 9,
                "records_deleted": 8, "duration_ms": 7, "status": "ok"},
}  # fmt: skip


def test_the_guides_queries_find_them(database: Database) -> None:
    for name, content in ANSWERS.items():
        answered(database, content, name)
        database.run("update pipeline.job_runs set job_id = 7")
    assert len(MONITORING) == 6
    database.run("set search_path = pipeline")
    for heading, query in MONITORING:
        rows = database.rows(query)
        assert len(rows) == (6 if "Job Execution" in heading else 1)
        for row in rows:
            assert None not in row or "Job Execution" in heading, (heading, row)
        print(f"{heading}: {len(rows)} rows, {rows[0]}")


def test_an_index_serves_each_of_the_guides_queries(database: Database) -> None:
    database.run("set search_path = pipeline")
    for heading, query in MONITORING:
        table = query.partition("FROM ")[2].split()[0]
        more = ("status, ", "'succeeded', ") if table == "job_runs" else ("", "")
        database.run(
            f"insert into {table} ({more[0]}metadata) select {more[1]}jsonb_build_object("
            "'trigger_type', case n % 3 when 0 then 'manual' else 'scheduled' end) "
            "from generate_series(1, 3000) n"
        )
        database.run(f"analyze {table}")
        plan = "\n".join(line for (line,) in database.rows(f"explain {query}"))
        assert f"Index Scan using {table}_trigger_type_idx" in plan, (heading, plan)
        assert "Sort" not in plan, (heading, plan)


def test_they_find_only_what_was_scheduled(database: Database) -> None:
    answered(database, ONE)
    database.run(
        'update pipeline.job_runs set metadata = metadata || \'{"trigger_type": "manual"}\''
    )
    database.run('update pipeline.sweeper_logs set metadata = \'{"trigger_type": "manual"}\'')
    database.run("set search_path = pipeline")
    assert [database.rows(query) for _, query in MONITORING] == [[]] * 6
