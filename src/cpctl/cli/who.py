"""Who runs this process: the user of this machine, and the run of a CI system, for the history."""

from __future__ import annotations

import getpass
import os
from collections.abc import Mapping
from typing import NamedTuple

from cpctl.core.ledger import Run


class _System(NamedTuple):
    """Where a CI system says what it runs: the number, the commit, and the page of a run."""

    number: str
    commit: str
    page: str


_SYSTEMS = (
    _System(
        "GITHUB_RUN_ID",
        "GITHUB_SHA",
        "{GITHUB_SERVER_URL}/{GITHUB_REPOSITORY}/actions/runs/{GITHUB_RUN_ID}",
    ),
    _System("CI_PIPELINE_ID", "CI_COMMIT_SHA", "{CI_PIPELINE_URL}"),
    _System("BUILDKITE_BUILD_NUMBER", "BUILDKITE_COMMIT", "{BUILDKITE_BUILD_URL}"),
    _System("CIRCLE_BUILD_NUM", "CIRCLE_SHA1", "{CIRCLE_BUILD_URL}"),
    _System("BITBUCKET_BUILD_NUMBER", "BITBUCKET_COMMIT", "{BITBUCKET_GIT_HTTP_ORIGIN}"),
    _System(
        "BUILD_BUILDID",
        "BUILD_SOURCEVERSION",
        "{SYSTEM_COLLECTIONURI}{SYSTEM_TEAMPROJECT}/_build/results?buildId={BUILD_BUILDID}",
    ),
    _System("BUILD_NUMBER", "GIT_COMMIT", "{BUILD_URL}"),
)
"""GitHub, GitLab, Buildkite, CircleCI, Bitbucket, Azure, Jenkins: as their documentation has it."""


class _Known(dict[str, str]):
    def __missing__(self, _: str) -> str:
        return ""


def run_of(environment: Mapping[str, str]) -> Run:
    """The run that this environment tells of."""
    known = _Known(environment)
    for system in _SYSTEMS:
        if known[system.number]:
            page = system.page.format_map(known)
            told = (_user(), f"CI run {known[system.number]}", page, known[system.commit])
            return Run(*map(_text, told))
    return Run(_text(_user()))


def _text(value: str) -> str:
    """The environment may hold bytes that are no text, and no server would take them."""
    return value.encode("utf-8", "backslashreplace").decode()


def _user() -> str:
    """A container may run as a number that has no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())
