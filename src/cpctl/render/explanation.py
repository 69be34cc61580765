"""A schedule explained: its words, its next runs, and the verdict of each version."""

from __future__ import annotations

from typing import NamedTuple

from cpctl.core.speech import Clock, Speech
from cpctl.lints.schedules import schedule_wrong
from cpctl.render.parts.escape import escaped
from cpctl.schedule.speech import speak
from cpctl.schedule.words import rate

VERSIONS = ("1.4", "1.5", "1.6")


class Explanation(NamedTuple):
    """`understood`: some version of pg_cron accepts it."""

    text: str
    understood: bool


def explanation_text(schedule: str, timezone: str, as_of: str) -> Explanation:
    """The explanation as of a moment (ISO 8601), with fires in `timezone` where it counts."""
    spoken = {
        version: speak(schedule, Clock(version, _zone(version, timezone), as_of))
        for version in VERSIONS
    }
    lines = [f'"{escaped(schedule)}"']
    newest = next((speech for speech in reversed(spoken.values()) if speech), None)
    if newest is not None:
        lines.append(f"  {_said(newest)}")
    lines += [_verdict(schedule, version, spoken[version], newest) for version in VERSIONS]
    return Explanation("\n".join(lines), newest is not None)


def _zone(version: str, timezone: str) -> str:
    return "GMT" if version == "1.4" else timezone


def _said(speech: Speech) -> str:
    often = rate(speech.runs_a_day) if speech.runs_a_day else ""
    return "; ".join(filter(None, (speech.words, often, speech.upcoming)))


def _verdict(schedule: str, version: str, speech: Speech | None, newest: Speech | None) -> str:
    label = f"  pg_cron {version}  "
    wrong = schedule_wrong(schedule, (), version)
    if wrong is not None:
        kind = "invalid" if speech is None else "misread"
        return f"{label}{kind}: {escaped(wrong.what)}. Remedy: {escaped(wrong.remedy)}"
    if speech is None or newest is None or speech.words == newest.words:
        return f"{label}valid"
    return f"{label}valid: {speech.words}"
