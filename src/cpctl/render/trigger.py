"""A run by hand, for people and programs."""

from __future__ import annotations

from collections.abc import Iterator

from cpctl.core.ran import Result, Triggered
from cpctl.render.parts.escape import escaped
from cpctl.render.parts.sentences import count
from cpctl.render.pause_shapes import TriggerShape
from cpctl.render.shapes import FORMAT_VERSION


def trigger_text(done: Triggered) -> str:
    """What ran where, and what it answered."""
    ran = done.ran
    tags = ", ".join(result.tag for result in ran.results if result.tag) or "nothing to do"
    where = f"on {done.host}/{done.database} as {done.owner}"
    lines = [escaped(f"Ran {done.address} {where} ({ran.seconds:.1f} s): {tags}.")]
    for result in ran.results:
        lines += _rows(result)
    return "\n".join([*lines, *(f"# {escaped(line)}" for line in _remarks(done))])


def _rows(result: Result) -> Iterator[str]:
    for row in result.rows:
        yield escaped("  " + " | ".join("" if value is None else value for value in row))
    if result.row_count > len(result.rows):
        yield f"  … and {count(result.row_count - len(result.rows), 'row')} more"


def _remarks(done: Triggered) -> Iterator[str]:
    if done.ran.open:
        yield "it left a transaction open, which was rolled back; so does pg_cron"
    run = done.run
    if run is None:
        return
    number = run["run_id"]
    if run["status"] == "running":
        yield f"run {number} waits for its answer, which is collected later: --wait waits for it"
    else:
        yield f"run {number} {run['status']}, HTTP {run.get('http_status')}"


def trigger_json(done: Triggered) -> TriggerShape:
    """The same for programs."""
    return {
        "format_version": FORMAT_VERSION,
        "address": done.address,
        "jobid": str(done.jobid),
        "host": done.host,
        "database": done.database,
        "role": done.owner,
        "seconds": round(done.ran.seconds, 3),
        "results": [
            {
                "tag": result.tag,
                "columns": list(result.columns),
                "rows": [list(row) for row in result.rows],
                "row_count": result.row_count,
            }
            for result in done.ran.results
        ],
        "transaction_left_open": done.ran.open,
        "run": done.run,
    }
