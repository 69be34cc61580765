"""The JSON of the ledger as types, as `shapes.py` has that of plans."""

from __future__ import annotations

import sys
from typing import Annotated, Literal, NotRequired

from cpctl.render.shapes import AddressText, Format, Says, Values

if sys.version_info >= (3, 12):
    from typing import TypedDict
else:
    from typing_extensions import TypedDict


Outcome = Literal["applied", "partly", "undone", "died", "running", "unfinished"]


Action = Literal["apply", "rollback", "pause", "resume"]


class PastChangeShape(TypedDict):
    """One resource that a past apply changed; sensitive values are null."""

    address: AddressText
    action: Annotated[str, Says("create, update or delete.")]
    before: Annotated[Values | None, Says("Its fields before; null where it was not there.")]
    after: Annotated[Values | None, Says("Its fields afterwards; null where it was removed.")]


class ApplyShape(TypedDict):
    """One apply, as the ledger has it."""

    apply: Annotated[str, Says("Its number.")]
    name: Annotated[
        str, Says("The name of the file; of a pause or a resume: cpctl pause, cpctl resume.")
    ]
    started: Annotated[str, Says("When it began, ISO 8601, by the database's clock.")]
    finished: Annotated[str | None, Says("When it ended; null where it never did.")]
    outcome: Annotated[Outcome, Says("What became of it.")]
    role: Annotated[str, Says("The database role.")]
    os_user: Annotated[str, Says("The user of the machine that ran it.")]
    job: Annotated[str, Says("The run of the CI system; empty outside one.")]
    url: Annotated[str, Says("The page of that run.")]
    commit: Annotated[str, Says("The commit that the run was for.")]
    cpctl_version: Annotated[str, Says("The version of cpctl that made it.")]
    files: Annotated[list[str], Says("The files, in the order they were merged.")]
    undoes: Annotated[str | None, Says("The number of the apply that this rollback undid.")]
    created: Annotated[int, Says("Resources it made.")]
    updated: Annotated[int, Says("Resources it changed.")]
    deleted: Annotated[int, Says("Resources it removed.")]
    left_behind: Annotated[list[str], Says("What could not be put back or finished.")]
    action: Annotated[Action, Says("What it was.")]
    jobs: Annotated[list[str], Says("The jobs that a pause or a resume changed.")]
    reason: Annotated[str, Says("Why, where somebody said so: of a pause or a resume.")]
    via: Annotated[str, Says("What called it: cpctl, or another program.")]
    changes: NotRequired[Annotated[list[PastChangeShape], Says("Only of `history show N`.")]]


class AppliesShape(TypedDict):
    """`cpctl history --format json`, and `history show N`: applies, the newest first."""

    format_version: Format
    applies: Annotated[list[ApplyShape], Says("The applies.")]
