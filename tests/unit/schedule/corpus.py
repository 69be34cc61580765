"""The strings that real servers judged, and what each version's own parser made of them."""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

from cpctl.schedule.meaning import AtStart, Interval, Meaning, Times

FOLDER = Path(__file__).parents[2] / "corpus"
COLUMNS = {"1.4.2": "1.4", "1.5.2": "1.5", "1.6.4": "1.6.4", "1.6.5": "1.6", "HEAD": "1.6"}
VERSIONS = ("1.4", "1.5", "1.6.4", "1.6")
FIELDS = (("m", 0, 59), ("h", 0, 23), ("d", 1, 31), ("M", 1, 12), ("w", 0, 6))


class Line(NamedTuple):
    text: str
    cells: dict[str, str]


def table(name: str) -> list[Line]:
    """A file of tab-separated columns, the first of them a JSON string."""
    head, *rows = (FOLDER / name).read_text(encoding="utf-8").splitlines()
    columns = head.split("\t")[1:]
    found = []
    for row in rows:
        text, *cells = row.split("\t")
        found.append(Line(json.loads(text), dict(zip(columns, cells, strict=True))))
    return found


VERDICTS = table("schedules.tsv")
MEANINGS = table("schedule_meanings.tsv")
TEXTS = [line.text for line in VERDICTS]


def _numbers(numbers: Collection[int], low: int, high: int) -> str:
    if set(numbers) == set(range(low, high + 1)):
        return "*"
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    shown = [str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs]
    return ",".join(shown) or "NONE"


def as_cell(meaning: Meaning | None) -> str:
    """A meaning as the corpus writes it, without the flags m and h, which no rule uses."""
    match meaning:
        case None:
            return "invalid"
        case AtStart():
            return "reboot"
        case Interval(seconds):
            return f"interval={seconds}"
        case Times():
            sets = (meaning.minutes, meaning.hours, meaning.days, meaning.months, meaning.weekdays)
            parts = [
                f"{name}={_numbers(numbers, low, high)}"
                for (name, low, high), numbers in zip(FIELDS, sets, strict=True)
            ]
            flags = {"D": meaning.any_day, "W": meaning.any_weekday, "$": meaning.last_day}
            return " ".join([*parts, "f=" + "".join(name for name, on in flags.items() if on)])


def without_clock_flags(cell: str) -> str:
    sets, mark, flags = cell.partition("f=")
    return sets + mark + "".join(flag for flag in flags if flag in "DW$")
