"""The jobs of a file as a migration: made, changed in place, renamed and removed by one role.

A migration is run by one role, and pg_cron lets no other than a superuser make jobs for somebody
else: whoever runs it must be the owner that the file names.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from cpctl.core.finding import Finding
from cpctl.core.glob_regex import matching
from cpctl.core.job_spec import NAME_LIMIT, Spec
from cpctl.core.migration import NOTHING, Offline, Script, raised
from cpctl.core.resource import Address
from cpctl.core.statement import Parameter
from cpctl.core.text import Text


class Texts(NamedTuple):
    """The .sql files that stand beside the kind."""

    declared: str
    removal: str


class _Column(NamedTuple):
    """A column of the table of jobs; one that no job needs is NULL, and not in the table."""

    name: str
    type: str


_ALWAYS: Final = (_Column("name", "text"), _Column("schedule", "text"), _Column("command", "text"))
_WHERE_SAID: Final = (
    _Column("database", "text"),
    _Column("active", "boolean"),
    _Column("was", "text"),
    _Column("ignored", "text[]"),
)


def job_script(entries: Mapping[Text, Spec], offline: Offline, texts: Texts) -> Script:
    """The jobs' part of the migration; it is refused where they have several owners."""
    scope = offline.scope.get("jobs")
    if not entries and scope is None:
        return NOTHING
    owners = _owners(entries, offline)
    if len(owners) > 1:
        return Script(refusals=tuple(_several(owners)))
    names = [str(spec.name or key) for key, spec in entries.items()]
    owner = next(iter(owners), None)
    steps = [_declared(entries, offline, texts.declared)] if entries else []
    if scope is not None:
        kept = ", ".join(map(offline.quote, names))
        steps.append(
            texts.removal.format(
                covered=matching("j.jobname::text", scope, offline.quote),
                kept=f"\n      AND j.jobname <> ALL (ARRAY[{kept}]::text[])" if names else "",
            )
        )
    return Script(
        checks=tuple(_checks(owner, names, offline)),
        steps=tuple(steps),
        notes=tuple(_notes(owner, offline)),
    )


def _owners(entries: Mapping[Text, Spec], offline: Offline) -> dict[str, list[Address]]:
    """Who is named as an owner, and the jobs that name them."""
    found: dict[str, list[Address]] = {offline.owner: []} if offline.owner else {}
    for key, spec in entries.items():
        if spec.username:
            found.setdefault(spec.username, []).append(Address("job", str(spec.name or key)))
    return found


def _several(owners: Mapping[str, list[Address]]) -> Iterator[Finding]:
    remedy = "write one file for each owner, or: cpctl apply"
    for owner, jobs in owners.items():
        for address in jobs:
            what = f"belongs to {owner}, and one role runs a migration: it makes no other's jobs"
            yield Finding("SEVERAL_OWNERS", what, address, remedy)


def _checks(owner: str | None, names: list[str], offline: Offline) -> Iterator[str]:
    quote = offline.quote
    if owner is not None:
        what = quote(f"the jobs of {offline.file} belong to {owner}, and ")
        whose = f"{what} || current_user || {quote(' runs this. Nothing was changed')}"
        wrong = raised(whose, quote(f"run it as {owner}, or name another owner in the file"))
        yield f"    IF current_user <> {quote(owner)}::text THEN\n        {wrong}\n    END IF;"
    what = quote("the extension pg_cron is not in this database. Nothing was changed")
    wrong = raised(what, quote("CREATE EXTENSION pg_cron;"))
    yield f"    IF to_regclass('cron.job') IS NULL THEN\n        {wrong}\n    END IF;"
    long = [name for name in names if len(name.encode(errors="surrogatepass")) > NAME_LIMIT]
    if long:
        what = quote(f"pg_cron below 1.5 would cut the name {long[0]}. Nothing was changed")
        old = "SELECT a.atttypid = 'name'::regtype FROM pg_attribute AS a"
        where = "WHERE a.attrelid = 'cron.job'::regclass AND a.attname = 'jobname'"
        wrong = raised(what, quote(f"shorten it to {NAME_LIMIT} bytes, or update pg_cron"))
        yield f"    IF ({old}\n        {where}) THEN\n        {wrong}\n    END IF;"


def _notes(owner: str | None, offline: Offline) -> Iterator[str]:
    if owner is None:
        yield "The jobs will belong to the role that runs this."
    else:
        yield f"The jobs belong to {owner}, who must run this: for any other role it stops at once."
    scope = offline.scope.get("jobs")
    if scope is None:
        yield "No job is removed: the file states no scope for jobs."
    else:
        globs = ", ".join(scope.patterns)
        yield f"Jobs of that role in scope ({globs}) that the file does not have are unscheduled."


def _declared(entries: Mapping[Text, Spec], offline: Offline, text: str) -> str:
    rows = [_values(key, spec) for key, spec in entries.items()]
    said = [c for c in _WHERE_SAID if any(row[c.name] is not None for row in rows)]
    written = (*_ALWAYS, *said)
    lines = (", ".join(_cell(row[c.name], offline) for c in written) for row in rows)
    unsaid = (f"NULL::{c.type} AS {c.name}" for c in _WHERE_SAID if c not in said)
    return text.format(
        columns=", ".join(("declared.*", *unsaid)),
        rows=",\n".join(f"                ({line})" for line in lines),
        names=", ".join(c.name for c in written),
    )


def _values(key: str, spec: Spec) -> dict[str, Parameter | tuple[str, ...]]:
    return {
        "name": str(spec.name or key),
        "schedule": spec.schedule,
        "command": spec.command,
        "database": spec.database,
        "active": spec.active,
        "was": spec.was,
        "ignored": tuple(spec.ignore_changes) or None,
    }


def _cell(value: Parameter | tuple[str, ...], offline: Offline) -> str:
    if isinstance(value, tuple):
        return f"ARRAY[{', '.join(map(offline.quote, value))}]"
    return offline.quote(value)
