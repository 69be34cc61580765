"""D3: whether functions that commands call are there, and may be used by the job's user."""

from __future__ import annotations

import re
from collections.abc import Callable
from difflib import get_close_matches
from typing import NamedTuple

from cpctl.core.acting import grant
from cpctl.core.diagnosis import Found, Unknown
from cpctl.core.guc import names as names_in
from cpctl.core.kind import Rows
from cpctl.core.sql import identifier
from cpctl.operate.commands import Call
from cpctl.operate.doctor.case import Case, Check, Job
from cpctl.operate.doctor.scheduler import installed
from cpctl.operate.doctor.stores import override

DEFAULT_PATH = '"$user", public'


class _Function(NamedTuple):
    """One overload, as one role may use it."""

    name: str
    schema: str
    role: str
    visible: bool
    executable: bool
    signature: str


class _Catalog(NamedTuple):
    """What one database has of the names that jobs call there."""

    functions: list[_Function]
    known: frozenset[str]
    near: list[str]


def _catalog(case: Case, job: Job) -> _Catalog | Unknown | None:
    """None: the job's database does not exist, which D114 says."""
    rows: Rows | str | None = case.places.get(job.database)
    if job.database == case.capabilities.database:
        rows = case.rows
    if rows is None:
        return None
    if isinstance(rows, str):
        return Unknown(f"the database {job.database} cannot be entered: {rows}")
    return _Catalog(
        [_Function(*row) for row in rows["functions"]],
        frozenset(name for (name,) in rows["known"]),
        [name for (name,) in rows["near"]],
    )


def _calls(judge: Callable[[Case, Job, Call, _Catalog], Found]) -> Callable[[Case], Found]:
    def look(case: Case) -> Found:
        catalogs: dict[str, _Catalog | Unknown | None] = {}
        for job in case.jobs:
            if not job.named.calls:
                continue
            if job.database not in catalogs:
                catalogs[job.database] = _catalog(case, job)
                if isinstance(unseen := catalogs[job.database], Unknown):
                    yield unseen
            catalog = catalogs[job.database]
            if isinstance(catalog, _Catalog):
                for call in job.named.calls:
                    yield from judge(case, job, call, catalog)

    return look


def _candidates(job: Job, call: Call, catalog: _Catalog) -> list[_Function]:
    return [
        it
        for it in catalog.functions
        if it.role == job.username and it.name == call.name and call.schema in {"", it.schema}
    ]


def _exists(case: Case, job: Job, call: Call, catalog: _Catalog) -> Found:
    """A name of the grammar or of a type is none of ours to judge."""
    if call.bare and not call.schema and call.name in catalog.known:
        return
    role = case.roles.get(job.username)
    if role is None or not role.exists:
        return
    found, path = _candidates(job, call, catalog), _path(case, job)
    if not found:
        what = f"calls {call}, which does not exist"
        near = get_close_matches(call.name, catalog.near, n=1, cutoff=0.6)
        meant = _instead(job, call, near[0]) if near else ""
        remedy = f"create {call} in the database {job.database}, or change the command"
        yield case.about(job, "D301", "fail", what, remedy=meant or remedy)
    elif not call.schema and not any(it.schema in path for it in found):
        schema = found[0].schema
        what = (
            f"calls {call}, which is in the schema {schema}, and {job.username} does not look there"
        )
        meant = _instead(job, call, f"{identifier(schema)}.{call.name}")
        remedy = meant or f"write {identifier(schema)}.{call} in the command"
        yield case.about(job, "D301", "fail", what, remedy=remedy)


def _instead(job: Job, call: Call, name: str) -> str:
    """The command as it may have been meant; empty where it is not one line, or quotes the name."""
    written = rf"(?<![\w$.]){re.escape(call.name)}(?=\s*\()"
    meant, found = re.subn(written, lambda _: name, job.command, flags=re.IGNORECASE)
    return f"command: {meant.strip()}" if found and "\n" not in meant.strip() else ""


def _allowed(case: Case, job: Job, call: Call, catalog: _Catalog) -> Found:
    found = _candidates(job, call, catalog)
    path = _path(case, job)
    found = [it for it in found if call.schema or it.schema in path]
    if not found or any(it.visible and it.executable for it in found):
        return
    first = found[0]
    rights = [] if first.visible else [f"USAGE ON SCHEMA {identifier(first.schema)}"]
    rights += [] if first.executable else [f"EXECUTE ON FUNCTION {first.signature}"]
    remedy = " ".join(grant(right, job.username) for right in rights)
    what = f"calls {call}, which {job.username} may not execute"
    yield case.about(job, "D302", "fail", what, remedy=remedy)


def _path(case: Case, job: Job) -> tuple[str, ...]:
    """The schemas that a run of this job looks into."""
    text = override(case, job, "search_path")
    if text is None:
        text = next((path for *_, path in case.rows["settings"]), None) or DEFAULT_PATH
    found = names_in(text) or ()
    return ("pg_catalog", *(job.username if name == "$user" else name for name in found))


CHECKS = (
    Check("D301", "functions that commands call exist", _calls(_exists), installed, "jobs"),
    Check("D302", "jobs' users may execute them", _calls(_allowed), installed, "jobs"),
)
