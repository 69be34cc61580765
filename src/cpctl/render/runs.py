"""Single runs, a line each."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from cpctl.core.speech import Clock
from cpctl.core.watched import FAILED, OneRun, Runs
from cpctl.render.parts.escape import escaped
from cpctl.render.parts.sentences import headline
from cpctl.render.parts.target import target_json
from cpctl.render.parts.watching import brief, looked_json, source, zone
from cpctl.render.shapes import FORMAT_VERSION
from cpctl.render.watch_shapes import RunShape, RunsShape

_SECOND = 1000


def runs_text(found: Runs) -> str:
    """A line for each, the newest first."""
    lines = run_lines(found.runs, found.clock) or ["No such run."]
    return "\n".join([runs_head(found), "", *lines, *source(found.looked)])


def runs_head(found: Runs) -> str:
    """Which file for which database."""
    return headline(found.name, found.target)


def run_lines(runs: Iterable[OneRun], clock: Clock) -> list[str]:
    """`Tue 24 Nov 13:30:00 GMT  failed     job.x  1.2 s, HTTP 500: …`."""
    return [_line(run, clock) for run in runs]


def _line(run: OneRun, clock: Clock) -> str:
    when = _when(run.started, clock) if run.started else "not begun"
    status = escaped(run.status)
    facts = ", ".join(_facts(run))
    message = brief(run.message)
    said = ": ".join(filter(None, (facts, message)))
    return f"  {when}  {status:<9}  {escaped(str(run.address))}  {said}".rstrip()


def _when(moment: str, clock: Clock) -> str:
    """To the second, and always with the day: the lines stand below each other."""
    from cpctl.schedule.speech import zone_of

    local = datetime.fromisoformat(moment).astimezone(zone_of(clock.timezone))
    return f"{local:%a} {local.day:>2} {local:%b %H:%M:%S} {zone(clock)}"


def _facts(run: OneRun) -> Iterable[str]:
    if run.milliseconds is not None:
        took = run.milliseconds
        yield f"{took} ms" if took < _SECOND else f"{took / _SECOND:.1f} s"
    if run.trigger == "manual":
        yield "by hand"
    if run.attempts > 1:
        yield f"attempt {run.attempts}"
    if run.http_status is not None and not run.message.startswith("HTTP "):
        yield f"HTTP {run.http_status}"
    if not run.over and run.pid is not None:
        yield f"pid {run.pid}"


def runs_json(found: Runs) -> RunsShape:
    """The same for programs."""
    return {
        "format_version": FORMAT_VERSION,
        "as_of": found.clock.as_of,
        "target": target_json(found.target),
        "name": found.name,
        "runs": [run_json(run) for run in found.runs],
        "looked": looked_json(found.looked),
    }


def run_json(run: OneRun) -> RunShape:
    """One run for programs."""
    failed = run.status == FAILED
    return {
        "source": run.source,
        "id": str(run.id),
        "address": str(run.address),
        "jobid": None if run.jobid is None else str(run.jobid),
        "function": run.function or None,
        "status": run.status,
        "started_at": run.started or None,
        "completed_at": run.ended or None,
        "processing_time_ms": run.milliseconds,
        "error_message": run.message if failed else None,
        "error_code": run.error_code or None,
        "http_status": run.http_status,
        "attempts": run.attempts or None,
        "trigger_type": run.trigger or None,
        "return_message": None if failed else run.message or None,
    }
