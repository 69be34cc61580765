"""A pause or a resume as the person on call reads it, and as a program does."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from cpctl.core.runs import Run, last_run
from cpctl.core.switched import Switch, Switched
from cpctl.render.parts.escape import escaped
from cpctl.render.parts.paused import whose
from cpctl.render.parts.sentences import count
from cpctl.render.pause_shapes import PauseShape, RunShape, SwitchedShape
from cpctl.render.shapes import FORMAT_VERSION

_SETTLED = "The connection broke while committing. Asked the server: it was committed."


def pause_text(done: Switch) -> str:
    """What was done to which jobs, and what to know about it."""
    lines = [_SETTLED] if done.settled else []
    lines += _headline(done)
    lines += (f"# {escaped(line)}" for line in _remarks(done))
    return "\n".join(lines)


def _headline(done: Switch) -> Iterator[str]:
    where = escaped(f"on {done.host}/{done.database}")
    verb = "Resumed" if done.active else "Paused"
    if len(done.changed) == 1:
        job = done.changed[0]
        yield f"{verb} {escaped(str(job.job.address))} {where}{_bracketed(_when(job, done))}."
    elif done.changed:
        yield f"{verb} {count(len(done.changed), 'job')} {where}."
        for job in done.changed:
            yield f"  {escaped(str(job.job.address))}{_bracketed(_when(job, done))}"
    elif not done.already:
        yield f"There is nothing to {_verb(done)} {where}."
    for job in done.already:
        yield _already(job, done)


def _verb(done: Switch) -> str:
    return "resume" if done.active else "pause"


def _bracketed(words: str) -> str:
    return f" ({words})" if words else ""


def _when(one: Switched, done: Switch) -> str:
    """`every 5 minutes; next would have been 03:15 GMT`."""
    from cpctl.schedule.speech import first_of, speak

    schedule = str(one.job.fields["schedule"])
    said, first = speak(schedule, done.clock), first_of([schedule], done.clock)
    coming = f"next {'' if done.active else 'would have been '}{first}" if first else ""
    return "; ".join(filter(None, (said.words if said else "", coming)))


def _already(one: Switched, done: Switch) -> str:
    address = escaped(str(one.job.address))
    if done.active:
        return f"{address} is active already."
    return escaped(f"{address} is paused already, {whose(one.pause, done.clock)}.")


def _remarks(done: Switch) -> Iterator[str]:
    for one in done.changed:
        yield from _of_its_run(one, done)
    managed = [one for one in done.changed if one.place is not None]
    for one in managed:
        yield _managed(one, done)
    if not done.changed:
        return
    if done.active:
        paused = [one for one in done.changed if one.pause]
        yield from (f"{_subject(one, done)}paused {whose(one.pause, done.clock)}" for one in paused)
    elif len(managed) < len(done.changed):
        yield f"deploys leave {_them(done, len(managed))} paused. Resume: {_back(done)}"
    if done.unrecorded:
        yield f"nobody will know who did it, nor why: {done.unrecorded}"


def _subject(one: Switched, done: Switch) -> str:
    return f"{one.job.address} " if len(done.changed) > 1 else "it was "


def _them(done: Switch, managed: int) -> str:
    if managed:
        return "the others"
    return "it" if len(done.changed) == 1 else "them"


def _back(done: Switch) -> str:
    if len(done.changed) > 1 and done.number is not None:
        return "cpctl resume --all"
    return "cpctl resume " + " ".join(_word(one) for one in done.changed)


def _word(one: Switched) -> str:
    """What a shell can be given for it."""
    from shlex import quote

    return quote(str(one.job.address).removeprefix("job."))


def _of_its_run(one: Switched, done: Switch) -> Iterator[str]:
    run = last_run(one.job)
    if run is None or not run.in_progress or done.active:
        return
    where = ", ".join(filter(None, (f"pid {run.pid}" if run.pid else "", _lasting(run, done))))
    whose = f" of {one.job.address}" if len(done.changed) > 1 else ""
    yield (
        f"1 run in progress{whose}{_bracketed(where)}: "
        f"pg_cron will show it as failed, its backend {run.fate}"
    )


def _lasting(run: Run, done: Switch) -> str:
    return f"{_seconds(run, done)} s" if run.started else ""


def _seconds(run: Run, done: Switch) -> int:
    begun, now = (datetime.fromisoformat(at) for at in (run.started, done.clock.as_of))
    return max(0, int((now - begun).total_seconds()))


def _managed(one: Switched, done: Switch) -> str:
    place = one.place
    at = f"{place.file}:{place.line}" if place else done.files[0]
    then, other = ("pauses", "true") if done.active else ("resumes", "false")
    stay = "active" if done.active else "paused"
    whose = f" of {one.job.address}" if len(done.changed) > 1 else ""
    return (
        f"{at} manages active{whose}: the next apply {then} it. "
        f"Set it to {other} there to stay {stay}."
    )


def pause_json(done: Switch) -> PauseShape:
    """The same for programs."""
    jobs = [*((one, True) for one in done.changed), *((one, False) for one in done.already)]
    return {
        "format_version": FORMAT_VERSION,
        "action": "resume" if done.active else "pause",
        "host": done.host,
        "database": done.database,
        "reason": done.reason,
        "jobs": [_job(one, done, changed=changed) for one, changed in jobs],
        "number": None if done.number is None else str(done.number),
        "unrecorded": done.unrecorded or None,
    }


def _job(one: Switched, done: Switch, *, changed: bool) -> SwitchedShape:
    run, pause = last_run(one.job), one.pause
    met = run is not None and run.in_progress and changed and not done.active
    return {
        "address": str(one.job.address),
        "jobid": str(one.job.facts["jobid"]),
        "schedule": str(one.job.fields["schedule"]),
        "changed": changed,
        "run_in_progress": _run(run, done) if run and met else None,
        "paused_by": pause.by if pause else None,
        "paused_since": pause.at if pause else None,
        "paused_because": pause.reason if pause else None,
        "undone_by": f"{one.place.file}:{one.place.line}" if one.place else None,
    }


def _run(run: Run, done: Switch) -> RunShape:
    seconds = _seconds(run, done) if run.started else 0
    return {"pid": run.pid, "seconds": seconds, "fate": run.fate}
