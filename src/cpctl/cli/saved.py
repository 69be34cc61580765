"""Plans on disk: what was reviewed is what is applied, or nothing is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from cpctl.cli.whole import write_whole
from cpctl.errors import CpctlError, InputError, Stale
from cpctl.render.parts.escape import escaped

if TYPE_CHECKING:
    from cpctl.core.inputs import Inputs
    from cpctl.core.plan import Plan

FORMAT = "1."
"""The major version of the JSON that this cpctl reads."""

_MAKE = "make one: cpctl plan --out FILE"
_REVIEW = "make a new plan and review it: cpctl plan --out FILE"
_STDIN = "<stdin>"


class Saved(NamedTuple):
    """A plan that was read back; `document` is its JSON."""

    path: str
    document: dict[str, Any]
    plan: Plan

    @property
    def files(self) -> list[str]:
        """What `-f` named when it was made."""
        return ["-" if name == _STDIN else name for name in self.plan.files]


def save(plan: Plan, path: str) -> None:
    """Write the plan's JSON, whole or not at all; no secret is in it. Raises CpctlError."""
    from cpctl.render.as_json import dumps, plan_json

    try:
        write_whole(Path(path), dumps(plan_json(plan)) + "\n")
    except OSError as error:
        what = f"the plan could not be saved: {error.strerror}"
        raise CpctlError(what, where=path, remedy="name a file in a folder you may write") from None


def read_plan(path: str) -> Saved:
    """A plan from its file. Raises CpctlError where it is none, Stale where it was edited."""
    try:
        document = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        what = f"the plan cannot be read: {error.strerror}"
        raise CpctlError(what, where=path, remedy=_MAKE) from None
    except (ValueError, RecursionError):
        raise _no_plan(path) from None
    if not isinstance(document, dict) or not isinstance(document.get("format_version"), str):
        raise _no_plan(path)
    if not document["format_version"].startswith(FORMAT):
        what = escaped(f"the plan is of format {document['format_version']}")
        raise CpctlError(what, where=path, remedy="use the cpctl that made it")
    if "base_fingerprint" not in document:
        raise _no_plan(path)
    return Saved(path, document, _decoded(path, document))


def _no_plan(path: str) -> CpctlError:
    return CpctlError("this is no plan of cpctl", where=path, remedy=_MAKE)


def _decoded(path: str, document: dict[str, Any]) -> Plan:
    from cpctl.core.codec import checksum, decode

    try:
        edited = checksum(document) != document["record"]["sha256"]
        plan = None if edited else decode(document)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        made = f"cpctl {document.get('cpctl_version')}"
        what = f"the plan ({escaped(made)}) lacks what this cpctl needs, or is damaged"
        raise CpctlError(what, where=path, remedy=_REVIEW) from None
    if plan is None:
        what = "the plan is not as cpctl wrote it: it was edited, or damaged. Nothing was written."
        raise Stale(what, where=path, remedy=_REVIEW)
    return plan


def load_saved(path: str, files: list[str] | None) -> Saved:
    """A plan to apply: `files` must not be given beside it, and its own must be as they were.

    Its JSON, of no more use, is given up: of 10,000 changes it is as large as all the rest.
    Raises CpctlError, Stale.
    """
    if files:
        raise CpctlError(
            "a saved plan names its own files", remedy=f"cpctl apply {path}, without --file"
        )
    saved = read_plan(path)
    changed = [line for name in saved.plan.inputs.files if (line := _file_changed(saved, name))]
    if changed:
        raise _stale_inputs(saved, changed)
    return saved._replace(document={})


def _file_changed(saved: Saved, name: str) -> str:
    """What is wrong with a file of the plan, before anything is read from it."""
    from cpctl.core.inputs import text_digest
    from cpctl.document import read_source

    if name == _STDIN:
        return ""
    try:
        source = read_source(name)
    except InputError as error:
        return f"{name}: {error.faults[0].what}"
    same = text_digest(source) == saved.plan.inputs.files[name]
    return "" if same else f"{name} has another text"


def check_inputs(saved: Saved, inputs: Inputs) -> None:
    """Raises Stale where the files or the variables are not those of the review."""
    from cpctl.core.inputs import inputs_changed

    changed = inputs_changed(saved.plan.inputs, inputs.keyed(saved.plan.as_of))
    if changed:
        raise _stale_inputs(saved, list(changed))


def _stale_inputs(saved: Saved, changed: list[str]) -> Stale:
    names = escaped(", ".join(saved.plan.files))
    what = f"{names} or its variables changed since the plan was made. Nothing was written."
    return Stale(what, where=saved.path, remedy=_REVIEW, details=tuple(map(escaped, changed)))


def check(saved: Saved, now: Plan) -> None:
    """Raises Stale where the database is not as it was, or other statements would run."""
    from cpctl.render.parts.since import moved_lines, statement_lines

    changed = moved_lines(saved.plan, now)
    if changed and not now.changes:
        what = "the database already is as the files say: these changes were made since the plan"
        raise Stale(
            f"{what}. Nothing was written.",
            where=saved.path,
            details=tuple(changed),
            remedy="none is needed; cpctl plan shows that nothing is left to do",
        )
    changed = changed or statement_lines(saved.plan, now)
    if changed:
        what = "the database changed since the plan was made. Nothing was written."
        raise Stale(what, where=saved.path, details=tuple(changed), remedy=_REVIEW)
