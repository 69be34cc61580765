"""One small apply that does everything: jobs and settings added, changed, removed and kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

OLD_SECRET = "0ld-c4nary"
NEW_SECRET = "n3w-c4nary"
CANARIES = (OLD_SECRET, NEW_SECRET)
ENVIRONMENT = {"CANARY": NEW_SECRET}

NEVER = "0 3 29 2 *"


class Job(NamedTuple):
    """A row of cron.job, as far as an apply may change it."""

    schedule: str
    command: str
    active: bool = True
    database: str = "postgres"
    username: str = "postgres"


class World(NamedTuple):
    """What the database holds. A setting that is not there stands in no file."""

    jobs: Mapping[str, Job]
    settings: Mapping[str, str]


OLD = World(
    jobs={
        "faults_changed": Job(NEVER, "SELECT 1"),
        "faults_paused": Job(NEVER, "SELECT 2", active=False),
        "faults_kept": Job(NEVER, "SELECT 3"),
        "faults_removed": Job(NEVER, "SELECT 4"),
        "foreign": Job(NEVER, "SELECT 5"),
    },
    settings={
        "app.kept": "kept",
        "app.changed": "old",
        "app.canary": OLD_SECRET,
        "app.removed": "old",
        "app.removed_too": "old",
        "work_mem": "5MB",
        "other.thing": "foreign",
    },
)
NEW = World(
    jobs={
        "faults_changed": Job("0 4 29 2 *", "SELECT 1"),
        "faults_paused": Job("0 4 29 2 *", "SELECT 2", active=False),
        "faults_kept": Job(NEVER, "SELECT 3"),
        "faults_added": Job(NEVER, "SELECT 6"),
        "foreign": Job(NEVER, "SELECT 5"),
    },
    settings={
        "app.kept": "kept",
        "app.changed": "new",
        "app.canary": NEW_SECRET,
        "app.added": "new",
        "work_mem": "6MB",
        "other.thing": "foreign",
    },
)

_HEAD = """\
version: 1
name: faults
scope:
  jobs: [faults_*]
"""
_SETTINGS = """\
  settings: [app.*]
secrets:
  canary: {from: "env:CANARY"}
settings:
  app.kept: kept
  app.changed: new
  app.added: new
  work_mem: 6MB
"""
_JOBS = """\
jobs:
  faults_changed: {schedule: "0 4 29 2 *", command: SELECT 1}
  faults_paused: {schedule: "0 4 29 2 *", command: SELECT 2}
  faults_kept: {schedule: "0 3 29 2 *", command: SELECT 3}
  faults_added: {schedule: "0 3 29 2 *", command: SELECT 6}
"""
FILE = _HEAD + _SETTINGS + _JOBS
JOBS_ONLY = _HEAD + _JOBS

EARLY = ("app.added", "app.canary", "app.changed", "work_mem")
"""Live before the commit."""

LATE = ("app.removed", "app.removed_too")
"""Gone after it."""

NAMES = sorted({*OLD.settings, *NEW.settings})
