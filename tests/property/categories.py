"""What the generated pairs were, so that a run can show that it tried what it promised to try."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from tests.property import reals
from tests.property.drawn import Pair
from tests.property.files import JOBS, OTHER_DATABASE, OWNER, File
from tests.property.reals import CONF
from tests.property.steps import Report

COUNTS: dict[str, Counter[str]] = {}

QUOTAS: dict[str, float] = {
    "pairs": 1,
    "a field of a shared address": 0.4,
    "only case, quoting, $, \\ … of a setting": 0.2,
    "equal in meaning, spelled otherwise": 0.1,
    "shadowed by ALTER ROLE": 0.05,
    "shadowed by ALTER DATABASE": 0.05,
    "restart-only": 0.05,
    "in postgresql.conf only": 0.05,
    "active left out": 0.1,
    "active: true": 0.1,
    "active: false": 0.1,
    "paused or resumed by hand": 0.1,
    "a foreign job of the same name": 0.01,
    "store moved to database": 0.02,
    "store moved to system": 0.02,
    "a job in another database": 0.05,
    "a job of another owner": 0.05,
    "a secret or URL": 0.1,
    "a list": 0.02,
    "null": 0.02,
    "a delete": 0.05,
    "statements": 1,
}
"""Each category's least share of the pairs."""


def record(title: str, counts: Counter[str]) -> None:
    """Have these counts printed at the end of the run."""
    COUNTS[title] = counts


def categories(pair: Pair, report: Report) -> Counter[str]:
    """The categories that one pair belongs to, and its statements."""
    found = Counter(set(_found(pair, report)))
    found["pairs"] = 1
    found["statements"] = report.first + report.second + report.back
    return found


def _found(pair: Pair, report: Report) -> Iterator[str]:
    yield pair.mode
    yield from _of_hands(pair)
    if _shared_change(report):
        yield "a field of a shared address"
    if pair.mode == "subtle" and report.second:
        yield "only case, quoting, $, \\ … of a setting"
    if pair.mode == "respelled":
        yield "equal in meaning, spelled otherwise"
    if any(left.keys() - right.keys() for left, right in _sides(report)):
        yield "a delete"
    if pair.a.store != pair.b.store and any(pair.b.custom.get(name) for name in pair.a.custom):
        yield f"store moved to {pair.b.store}"
    for file in (pair.a, pair.b):
        yield from _of_jobs(file)
        yield from _of_settings(file, pair)


def _of_hands(pair: Pair) -> Iterator[str]:
    if any(hands.flipped & pair.a.jobs.keys() for hands in pair.hands):
        yield "paused or resumed by hand"
    if pair.hands[0].twin and pair.a.jobs.keys() & pair.b.jobs.keys():
        yield "a foreign job of the same name"


def _sides(report: Report) -> Iterator[tuple[Mapping[Any, object], Mapping[Any, object]]]:
    before, after = report.before, report.between
    yield before.jobs, after.jobs
    yield {**CONF, **before.auto}, {**CONF, **after.auto}
    yield before.database, after.database


def _shared_change(report: Report) -> bool:
    """Something that is on both sides differs in a field."""
    return any(
        left[key] != right[key]
        for left, right in _sides(report)
        for key in left.keys() & right.keys()
    )


def _of_jobs(file: File) -> Iterator[str]:
    for key, job in file.jobs.items():
        active = file.default_active if job.active is None else job.active
        yield "active left out" if active is None else f"active: {str(active).lower()}"
        if job.database == OTHER_DATABASE:
            yield "a job in another database"
        if JOBS[key].owner == OWNER:
            yield "a job of another owner"


def _of_settings(file: File, pair: Pair) -> Iterator[str]:
    shadows = {
        "role_shadow": ("ALTER ROLE", "app.role_shadow"),
        "database_shadow": ("ALTER DATABASE", "app.database_shadow"),
        "real_shadow": ("ALTER DATABASE", "work_mem"),
    }
    for attribute, (how, name) in shadows.items():
        if getattr(pair.world, attribute) and name in file.settings:
            yield f"shadowed by {how}"
    names = {reals.RESTART_ONLY: "restart-only", reals.LIST: "a list"}
    names |= dict.fromkeys(CONF, "in postgresql.conf only")
    yield from (category for name, category in names.items() if name in file.settings)
    if file.secrets or file.urls:
        yield "a secret or URL"
    if None in file.settings.values():
        yield "null"
