"""The ledger for people and programs: which applies there were, and what one of them changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from shlex import quote

from cpctl.core.ledger import Applied, Remembered
from cpctl.core.pauses import CPCTL, PastSwitch, spoken, through
from cpctl.core.resource import is_sealed, plain
from cpctl.render.history_shapes import Action, AppliesShape, ApplyShape, Outcome, PastChangeShape
from cpctl.render.parts.escape import escaped
from cpctl.render.parts.moments import moment
from cpctl.render.parts.sentences import count
from cpctl.render.parts.values import SECRET, value_text
from cpctl.render.shapes import FORMAT_VERSION

_SIGNS = {"create": "+", "update": "~", "delete": "-"}
Changes = Sequence[tuple[str, str, Remembered | None, Remembered | None]]
"""(address, action, before, after)."""


def history_text(where: str, applies: Sequence[Applied], timezone: str) -> str:
    """A line for each apply, the newest first."""
    if not applies:
        return f"{escaped(where)}\nThe ledger is empty."
    rows = [_row(applied, timezone) for applied in applies]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    numbered = (
        (row[0].rjust(widths[0]), *(c.ljust(w) for c, w in zip(row[1:], widths[1:], strict=True)))
        for row in rows
    )
    return "\n".join([escaped(where), "", *(f"  {'  '.join(row)}".rstrip() for row in numbered)])


def _row(applied: Applied, timezone: str) -> tuple[str, ...]:
    switched = applied.switched
    if switched is not None:
        why = f" ({spoken(switched.reason)})" if switched.reason else ""
        return (
            str(applied.number),
            moment(applied.started, timezone),
            _deed(switched),
            _jobs(switched),
            "",
            escaped(f"{applied.by}{through(switched.via)}{why}"),
        )
    return (
        str(applied.number),
        moment(applied.started, timezone),
        _outcome(applied),
        escaped(applied.name),
        _counts(applied),
        escaped(applied.by),
    )


def _deed(switched: PastSwitch) -> str:
    return "resumed" if switched.active else "paused"


def _jobs(switched: PastSwitch) -> str:
    """The job, or how many."""
    one = len(switched.jobs) == 1
    return escaped(switched.jobs[0]) if one else count(len(switched.jobs), "job")


def _outcome(applied: Applied) -> Outcome:
    known: dict[str, Outcome] = {
        "applied": "applied",
        "partly": "partly",
        "undone": "undone",
        "died": "died",
    }
    return known.get(applied.outcome, "running" if applied.running else "unfinished")


def _counts(applied: Applied) -> str:
    signs = zip("+~-", applied.counts, strict=True)
    counted = " ".join(f"{sign}{number}" for sign, number in signs if number)
    return f"{counted}, rollback of {applied.undoes}" if applied.undoes else counted


def apply_text(applied: Applied, changes: Changes, timezone: str) -> str:
    """One apply, with the fields that it changed."""
    switched = applied.switched
    ended = f" to {moment(applied.finished, timezone)}" if applied.finished else ""
    known = {
        "when": f"{moment(applied.started, timezone)}{ended}",
        "by": escaped(applied.by),
        "reason": escaped(switched.reason) if switched else "",
        "through": escaped(switched.via) if switched and through(switched.via) else "",
        "user": escaped(applied.run.os_user),
        "run": escaped(applied.run.url),
        "commit": escaped(applied.run.commit),
        "files": escaped(" + ".join(applied.files)),
        "cpctl": escaped(applied.version),
        "left": escaped(", ".join(applied.left)),
    }
    facts = [f"  {name:<8}{value}" for name, value in known.items() if value]
    lines = [line for change in changes for line in _change(*change)]
    return "\n".join([_head(applied), *facts, "", *lines, *_undo(applied)])


def _head(applied: Applied) -> str:
    switched = applied.switched
    if switched is not None:
        deed = "resume" if switched.active else "pause"
        return f"{deed} {applied.number} of {_jobs(switched)}"
    undoes = f", the rollback of {applied.undoes}" if applied.undoes else ""
    return f"apply {applied.number} of {escaped(applied.name)}{undoes}: {_outcome(applied)}"


def _undo(applied: Applied) -> list[str]:
    if applied.switched is not None:
        jobs = [quote(job.removeprefix("job.")) for job in applied.switched.jobs]
        command = "pause" if applied.switched.active else "resume"
        return [escaped(f"To undo it: cpctl {command} {' '.join(jobs)}")]
    return [f"To undo it: cpctl rollback {applied.number}"] if applied.outcome == "applied" else []


def _change(
    address: str, action: str, before: Remembered | None, after: Remembered | None
) -> list[str]:
    was, now = (before.fields if before else {}), (after.fields if after else {})
    title = f"{_SIGNS[action]} {escaped(address)}"
    names = [name for name in dict.fromkeys((*now, *was)) if was.get(name) != now.get(name)]
    sealed = [
        name for name in {**was, **now} if is_sealed(was.get(name)) or is_sealed(now.get(name))
    ]
    lines = [f"    {name} = {_sides(was, now, name)}" for name in names if name not in sealed]
    return [title, *lines, *(f"    {name} = {SECRET}" for name in sealed)]


def _sides(was: Mapping[str, object], now: Mapping[str, object], name: str) -> str:
    known = [value_text(side[name]) for side in (was, now) if name in side]  # type: ignore[arg-type]
    return " -> ".join(known)


def history_json(applies: Sequence[Applied]) -> AppliesShape:
    """The applies for programs."""
    return {"format_version": FORMAT_VERSION, "applies": [_apply(applied) for applied in applies]}


def apply_json(applied: Applied, changes: Changes) -> AppliesShape:
    """One apply for programs, with its changes."""
    one = _apply(applied)
    one["changes"] = [_changed(*change) for change in changes]
    return {"format_version": FORMAT_VERSION, "applies": [one]}


def _apply(applied: Applied) -> ApplyShape:
    switched = applied.switched
    return {
        "apply": str(applied.number),
        "name": applied.name,
        "started": applied.started,
        "finished": applied.finished or None,
        "outcome": _outcome(applied),
        "role": applied.role,
        "os_user": applied.run.os_user,
        "job": applied.run.job,
        "url": applied.run.url,
        "commit": applied.run.commit,
        "cpctl_version": applied.version,
        "files": list(applied.files),
        "undoes": None if applied.undoes is None else str(applied.undoes),
        "created": applied.counts.created,
        "updated": applied.counts.updated,
        "deleted": applied.counts.deleted,
        "left_behind": list(applied.left),
        "action": _action(applied),
        "jobs": list(switched.jobs) if switched else [],
        "reason": switched.reason if switched else "",
        "via": switched.via if switched else CPCTL,
    }


def _action(applied: Applied) -> Action:
    if applied.switched is not None:
        return "resume" if applied.switched.active else "pause"
    return "apply" if applied.undoes is None else "rollback"


def _changed(
    address: str, action: str, before: Remembered | None, after: Remembered | None
) -> PastChangeShape:
    return {
        "address": address,
        "action": action,
        "before": before and {name: plain(value) for name, value in before.fields.items()},
        "after": after and {name: plain(value) for name, value in after.fields.items()},
    }
