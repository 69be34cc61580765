"""What a scheduler file means, said a second time and as simply as possible.

`after` is a small interpreter of design.md §3 over a picture of the database. It shares nothing
with cpctl: where the two disagree, one of them is wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from tests.property import reals
from tests.property.files import JOBS, File
from tests.property.reals import CONF

HOME = "postgres"

JobKey = tuple[str | None, str]


class Row(NamedTuple):
    """A row of cron.job; `jobid` is None where only the server can know it."""

    jobid: int | None
    schedule: str
    command: str
    database: str
    active: bool


Settings = Mapping[str, str]


@dataclass(frozen=True)
class State:
    """Everything that cpctl could change: jobs, postgresql.auto.conf, ALTER DATABASE and ROLE SET.

    `overrides`: by (database, role), each empty where the setting holds for all of them.
    """

    jobs: Mapping[JobKey, Row] = field(default_factory=dict)
    auto: Settings = field(default_factory=dict)
    overrides: Mapping[tuple[str, str], Settings] = field(default_factory=dict)

    @property
    def database(self) -> Settings:
        return self.overrides.get((HOME, ""), {})

    def effective(self, name: str, role: str = "postgres") -> str:
        """What a new session sees; '' for nothing."""
        stronger = [("", ""), (HOME, ""), ("", role), (HOME, role)]
        layers = [CONF, self.auto, *(self.overrides.get(who, {}) for who in stronger)]
        return next((layer[name] for layer in reversed(layers) if name in layer), "")


@dataclass(frozen=True)
class Known:
    """What the ledger says that the last apply of the file left: all that the file declared."""

    jobs: frozenset[JobKey] = frozenset()
    auto: frozenset[str] = frozenset()
    database: frozenset[str] = frozenset()


NOTHING_KNOWN = Known()


def known_of(file: File) -> Known:
    jobs = frozenset((JOBS[key].name, JOBS[key].owner) for key in file.jobs)
    custom = frozenset(name for name, value in file.custom.items() if value is not None)
    stores = (custom, frozenset[str]())
    return Known(jobs, *(stores if file.store == "system" else stores[::-1]))


class Answer(NamedTuple):
    """The state that a file leads to, and how many statements change a managed resource."""

    state: State
    statements: int


def after(file: File, state: State, known: Known = NOTHING_KNOWN) -> Answer:
    """What an apply of this file makes of this database. Without a scope, `known` may go."""
    jobs, job_statements = _jobs(file, state.jobs, known)
    auto, database = dict(state.auto), dict(state.database)
    setting_statements = _real(file, auto) + _custom(file, auto, database, known)
    overrides = {who: found for who, found in state.overrides.items() if who != (HOME, "")}
    if database:
        overrides[HOME, ""] = database
    return Answer(State(jobs, auto, overrides), job_statements + setting_statements)


def _jobs(file: File, seen: Mapping[JobKey, Row], known: Known) -> tuple[dict[JobKey, Row], int]:
    made, count = dict(seen), 0
    declared = {(JOBS[key].name, JOBS[key].owner): job for key, job in file.jobs.items()}
    for address, job in declared.items():
        active = file.default_active if job.active is None else job.active
        row = Row(None, job.schedule, job.command, job.database or HOME, active is not False)
        old = seen.get(address)
        if old is not None:
            same_sql = old.command.strip() == job.command.strip()
            row = row._replace(
                jobid=old.jobid,
                command=old.command if same_sql else job.command,
                active=old.active if active is None else active,
            )
        count += row != old
        made[address] = row
    owners = {"postgres", *(JOBS[key].owner for key in file.jobs)}
    for name, owner in seen:
        ours = file.covers_job(name) or (not file.scope_jobs and (name, owner) in known.jobs)
        if (name, owner) not in declared and owner in owners and ours:
            del made[name, owner]
            count += 1
    return made, count


def _real(file: File, auto: dict[str, str]) -> int:
    """One statement for each value that differs in meaning; what is not declared stays."""
    count = 0
    for name, value in file.real.items():
        if value is None:
            count += auto.pop(name, None) is not None
            continue
        filed = reals.as_filed(name, value)
        if not reals.same(name, filed, auto.get(name, CONF.get(name, reals.built_in(name)))):
            auto[name] = filed
            count += 1
    return count


def _custom(file: File, auto: dict[str, str], database: dict[str, str], known: Known) -> int:
    places = {"system": (auto, known.auto), "database": (database, known.database)}
    remembered = known.auto | known.database
    count = 0
    for store, (place, written) in places.items():
        for name in {*place, *file.custom}:
            value = file.custom.get(name)
            if value is not None and store == file.store:
                count += _written(file, name, value, place)
                continue
            if not file.scope_settings and name in remembered:
                # Without a scope the file may take back what an apply of it wrote, and only there.
                ours = name in written
            elif value is not None:
                ours = file.covers_setting(name)
            else:
                asked = name in file.custom or file.covers_setting(name)
                ours = asked and (store == "system" or file.store == "database")
            count += ours and place.pop(name, None) is not None
    return count


def _written(file: File, name: str, value: str, store: dict[str, str]) -> int:
    below = CONF if file.store == "system" else {}
    changed = store.get(name, below.get(name)) != value
    if changed:
        store[name] = value
    return changed


def with_jobids(expected: State, seen: State) -> State:
    """The expected state with the jobids of what was created, which must be new."""
    taken = {row.jobid for row in expected.jobs.values()}
    jobs = dict(expected.jobs)
    for address, row in expected.jobs.items():
        found = seen.jobs.get(address)
        if row.jobid is None and found is not None and found.jobid not in taken:
            jobs[address] = row._replace(jobid=found.jobid)
    return replace(expected, jobs=jobs)


def differences(seen: State, expected: State) -> list[str]:
    """What is not as expected, a line each."""
    pairs: list[tuple[str, Mapping[Any, object], Mapping[Any, object]]] = [
        ("job", seen.jobs, expected.jobs),
        ("auto.conf", seen.auto, expected.auto),
        ("override", seen.overrides, expected.overrides),
    ]
    return [
        f"{what} {key!r}: {there.get(key)!r}, expected {wanted.get(key)!r}"
        for what, there, wanted in pairs
        for key in {**there, **wanted}
        if there.get(key) != wanted.get(key)
    ]


def unmet(file: File, state: State) -> list[str]:
    """What the file declares and the database does not have, whatever was there before."""
    missing = []
    for key, job in file.jobs.items():
        row = state.jobs.get((JOBS[key].name, JOBS[key].owner))
        wanted = (job.schedule, job.command.strip(), job.database or HOME)
        active = file.default_active if job.active is None else job.active
        if row is None or (row.schedule, row.command.strip(), row.database) != wanted:
            missing.append(f"job {key!r}: {row} is not {wanted}")
        elif active not in (None, row.active):
            missing.append(f"job {key!r}: active is {row.active}")
    for name, value in file.custom.items():
        place = {**CONF, **state.auto} if file.store == "system" else state.database
        if value is not None and place.get(name) != value:
            missing.append(f"{name}: {place.get(name)!r} is not {value!r}")
    return missing
