"""Plans on disk: what was reviewed is what is applied, or nothing is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

from cpctl.core.plan import Plan
from cpctl.errors import CpctlError, Stale

FORMAT = "1."
"""The major version of the JSON that this cpctl reads."""


class Saved(NamedTuple):
    """What of a saved plan decides whether it still holds."""

    path: str
    files: tuple[str, ...]
    inputs: str
    fingerprint: str
    target: dict[str, str]
    statements: list[Any]


def save(plan: Plan, path: str) -> None:
    """Write the plan's JSON; no secret is in it. Raises CpctlError."""
    from cpctl.render.as_json import dumps, plan_json

    try:
        Path(path).write_text(dumps(plan_json(plan)) + "\n", encoding="utf-8")
    except OSError as error:
        what = f"the plan could not be saved: {error.strerror}"
        raise CpctlError(what, where=path, remedy="name a file in a folder you may write") from None


def load_saved(path: str, files: list[str] | None) -> Saved:
    """Read a saved plan. Raises CpctlError; `files` must not be given beside it."""
    if files:
        raise CpctlError(
            "a saved plan names its own files", remedy=f"cpctl apply {path}, without --file"
        )
    try:
        read = json.loads(Path(path).read_text(encoding="utf-8"))
        if not str(read["format_version"]).startswith(FORMAT):
            raise CpctlError(
                f"the plan is of format {read['format_version']}",
                where=path,
                remedy="apply it with the cpctl that made it",
            )
        inputs, target = read["inputs"], read["target"]
        return Saved(
            path,
            tuple(inputs["files"]),
            inputs["hash"],
            read["base_fingerprint"],
            target,
            read["statements"],
        )
    except OSError as error:
        what = f"the plan cannot be read: {error.strerror}"
        raise CpctlError(what, where=path, remedy="make one: cpctl plan --out FILE") from None
    except (ValueError, KeyError, TypeError):
        what = "this is no plan of cpctl"
        raise CpctlError(what, where=path, remedy="make one: cpctl plan --out FILE") from None


def check(saved: Saved, now: Plan) -> None:
    """Raises Stale where the target, the files or the database are not those of the review."""
    from cpctl.core.plan import fingerprint
    from cpctl.render.as_json import plan_json

    remedy = "make a new plan and review it: cpctl plan --out FILE"
    if saved.target["system_identifier"] != now.target.system_identifier or (
        saved.target["database"] != now.target.database
    ):
        raise Stale(
            "the plan is for another database. Nothing was written.",
            where=saved.path,
            remedy=remedy,
        )
    if saved.inputs != now.inputs:
        names = ", ".join(saved.files)
        what = f"{names} or its variables changed since the plan was made. Nothing was written."
        raise Stale(what, where=saved.path, remedy=remedy)
    if saved.fingerprint != fingerprint(now) or saved.statements != plan_json(now)["statements"]:
        what = "the database changed since the plan was made. Nothing was written."
        raise Stale(what, where=saved.path, remedy=remedy)
