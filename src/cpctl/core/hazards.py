"""What a reviewer must not overlook, by name, and what a file wants to be allowed by name."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from cpctl.core.finding import Finding

HAZARDS = frozenset(
    "CAN_STOP_SERVER CHANGES_OWNER DELETES_JOB DISABLES_JOB HANGS_LAUNCHER RELOAD_APPLIES_OTHERS "
    "RESTART_REQUIRED RUN_IN_PROGRESS SECRET_IN_LOG SECRET_IN_USE".split()
)
"""CHANGES_OWNER belongs to none of today's changes: another owner's job is another job."""

_NAMED = 5


def unallowed(
    found: Iterable[Finding], required: Collection[str], file: str
) -> tuple[Finding, ...]:
    """A refusal for each hazard that the file wants to be allowed."""
    return tuple(_refusals(found, frozenset(required), file)) if required else ()


def _refusals(found: Iterable[Finding], wanted: frozenset[str], file: str) -> Iterator[Finding]:
    where: dict[str, list[str]] = {}
    for finding in found:
        if finding.code in wanted:
            at = where.setdefault(finding.code, [])
            at.extend([str(finding.address)] if finding.address else [])
    for code, addresses in sorted(where.items()):
        named = ", ".join(addresses[:_NAMED])
        more = f" and {len(addresses) - _NAMED} more" if len(addresses) > _NAMED else ""
        subject = f": {named}{more}" if named else ""
        what = f"{file} wants {code} to be allowed{subject}"
        yield Finding(code, what, None, f"if that is meant: --allow {code}")
